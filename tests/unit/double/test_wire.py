"""HTTP on the wire: whatever way the bytes come, and what is not HTTP."""

from __future__ import annotations

import socket

import pytest

from tests.double import BotApi

JSON = "Content-Type: application/json"
GET_ME = b'"username": "fanzha_double_bot"'


def talk(api: BotApi, *pieces: bytes, answers: int = 1) -> bytes:
    """Send the pieces one by one; return what comes back until so many answers are there."""
    host, port = api.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        got = b""
        while got.count(b"}}") < answers and (more := connection.recv(65536)):
            got += more
        return got


def head(api: BotApi, method: str = "getMe", *lines: str) -> bytes:
    first = f"POST /bot{api.token}/{method} HTTP/1.1"
    return "\r\n".join([first, "Host: x", *lines, "", ""]).encode()


def test_a_request_may_come_byte_by_byte(api: BotApi) -> None:
    request = head(api, "getMe", "Content-Length: 2", JSON) + b"{}"

    assert GET_ME in talk(api, *(request[i : i + 1] for i in range(len(request))))


def test_two_requests_may_come_at_once(api: BotApi) -> None:
    assert talk(api, head(api) * 2, answers=2).count(GET_ME) == 2


def test_a_body_may_come_in_chunks(api: BotApi) -> None:
    lines = ("Transfer-Encoding: chunked", JSON)
    body = b'9\r\n{"chat_id\r\n10;x=y\r\n":1,"text":"hi"}\r\n0\r\n\r\n'

    answer = talk(api, head(api, "sendMessage", *lines), body[:20], body[20:])

    assert b'"text": "hi"' in answer


def test_a_client_that_asks_first_is_told_to_go_on(api: BotApi) -> None:
    asking = head(api, "getMe", "Content-Length: 2", JSON, "Expect: 100-continue")

    answer = talk(api, asking, b"{}")

    assert GET_ME in answer


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"HELLO\r\n\r\n", id="no request line"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", id="no length"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", id="no chunk"),
        pytest.param(b"A" * 70_000, id="no end"),
    ],
)
def test_what_is_not_http_is_refused_and_cut(api: BotApi, request_: bytes) -> None:
    answer = talk(api, request_)

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_another_path_is_not_found(api: BotApi) -> None:
    request = b"GET / HTTP/1.1\r\n\r\n"
    host, port = api.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        connection.sendall(request)

        assert connection.recv(1000).startswith(b"HTTP/1.1 404 ")
