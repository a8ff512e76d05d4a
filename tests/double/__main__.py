"""Runs the double as a process: `python -m tests.double --port 0 --log FILE.jsonl`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from pathlib import Path

from tests.double.run import HOST
from tests.double.server import TOKEN, USERNAME, Options, Server


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for Telegram's Bot API.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--token", default=TOKEN, help="the only token it takes")
    parser.add_argument("--username", default=USERNAME)
    parser.add_argument("--log", type=Path, help="write each call there, a line of JSON each")
    parser.add_argument("--callback-seconds", type=float, default=15.0)
    parser.add_argument("--webhook-retry", type=float, default=0.1)
    parser.add_argument("--webhook-timeout", type=float, default=60.0)
    parser.add_argument(
        "--strict-chats",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="refuse unknown chats",
    )
    parser.add_argument("--with-parent", action="store_true", help="end when stdin does")
    args = vars(parser.parse_args())
    host, port, with_parent = args.pop("host"), args.pop("port"), args.pop("with_parent")
    asyncio.run(_serve(Options(**args), host, port, with_parent))


async def _serve(options: Options, host: str, port: int, with_parent: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        threading.Thread(
            target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(stop.set)), daemon=True
        ).start()
    async with Server(options).listening(host, port) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    main()
