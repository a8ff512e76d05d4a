"""Measures what a send costs the double: `python -m tests.double.measure`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import urlencode, urlsplit

import psutil

from tests.double.run import BotApiProcess

SENDS, CONNECTIONS = 20_000, 8
BUTTONS = {"inline_keyboard": [[{"text": "我知道了", "callback_data": "tip:ok"}]]}


async def _send(url: str, path: str, times: int) -> None:
    """Send over one kept-alive connection, with a client that costs as little as can be."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    text = "【反诈提醒】" + "不要转账给陌生人。" * 12
    body = urlencode({"chat_id": 12345, "text": text, "reply_markup": json.dumps(BUTTONS)})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nAccept: */*\r\n"
        "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nUser-Agent: measure\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(times):
        writer.write(head.encode() + body.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in answer.split(b"\r\n") if line.startswith(b"Content-Length"))
        await reader.readexactly(int(length.split(b":")[1]))
    writer.close()
    await writer.wait_closed()


async def _send_all(url: str, path: str) -> float:
    since = time.perf_counter()
    await asyncio.gather(*(_send(url, path, SENDS // CONNECTIONS) for _ in range(CONNECTIONS)))
    return SENDS / (time.perf_counter() - since)


def main() -> None:
    with BotApiProcess() as api:
        process = psutil.Process(api.process.pid)
        before = sum(process.cpu_times()[:2])
        rate = asyncio.run(_send_all(api.url, f"/bot{api.token}/sendMessage"))
        cost = (sum(process.cpu_times()[:2]) - before) / SENDS * 1e6
        assert api.answers == {"sendMessage 200": SENDS}
    sys.stdout.write(f"{rate:,.0f} sendMessage a second, {cost:.0f} µs of CPU each\n")


if __name__ == "__main__":
    main()
