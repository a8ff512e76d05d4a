"""A Bot API that answers at once, and citizens who write as soon as they are answered."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import parse_qs

SECRET = "a-secret-of-the-benchmark"
ME = {"id": 1, "is_bot": True, "first_name": "bench", "username": "bench_bot"}


class Stub:
    """Answers every method; tells who waits that a chat has got a message."""

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Future[None]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode().split("\r\n")
                method = lines[0].split()[1].rpartition("/")[2]
                length = next(
                    (
                        int(x.split(":")[1])
                        for x in lines
                        if x.lower().startswith("content-length")
                    ),
                    0,
                )
                body = (await reader.readexactly(length)).decode() if length else ""
                result: object = True
                if method == "getMe":
                    result = ME
                elif method == "sendMessage":
                    chat = int(parse_qs(body)["chat_id"][0])
                    result = {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}}
                    if (future := self.waiting.pop(chat, None)) is not None:
                        future.set_result(None)
                answer = json.dumps({"ok": True, "result": result}).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                    + str(len(answer)).encode()
                    + b"\r\n\r\n"
                    + answer
                )
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()


class Citizens:
    """So many at once; each writes, waits for the answer, and writes again."""

    def __init__(self, stub: Stub, port: int, words: list[str]) -> None:
        self._stub, self._port, self._words = stub, port, words
        self._update = int(time.time() * 1000) % 10**9
        self.took: list[float] = []

    async def run(self, concurrency: int, seconds: float) -> float:
        """Return how many were answered a second."""
        self.took = []
        began = time.monotonic()
        await asyncio.gather(*(self._one(n, began + seconds) for n in range(concurrency)))
        return len(self.took) / (time.monotonic() - began)

    async def _one(self, n: int, until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        said = 0
        while time.monotonic() < until:
            self._update += 1
            said += 1
            chat = (
                50_000_000 + self._update
            )  # a citizen writes once: nobody is kept waiting by pace
            who = {"id": chat, "is_bot": False, "first_name": "市民", "language_code": "zh"}
            message = {
                "message_id": said,
                "date": int(time.time()),
                "chat": {"id": chat, "type": "private", "first_name": "市民"},
                "from": who,
                "text": self._words[(n + said) % len(self._words)],
            }
            body = json.dumps({"update_id": self._update, "message": message}).encode()
            future = asyncio.get_running_loop().create_future()
            self._stub.waiting[chat] = future
            began = time.monotonic()
            writer.write(
                b"POST /telegram HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"X-Telegram-Bot-Api-Secret-Token: "
                + SECRET.encode()
                + b"\r\nContent-Length: "
                + str(len(body)).encode()
                + b"\r\n\r\n"
                + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n")[0]:
                raise RuntimeError(head.decode())
            length = [
                int(x.split(b":")[1])
                for x in head.split(b"\r\n")
                if b"ontent-" in x and b"ength" in x
            ]
            if length and length[0]:
                await reader.readexactly(length[0])
            await asyncio.wait_for(future, 30)
            self.took.append(time.monotonic() - began)
        writer.close()
