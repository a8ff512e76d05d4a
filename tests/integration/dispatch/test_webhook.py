"""Posts to the city's own system: signed, sealed at rest, repeated until they are taken."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import datetime

import pytest
from sqlalchemy import select

from actions import signing
from actions.outbox.models import OutboxMessage
from actions.outbox.policy import Outcome, Refused, Sent, Unavailable
from actions.vault import Vault
from bot import alarm
from bot.channels.sender import Envelope
from bot.channels.webhook.sender import WebhookSender
from bot.database import Sessions
from bot.desk import Desk

SECRET = "only the two of us know"
VAULT = Vault(b"k" * 32)


class City:
    """The other side, on a port of this machine; it answers with the codes it is given."""

    def __init__(self, *codes: int) -> None:
        self.codes, self.got = list(codes), []  # type: ignore[var-annotated]

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        lower = {name.lower(): value for name, value in headers.items()}
        body = await reader.readexactly(int(lower["content-length"]))
        self.got.append((lower, body))
        answer = (
            f"HTTP/1.1 {self.codes.pop(0)} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        writer.write(answer.encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


def post(city: City, body: dict[str, object], now: datetime, times: int = 1) -> list[Outcome]:
    async def run() -> list[Outcome]:
        server = await asyncio.start_server(city, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        sender = WebhookSender(f"http://127.0.0.1:{port}/", SECRET, VAULT, clock=lambda: now)
        try:
            return [await sender.send(Envelope("webhook:1", body)) for _ in range(times)]
        finally:
            await sender.aclose()
            server.close()
            await server.wait_closed()

    return asyncio.run(run())


def queued(sessions: Sessions, desk: Desk, now: datetime) -> dict[str, object]:
    with sessions.begin() as db:
        sealing = Desk(desk.chat, desk.region, vault=VAULT, webhook=True)
        facts = {"case": "C-7K3M9", "account": "6222"}
        alarm.post(db, sealing, "case.unclaimed", facts, about="case:C-7K3M9", now=now)
        db.flush()
        body = db.scalars(
            select(OutboxMessage.body).where(OutboxMessage.channel == "webhook")
        ).one()
        return dict(body)


def test_a_post_is_signed_over_what_it_says(sessions: Sessions, desk: Desk, now: datetime) -> None:
    city, body = City(204), queued(sessions, desk, now)
    assert "6222" not in str(body)
    assert post(city, body, now) == [Sent()]
    [(headers, content)] = city.got
    assert signing.check(SECRET, headers["x-fanzha-signature"], content, now=now)
    assert json.loads(content)["case"] == "C-7K3M9"
    assert headers["x-fanzha-event"] == "case.unclaimed"


def test_a_repeated_post_carries_the_same_delivery(
    sessions: Sessions, desk: Desk, now: datetime
) -> None:
    city, body = City(503, 200), queued(sessions, desk, now)
    first, second = post(city, body, now, times=2)
    assert first == Unavailable("HTTP 503")
    assert second == Sent()
    assert len({headers["x-fanzha-delivery"] for headers, _ in city.got}) == 1


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (400, Refused("HTTP 400")),
        (401, Refused("HTTP 401")),
        (429, Unavailable("HTTP 429")),
        (500, Unavailable("HTTP 500")),
        (302, Unavailable("HTTP 302")),
    ],
)
def test_what_the_other_side_answers_decides(
    sessions: Sessions, desk: Desk, now: datetime, code: int, outcome: Outcome
) -> None:
    assert post(City(code), queued(sessions, desk, now), now) == [outcome]


def test_while_a_post_asks_for_the_time_everything_else_goes_on(now: datetime) -> None:
    going_on = threading.Event()

    def clock() -> datetime:
        assert going_on.wait(1)
        return now

    async def run() -> Outcome:
        sender = WebhookSender("http://127.0.0.1:9/", SECRET, VAULT, clock=clock)
        body = {"event": "x", "delivery": "1", "content": "{}"}
        posting = asyncio.create_task(sender.send(Envelope("webhook:1", body)))
        await asyncio.sleep(0.05)
        going_on.set()
        outcome = await posting
        await sender.aclose()
        return outcome

    assert asyncio.run(run()) == Unavailable("ConnectError")


def test_what_was_sealed_with_another_key_is_refused(now: datetime) -> None:
    sealed = {"event": "x", "delivery": "1", "sealed": "AAAA"}
    assert post(City(200), dict(sealed), now) == [Refused("sealed with another key")]
