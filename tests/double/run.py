"""Starts a double: in a thread of this process, or as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.double.client import BotApi, OverHttp
from tests.double.server import Options, Server

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"


class BotApiDouble(BotApi):
    """The double in a thread of this process, for most tests.

    The options are those of `server.Options`.
    """

    def __init__(self, *, port: int = 0, **options: Any) -> None:
        self._server, self._port = Server(Options(**options)), port

    def __enter__(self) -> Self:
        ready: Future[str] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="bot-api-double", daemon=True
        )
        self._thread.start()
        super().__init__(ready.result(timeout=10), self._here)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=10)

    def _here(self, verb: str, **args: Any) -> Any:
        doing = self._server.stage.act(verb, args)
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result()

    async def _serve(self, ready: Future[str]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._server.listening(HOST, self._port) as url:
                ready.set_result(url)
                await self._stop.wait()
        except OSError as error:
            ready.set_exception(error)


class BotApiProcess(BotApi):
    """The double as a process of its own, for load: it takes no time from the tested process.

    `options` are flags of `python -m tests.double`, as in `log=path, callback_seconds=1`.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options

    def __enter__(self) -> Self:
        flags = [_flag(name, value) for name, value in self._options.items()]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.double", "--with-parent", *flags],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        url = self.process.stdout.readline().strip()
        if not url:
            self._end()
            raise RuntimeError("the double did not start")
        self._over_http = OverHttp(url)
        super().__init__(url, self._over_http)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over_http.close()
        self._end()

    def _end(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=10)


def _flag(name: str, value: Any) -> str:
    name = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name}={value.resolve() if isinstance(value, Path) else value}"


@contextlib.contextmanager
def connect(url: str) -> Iterator[BotApi]:
    """Control a double that somebody else started."""
    over_http = OverHttp(url)
    try:
        yield BotApi(url, over_http)
    finally:
        over_http.close()
