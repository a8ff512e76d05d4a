"""A picture from the console: in the database until the channel has it, and gone with its case."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.cases import pictures
from actions.cases import store as cases
from actions.cases.models import Message, Picture
from actions.cases.thread import Written
from actions.officers import store as officers
from actions.outbox.models import OutboxMessage
from actions.outbox.policy import Blocked, Outcome, Refused, Sent
from bot import relay
from bot.channels.sender import Envelope
from bot.sender import OutboxWorker
from tests.line import Line

pytestmark = pytest.mark.usefixtures("noise")


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (20, 90, 160)).save(out, "PNG")
    return out.getvalue()


class Channel:
    """A channel that takes everything, or answers a recipient as it is told."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []
        self.answers: dict[str, Outcome] = {}

    async def send(self, envelope: Envelope) -> Outcome:
        self.sent.append(envelope)
        if outcome := self.answers.get(envelope.recipient):
            return outcome
        photo = "file-of-the-channel" if "photo" in envelope.body else None
        return Sent(str(900 + len(self.sent)), photo=photo)

    def photos(self) -> dict[str, object]:
        return {e.recipient: e.body["photo"] for e in self.sent if "photo" in e.body}


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def send(on: Line, channel: Channel) -> Callable[[], None]:
    """Let the sender send everything that waits."""

    def send() -> None:
        worker = OutboxWorker(
            on.sessions,
            {"telegram": channel},
            clock=lambda: on.now,
            afterwards=lambda db, settled, *, now: relay.landed(on.desk, db, settled, now=now),
        )
        for _ in range(4):  # one message of a chat after the other
            asyncio.run(worker.run_once())

    return send


def writes(line: Line, text: str = "看这张", picture: bytes | None = None) -> str:
    assert line.case
    with line.sessions.begin() as db:
        case, by = cases.find(db, code=line.case.code), officers.find(db, telegram_id=7)
        assert case
        assert by
        written = Written(text, picture=picture)
        return relay.write(db, line.desk, case, written, by=by, now=line.now).code


def kept(line: Line) -> list[Any]:
    with line.sessions() as db:
        return list(db.scalars(select(Picture)))


def message(line: Line, code: str) -> Message:
    with line.sessions() as db:
        return db.scalars(select(Message).where(Message.code == code)).one()


def test_any_sender_finds_the_picture_in_the_database(
    on: Line, channel: Channel, send: Callable[[], None]
) -> None:
    writes(on, picture=png())
    with on.sessions() as db:
        bodies = db.scalars(select(OutboxMessage.body))
        assert not [body for body in bodies if "PNG" in str(body)]

    send()

    photos = channel.photos()
    assert set(photos) == {on.address, on.desk.chat}
    assert png() in photos.values()  # the second may have the channel's id of it already


def test_once_the_channel_has_it_only_its_id_is_kept(on: Line, send: Callable[[], None]) -> None:
    code = writes(on, picture=png())
    assert [row.content for row in kept(on)] == [png()]

    send()

    assert kept(on) == []
    assert message(on, code).photo == "file-of-the-channel"
    assert message(on, code).taken_at is not None


def test_a_picture_goes_with_a_citizen_who_is_forgotten_before_it_left(
    on: Line, channel: Channel, send: Callable[[], None]
) -> None:
    writes(on, picture=png())
    on.officer(7, "close", "false_alarm")
    on.presses("forget", "yes")

    send()

    assert kept(on) == []
    assert png() not in channel.photos().values()


def test_what_no_channel_took_is_dropped_after_a_week(on: Line) -> None:
    writes(on, picture=png())
    for days, left in ((6, 1), (8, 0)):
        with on.sessions.begin() as db:
            pictures.forget(db, before=on.now + timedelta(days=days) - timedelta(days=7))
        assert len(kept(on)) == left


def test_a_picture_needs_no_words_and_words_under_one_are_short(on: Line) -> None:
    from actions.cases.thread import Empty, TooLong

    writes(on, "", png())
    writes(on, "字" * 900, png())
    writes(on, "字" * 3000)
    with pytest.raises(TooLong):
        writes(on, "字" * 901, png())
    with pytest.raises(TooLong):
        writes(on, "字" * 3001)
    with pytest.raises(Empty):
        writes(on, " \n")
    with pytest.raises(pictures.NotAPicture):
        writes(on, "看这张", b"MZ")
    assert len(kept(on)) == 2


@pytest.mark.parametrize(
    ("outcome", "why"),
    [(Blocked("bot was blocked by the user"), "停用"), (Refused("bad"), "不收")],
)
def test_the_officers_hear_when_what_they_wrote_cannot_be_delivered(
    on: Line, channel: Channel, send: Callable[[], None], outcome: Outcome, why: str
) -> None:
    send()
    channel.answers[on.address] = outcome
    code = writes(on, "您在吗")

    send()

    assert why in on.desk_heard[-1]
    assert on.case
    assert on.case.code in on.desk_heard[-1]
    assert message(on, code).undelivered == ("blocked" if why == "停用" else "refused")
    assert message(on, code).taken_at is None


def test_a_fault_in_what_follows_holds_up_no_message(on: Line, channel: Channel) -> None:
    writes(on, "您在吗")

    def fail(db: Session, settled: object, *, now: datetime) -> None:
        db.execute(text("SELECT 1 / 0"))

    worker = OutboxWorker(
        on.sessions, {"telegram": channel}, clock=lambda: on.now, afterwards=fail
    )
    for _ in range(4):
        asyncio.run(worker.run_once())

    with on.sessions() as db:
        waiting = select(OutboxMessage).where(
            OutboxMessage.settled_at.is_(None),
            OutboxMessage.recipient.in_((on.address, on.desk.chat)),
            OutboxMessage.channel == "telegram",
        )
        assert db.scalars(waiting).all() == []


def test_what_the_bot_says_itself_is_no_officers_message(
    on: Line, channel: Channel, send: Callable[[], None]
) -> None:
    send()
    channel.answers[on.address] = Refused("bad")
    before = len(on.desk_heard)
    on.commands("help")

    send()

    assert len(on.desk_heard) == before
