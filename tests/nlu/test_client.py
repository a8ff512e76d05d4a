"""Asking the server: in time, or not at all; and not while it is away."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from actions.triage.understanding import Entity
from bot.nlu.client import FAILURES_TO_OPEN, LONGEST_TEXT, NluClient

ANSWER = {
    "text": "…",
    "intent": {"name": "police_gov", "confidence": 0.9},
    "scam": 0.97,
    "types": {"police_gov": 0.95, "loan": 0.05},
    "stage": {"live": 0.9, "none": 0.1},
    "unclear": 0.1,
    "signals": {"asked_pay": 0.8},
    "entities": [{"entity": "amount", "value": "3万", "start": 0, "end": 2}],
}


@dataclass
class Rasa:
    """A stand-in for the server on loopback, that can be slow, broken or silly."""

    status: int = 200
    body: object = field(default_factory=lambda: ANSWER)
    delay: float = 0.0
    asked: int = 0
    texts: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def server() -> Iterator[Rasa]:
    state = Rasa()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.texts.append(question["text"])
            state.asked += 1
            time.sleep(state.delay)
            body = json.dumps(state.body).encode()
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}"
    yield state
    http.shutdown()
    http.server_close()
    thread.join()


class Clock:
    """Time that passes when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_becomes_an_understanding(server: Rasa) -> None:
    async def ask() -> None:
        client = NluClient(server.url)

        found = await client.parse("公安让我转3万")

        assert found is not None
        assert (found.intent, found.scam) == ("police_gov", 0.97)
        assert found.stage["live"] == 0.9
        assert found.entities == (Entity("amount", "3万"),)
        assert client.state == "up"
        await client.aclose()

    asyncio.run(ask())


def test_rules_only_never_asks() -> None:
    async def ask() -> None:
        client = NluClient(None)

        assert await client.parse("你好") is None
        assert client.state == "off"
        await client.aclose()

    asyncio.run(ask())


def test_a_server_that_is_still_starting_is_not_waited_for() -> None:
    async def ask() -> None:
        client = NluClient(lambda: None)

        assert await client.parse("你好") is None
        assert client.state == "starting"
        await client.aclose()

    asyncio.run(ask())


def test_a_slow_server_costs_no_more_than_the_budget(server: Rasa) -> None:
    async def ask() -> None:
        server.delay = 2.0
        client = NluClient(server.url, budget=0.2)

        began = time.monotonic()
        assert await client.parse("你好") is None

        assert time.monotonic() - began < 1.0
        await client.aclose()

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(500, {}, id="an error"),
        pytest.param(200, {}, id="an empty answer"),
        pytest.param(200, ["no"], id="an answer of another shape"),
        pytest.param(200, {**ANSWER, "scam": None}, id="no probability"),
        pytest.param(200, {**ANSWER, "types": None}, id="no types"),
    ],
)
def test_an_answer_that_is_none_is_as_good_as_away(
    server: Rasa, status: int, body: object
) -> None:
    async def ask() -> None:
        server.status, server.body = status, body
        client = NluClient(server.url)

        assert await client.parse("你好") is None
        await client.aclose()

    asyncio.run(ask())


def test_a_text_that_is_not_understood_says_nothing_of_the_others(server: Rasa) -> None:
    async def ask() -> None:
        server.body = {"text": "…", "intent": {"name": None, "confidence": 0.0}, "entities": []}
        client = NluClient(server.url, clock=Clock())
        for _ in range(FAILURES_TO_OPEN + 1):
            assert await client.parse("/举报") is None
        assert client.state == "up"

        server.body = ANSWER
        assert await client.parse("你好") is not None
        await client.aclose()

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("/举报有人冒充公安", "举报有人冒充公安"),
        (" \n//  举报", "举报"),
        ("/" * LONGEST_TEXT + "举报", "举报"),
        ('/greet{"a": 1}', 'greet{"a": 1}'),
        ("1/2 的钱", "1/2 的钱"),
        ("/", "?"),
        ("//", "?"),
        (" / ", "?"),
    ],
)
def test_no_citizen_spells_out_an_intent_by_a_slash(server: Rasa, text: str, asked: str) -> None:
    async def ask() -> None:
        client = NluClient(server.url)
        await client.parse(text)
        await client.aclose()

    asyncio.run(ask())

    assert server.texts == [asked]


def test_after_a_few_failures_the_server_is_left_in_peace_until_a_probe_succeeds(
    server: Rasa,
) -> None:
    async def ask() -> None:
        clock = Clock()
        client = NluClient(server.url, clock=clock)
        server.status = 500
        for _ in range(FAILURES_TO_OPEN):
            await client.parse("你好")
        assert client.state == "down"

        for _ in range(20):
            assert await client.parse("你好") is None
        assert server.asked == FAILURES_TO_OPEN

        clock.now += 60
        assert client.worth_asking
        server.status = 200
        assert await client.parse("你好") is not None
        assert client.state == "up"
        await client.aclose()

    asyncio.run(ask())


def test_only_one_call_probes_at_a_time(server: Rasa) -> None:
    async def ask() -> None:
        clock = Clock()
        client = NluClient(server.url, clock=clock)
        server.status = 500
        for _ in range(FAILURES_TO_OPEN):
            await client.parse("你好")
        clock.now += 60
        server.delay = 0.2

        await asyncio.gather(*(client.parse("你好") for _ in range(10)))

        assert server.asked == FAILURES_TO_OPEN + 1
        await client.aclose()

    asyncio.run(ask())


def test_a_new_child_starts_with_a_clean_slate(server: Rasa) -> None:
    async def ask() -> None:
        where = ["http://127.0.0.1:9"]
        client = NluClient(lambda: where[0], clock=Clock())
        for _ in range(FAILURES_TO_OPEN):
            assert await client.parse("你好") is None

        where[0] = server.url

        assert await client.parse("你好") is not None
        await client.aclose()

    asyncio.run(ask())
