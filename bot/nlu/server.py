"""Keep a Rasa server running as a child, and know where it is.

Processes of one FANZHA_HOME share one child: who holds the lock file runs it and writes its URL
beside; the others read that, and one of them takes over when the holder ends. The child watches
its standard input and ends with its parent, however that came to its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

import httpx
import structlog

from bot.nlu import train

log = structlog.get_logger(__name__)

SERVE = train.ROOT / "nlu_data" / "serve.py"
START_BUDGET = 120.0
HEALTH_EVERY = 5.0
MODEL_CHECK_EVERY = 60.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0  # rules answer meanwhile, and know less
STEADY_AFTER = 120.0

State = Literal["starting", "up", "down"]


class NluServer:
    """The supervised child. `run()` never returns; `url` is None until it may be asked."""

    def __init__(self, home: Path, *, model: Path | None = None) -> None:
        self._home = home / "nlu"
        self._models = home
        self._fixed_model = model
        self._url: str | None = None
        self._ever_up = False

    @property
    def url(self) -> str | None:
        """The base URL of a server that has shown that it serves the requested model."""
        return self._url

    @property
    def state(self) -> State:
        """`starting` until it first answered, then `up` or `down`."""
        if self._url:
            return "up"
        return "down" if self._ever_up else "starting"

    async def run(self) -> None:
        """Keep a server there until cancelled: ours, or another process's of this home."""
        self._home.mkdir(parents=True, exist_ok=True)
        pause = FIRST_PAUSE
        try:
            while True:
                began = time.monotonic()
                try:
                    with _lock(self._home / "server.lock") as mine:
                        await (self._serve() if mine else self._follow())
                except (OSError, httpx.HTTPError) as error:
                    log.warning("nlu_server_failed", error=type(error).__name__)
                self._url = None
                pause = FIRST_PAUSE if time.monotonic() - began > STEADY_AFTER else pause
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            self._url = None

    # --- our own child

    async def _serve(self) -> None:
        """Run one child from start to end; return when it has ended or must be replaced."""
        model = await asyncio.to_thread(self._choose_model)
        if model is None:
            log.warning("nlu_model_missing", mend="fanzha train")
            return
        port = _free_port()
        child = await asyncio.create_subprocess_exec(
            str(train.PYTHON),
            *("-W", "ignore", str(SERVE), "--with-parent", "run", "--enable-api", "--quiet"),
            *("-i", "127.0.0.1", "-p", str(port), "-m", str(model)),
            cwd=self._home,
            env=train.environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        said: deque[str] = deque(maxlen=8)
        listening = asyncio.create_task(self._listen(child, said))
        try:
            await self._supervise(child, f"http://127.0.0.1:{port}", model, said)
        finally:
            self._url = None
            (self._home / "server.json").unlink(missing_ok=True)
            listening.cancel()
            await _end(child)

    async def _supervise(
        self, child: asyncio.subprocess.Process, url: str, model: Path, said: deque[str]
    ) -> None:
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=url, timeout=HEALTH_EVERY, trust_env=False) as http:
            while not await _serves(http, model):
                if child.returncode is not None:
                    log.warning("nlu_server_ended", code=child.returncode, said=list(said))
                    return
                if time.monotonic() - began > START_BUDGET:
                    log.warning("nlu_server_too_slow", model=model.name)
                    return
                await asyncio.sleep(0.25)
            self._announce(url, model)
            log.info("nlu_server_up", model=model.name, took=round(time.monotonic() - began, 1))
            checked = time.monotonic()
            while child.returncode is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(child.wait(), HEALTH_EVERY)
                    break
                if not await _serves_with_patience(http, model):
                    log.warning("nlu_server_does_not_answer", model=model.name)
                    return
                if time.monotonic() - checked > MODEL_CHECK_EVERY:
                    checked = time.monotonic()
                    if await asyncio.to_thread(self._choose_model) != model:
                        log.info("nlu_model_replaced", model=model.name)
                        return
            log.warning("nlu_server_ended", code=child.returncode)

    async def _listen(self, child: asyncio.subprocess.Process, said: deque[str]) -> None:
        """Keep what the child says until it is up, to tell why it failed; afterwards nothing."""
        assert child.stdout is not None  # noqa: S101  opened with a pipe
        while line := await child.stdout.readline():
            if self._url is None:
                said.append(line.decode(errors="replace").strip()[:200])

    def _announce(self, url: str, model: Path) -> None:
        note = self._home / "server.json.new"
        note.write_text(json.dumps({"url": url, "model": model.name}))
        note.replace(self._home / "server.json")
        self._url, self._ever_up = url, True

    def _choose_model(self) -> Path | None:
        if self._fixed_model is not None:
            return self._fixed_model if self._fixed_model.exists() else None
        return train.best_model(self._models)

    # --- the child of another process

    async def _follow(self) -> None:
        """Use the server that another process of this home runs, while it answers."""
        try:
            told = json.loads((self._home / "server.json").read_text())
            url, model = str(told["url"]), Path(str(told["model"]))
        except (OSError, ValueError, KeyError, TypeError):
            return
        async with httpx.AsyncClient(base_url=url, timeout=HEALTH_EVERY, trust_env=False) as http:
            while await _serves_with_patience(http, model):
                self._url, self._ever_up = url, True
                await asyncio.sleep(HEALTH_EVERY)


async def _serves(http: httpx.AsyncClient, model: Path) -> bool:
    """Return whether it is there and serves this very model: `rasa run -m` falls back silently."""
    try:
        reply = await http.get("/status")
        return reply.status_code == httpx.codes.OK and reply.json()["model_file"] == model.name
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False


async def _serves_with_patience(http: httpx.AsyncClient, model: Path) -> bool:
    for _ in range(3):
        if await _serves(http, model):
            return True
        await asyncio.sleep(0.5)
    return False


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), 3.0)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[bool]:
    """Hold the lock file if nobody does; the system lets go of it when the process ends."""
    file: IO[str] = path.open("w")
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        file.write(str(os.getpid()))
        file.flush()
        yield True
    finally:
        file.close()
