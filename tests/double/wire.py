"""HTTP/1.1 as far as a bot and its double need it: a small server and a small client.

A request that can be answered at once is answered inside `data_received`, without a task of its
own: that is what keeps the double out of the way of a load test.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

LARGEST_HEAD = 64 * 1024


@dataclass(slots=True)
class Request:
    """One HTTP request, read to its end."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"


#: A handler answers at once, later, or (None) by cutting the connection.
Answer = Response | None
Handler = Callable[[Request], Answer | Coroutine[None, None, Answer]]


class BadRequest(Exception):
    """These bytes are not HTTP as we read it."""


class Connection(asyncio.Protocol):
    """One client's connection; its requests are answered one after the other."""

    def __init__(self, handler: Handler, everyone: set[Connection]) -> None:
        self._handler, self._everyone = handler, everyone
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self.path = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._everyone.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._everyone.discard(self)
        self._transport = None
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._task is None:
            self._next()

    def cut(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _next(self) -> None:
        try:
            while self._task is None and (request := self._take()) is not None:
                self.path = request.path
                answer = self._handler(request)
                if answer is None or isinstance(answer, Response):
                    self._write(answer)
                else:
                    self._task = asyncio.ensure_future(self._finish(answer))
        except BadRequest as error:
            self._write(Response(400, str(error).encode(), "text/plain"))
            if self._transport is not None:
                self._transport.close()

    async def _finish(self, answer: Coroutine[None, None, Answer]) -> None:
        try:
            self._write(await answer)
        except Exception:  # a bug of the handler: be loud, and do not leave the client waiting
            logger.exception("handler_failed")
            self._write(Response(500, b"the handler failed", "text/plain"))
        self._task = None
        self._next()

    def _write(self, answer: Answer) -> None:
        if self._transport is None:
            return
        if answer is None:
            self._transport.abort()
            return
        head = (
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
            f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + answer.body)

    def _take(self) -> Request | None:
        """Cut the next whole request out of the buffer."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise BadRequest("the head is too large")
            return None
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        start = end + 4
        if "chunked" in headers.get("transfer-encoding", ""):
            taken = _chunks(self._buffer, start)
            if taken is None:
                return None
            body, stop = taken
        else:
            length = headers.get("content-length", "0")
            if not length.isdigit():
                raise BadRequest("Content-Length is not a number")
            stop = start + int(length)
            if len(self._buffer) < stop:
                self._encourage(headers)
                return None
            body = bytes(self._buffer[start:stop])
        del self._buffer[:stop]
        try:
            method, target, _ = first.split(" ")
        except ValueError:
            raise BadRequest("not a request line") from None
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, body)

    def _encourage(self, headers: dict[str, str]) -> None:
        """Tell a client that asks first (curl with a large body) to go on."""
        if headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _chunks(buffer: bytearray, start: int) -> tuple[bytes, int] | None:
    """A chunked body and where it ends, or None while some of it is still on its way."""
    body = bytearray()
    while True:
        end = buffer.find(b"\r\n", start)
        if end < 0:
            return None
        try:
            size = int(buffer[start:end].split(b";")[0], 16)
        except ValueError:
            raise BadRequest("not a chunk size") from None
        start = end + 2
        if len(buffer) < start + size + 2:
            return None
        body += buffer[start : start + size]
        start += size + 2
        if size == 0:
            return bytes(body), start


class Poster:
    """Posts JSON over plain HTTP on kept-alive connections, as Telegram does to a webhook."""

    def __init__(self) -> None:
        self._idle: dict[str, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {}

    async def post(self, url: str, body: bytes, headers: dict[str, str], patience: float) -> int:
        """Post once and return the status; raise OSError or TimeoutError when nobody answers."""
        async with asyncio.timeout(patience):
            return await self._post(url, body, headers)

    async def close(self) -> None:
        """Close what is still open."""
        for writers in self._idle.values():
            for _, writer in writers:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
        self._idle.clear()

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        place, path = parts.netloc, (parts.path or "/") + (f"?{parts.query}" * bool(parts.query))
        head = f"POST {path} HTTP/1.1\r\nHost: {place}\r\nContent-Type: application/json\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head += f"Content-Length: {len(body)}\r\n\r\n"
        for reader, writer in self._take_idle(place):
            try:
                return await self._once(place, reader, writer, head.encode() + body)
            except (OSError, EOFError):
                continue  # the other side had closed it meanwhile: try the next, then a new one
        pair = await asyncio.open_connection(parts.hostname, parts.port or 80)
        try:
            return await self._once(place, *pair, head.encode() + body)
        except EOFError as error:
            raise ConnectionError("the webhook closed the connection") from error

    def _take_idle(self, place: str) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        idle = self._idle.get(place)
        return [idle.pop()] if idle else []

    async def _once(
        self,
        place: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        request: bytes,
    ) -> int:
        kept = False
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            status = int(head.split(" ", 2)[1])
            kept = await _skip_body(reader, head, status) and "connection: close" not in head
            return status
        finally:
            if kept:
                self._idle.setdefault(place, []).append((reader, writer))
            else:
                writer.close()


async def _skip_body(reader: asyncio.StreamReader, head: str, status: int) -> bool:
    """Read past the answer's body; False when only closing the connection ends it."""
    if status in (204, 304):
        return True
    if "transfer-encoding: chunked" in head:
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
        return True
    _, found, rest = head.partition("content-length:")
    if found:
        await reader.readexactly(int(rest.split("\r\n")[0]))
    return bool(found)
