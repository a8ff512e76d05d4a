"""The worker that empties the outbox."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import bot.sender
from actions.citizens import store as citizens
from actions.outbox import leases, stats, store
from actions.outbox.claim import Claimed
from actions.outbox.models import Lane, Status
from actions.outbox.pace import Pace
from actions.outbox.policy import Blocked, Outcome, Refused, Sent, Unavailable
from bot import database
from bot.channels.sender import Envelope
from bot.sender import OutboxWorker, listen
from tests.line import newcomer

if TYPE_CHECKING:
    from conftest import Box, Clock, RecordingSender

NewWorker = Callable[[], OutboxWorker]


def test_everything_due_is_sent_chat_by_chat_in_order(
    box: Box, sender: RecordingSender, new_worker: NewWorker
) -> None:
    for n in range(3):
        box.put(f"甲{n}", to="1")
        box.put(f"乙{n}", to="2")

    assert asyncio.run(new_worker().run_once()) == 6

    assert [text for text in sender.texts if text[0] == "甲"] == ["甲0", "甲1", "甲2"]
    assert [text for text in sender.texts if text[0] == "乙"] == ["乙0", "乙1", "乙2"]


def test_an_edit_finds_the_message_it_edits_and_an_answer_the_one_it_answers(
    box: Box, sender: RecordingSender, new_worker: NewWorker
) -> None:
    box.put("卡", key="case:C-22222:card")
    box.put("改", body={"edits": "case:C-22222:card"})
    box.put("答", body={"reply_to": "case:C-22222:card"})

    asyncio.run(new_worker().run_once())

    assert [(str(e.body["text"]), e.ref) for e in sender.sent] == [
        ("卡", None),
        ("改", "ref-1"),
        ("答", "ref-1"),
    ]


def test_an_edit_of_what_was_never_sent_is_refused_without_asking_the_channel(
    box: Box, sender: RecordingSender, new_worker: NewWorker
) -> None:
    message = box.put("改", body={"edits": "case:C-22222:card"})

    asyncio.run(new_worker().run_once())

    assert sender.sent == []
    assert box.state(message)[0] == Status.FAILED


def test_who_blocked_us_is_marked_and_nobody_else(
    box: Box, sender: RecordingSender, new_worker: NewWorker, clock: Clock
) -> None:
    with box.sessions.begin() as db:
        for channel, address in (("telegram", "1"), ("telegram", "2"), ("terminal", "1")):
            newcomer(db, address=address, channel=channel)
    box.put("一", to="1")
    sender.answers["一"] = Blocked("bot was blocked by the user")

    asyncio.run(new_worker().run_once())

    with box.sessions() as db:
        marked = [
            (channel, address)
            for channel, address in (("telegram", "1"), ("telegram", "2"), ("terminal", "1"))
            if citizens.find(db, channel=channel, address=address).blocked_at  # type: ignore[union-attr]
        ]
    assert marked == [("telegram", "1")]


def test_a_bug_in_a_channel_delays_its_message_and_holds_up_nobody(
    box: Box, sender: RecordingSender, new_worker: NewWorker
) -> None:
    broken = box.put("坏", to="1")
    fine = box.put("好", to="2")
    sender.answers["坏"] = KeyError("市民的话")

    asyncio.run(new_worker().run_once())

    assert box.state(fine)[0] == Status.SENT
    assert box.state(broken) == (Status.WAITING, 1, "bug: KeyError")


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        pytest.param(Refused("bad \ud83d\0"), (Status.FAILED, 1, "bad "), id="half a letter"),
        pytest.param(Sent("7\ud83d"), (Status.SENT, 1, None), id="an id that is none"),
        pytest.param(
            Unavailable("flood", wait=timedelta(days=3_000_000)),
            (Status.WAITING, 1, "its result cannot be stored"),
            id="until after the end of time",
        ),
    ],
)
def test_what_a_channel_says_of_one_message_never_keeps_others_from_being_written_down(
    box: Box,
    sender: RecordingSender,
    new_worker: NewWorker,
    outcome: Outcome,
    state: tuple[Status, int, str | None],
) -> None:
    odd = box.put("怪", to="1", lane=Lane.URGENT)
    others = [box.put(f"好{n}", to=f"2{n}") for n in range(6)]
    sender.answers["怪"] = outcome

    asyncio.run(new_worker().run_once())

    assert {box.state(each)[0] for each in others} == {Status.SENT}
    assert box.state(odd) == state


def test_a_worker_that_died_after_claiming_leaves_its_messages_to_others(
    box: Box, sender: RecordingSender, new_worker: NewWorker, clock: Clock
) -> None:
    box.put("一")
    box.claim()

    asyncio.run(new_worker().run_once())
    assert sender.texts == []
    box.dies()
    asyncio.run(new_worker().run_once())

    assert sender.texts == ["一"]


def test_a_flood_limit_on_one_chat_does_not_stop_another(
    box: Box, sender: RecordingSender, new_worker: NewWorker
) -> None:
    box.put("等", to="1")
    box.put("等后面的", to="1")
    box.put("走", to="2")
    sender.answers["等"] = Unavailable("flood limit")

    asyncio.run(new_worker().run_once())

    assert sorted(sender.texts) == ["等", "走"]


@pytest.mark.parametrize("lane", list(Lane))
def test_a_commit_wakes_a_running_worker_through_notify(
    box: Box, sender: RecordingSender, new_worker: NewWorker, url: str, engine: Engine, lane: Lane
) -> None:
    elsewhere = database.sessions(engine)  # another process: its bell knows no worker here

    async def scene() -> float:
        worker = new_worker()
        woken = asyncio.Event()

        def wake() -> None:
            worker.wake()
            woken.set()

        listening = asyncio.create_task(listen(url, wake))
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(5):
            await woken.wait()  # LISTEN stands
        woken.clear()
        box.put("一", lane=lane)
        with elsewhere.begin() as db:
            store.nudge(db)
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout(5):
            await woken.wait()
            while not sender.texts:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        took = loop.time() - began
        await worker.stop()
        await running
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        return took

    assert asyncio.run(scene()) < 0.4  # polling alone would take up to half a second


def test_while_the_database_is_away_the_worker_waits_and_then_goes_on(
    box: Box, sender: RecordingSender, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    away = [OperationalError("SELECT", {}, Exception("市民的话"))] * 3

    class Failing:
        """Sessions of a database that comes back after three tries."""

        kw = box.sessions.kw

        def begin(self) -> object:
            if away:
                raise away.pop()
            return box.sessions.begin()

    async def scene() -> None:
        worker = OutboxWorker(Failing(), {"telegram": sender}, clock=clock)  # type: ignore[arg-type]
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(10):
            while not sender.texts:
                await asyncio.sleep(0.01)
                worker.wake()
        await worker.stop()
        await running

    box.put("一")
    asyncio.run(scene())

    assert sender.texts == ["一"]


def test_a_claim_that_was_stored_but_never_answered_is_taken_over(
    box: Box, sender: RecordingSender, clock: Clock
) -> None:
    message = box.put("一")
    unheard: list[int] = []

    class Deaf:
        """Sessions of a database whose answer to the first claim is lost on the way."""

        kw = box.sessions.kw

        @contextmanager
        def begin(self) -> Iterator[Session]:
            with box.sessions.begin() as db:
                yield db
            if not unheard and box.state(message)[0] == Status.SENDING:
                unheard.append(message)
                raise OperationalError("COMMIT", {}, Exception("cut"))

    async def scene() -> None:
        worker = OutboxWorker(Deaf(), {"telegram": sender}, clock=clock)  # type: ignore[arg-type]
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(15):
            while not sender.texts:
                await asyncio.sleep(0.05)
                worker.wake()
        await worker.stop()
        await running

    asyncio.run(scene())

    assert set(unheard) == {message}
    assert sender.texts == ["一"]


def test_a_worker_stays_alive_while_its_claim_waits_for_others(
    box: Box, sender: RecordingSender, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW", timedelta())  # it is time with every claim
    claim_paced = store.claim_paced

    def claim_late(db: Session, **asked: Any) -> list[Claimed]:
        with box.sessions.begin() as meanwhile:
            meanwhile.execute(sql("SET LOCAL lock_timeout = '300ms'"))
            leases.renew(meanwhile, holder=asked["holder"])
        return claim_paced(db, **asked)

    monkeypatch.setattr(store, "claim_paced", claim_late)
    box.put("一")

    paces = {"telegram": Pace(30)}
    worker = OutboxWorker(box.sessions, {"telegram": sender}, clock=clock, paces=paces)
    asyncio.run(worker.run_once())

    assert sender.texts == ["一"]


def test_what_lands_while_other_messages_are_written_down_is_written_down_too(
    box: Box, sender: RecordingSender, new_worker: NewWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processor is taken away at the worst moment: a result is ready and not yet noted."""
    messages = [box.put(f"第{n}条", to=str(n)) for n in range(40)]
    send = sender.send

    async def land_apart(envelope: Envelope) -> Outcome:
        await asyncio.sleep(int(envelope.recipient) / 150)  # faster than they can be noted
        return await send(envelope)

    def settlement(*parts: Any) -> store.Settlement:
        time.sleep(0.01)
        return store.Settlement(*parts)

    monkeypatch.setattr(sender, "send", land_apart)
    monkeypatch.setattr(bot.sender, "Settlement", settlement)

    async def scene() -> None:
        worker = new_worker()
        running = asyncio.create_task(worker.run())
        await asyncio.sleep(2)
        unsettled = [n for n in messages if box.state(n)[0] != Status.SENT]
        await worker.stop()
        await running
        assert unsettled == []

    asyncio.run(scene())

    assert len(sender.sent) == 40


def test_a_worker_that_stops_while_it_writes_down_what_it_sent_ends_that_first(
    box: Box, sender: RecordingSender, new_worker: NewWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = box.put("一", lane=Lane.URGENT)
    writing = threading.Event()
    settle_many = store.settle_many

    def take_its_time(db: Session, results: Any, **asked: Any) -> set[int]:
        writing.set()
        time.sleep(0.5)
        return settle_many(db, results, **asked)

    monkeypatch.setattr(store, "settle_many", take_its_time)

    async def scene() -> None:
        leaving = new_worker()
        running = asyncio.create_task(leaving.run())
        assert await asyncio.to_thread(writing.wait, 5)
        await leaving.stop()
        await running
        await new_worker().run_once()

    asyncio.run(scene())

    assert sender.texts == ["一"]
    assert box.state(message)[0] == Status.SENT


def test_what_was_sent_in_the_place_of_a_deleted_card_is_what_later_edits_find(
    box: Box, sender: RecordingSender, new_worker: NewWorker
) -> None:
    box.put("卡", key="case:C-22222:card")
    box.put("别的卡", key="case:C-33333:card")
    box.put("改一", body={"edits": "case:C-22222:card"})
    box.put("改二", body={"edits": "case:C-22222:card"})
    box.put("答", body={"reply_to": "case:C-22222:card"})
    box.put("改别的", body={"edits": "case:C-33333:card"})
    sender.answers["改一"] = Sent("anew", anew=True)

    asyncio.run(new_worker().run_once())

    refs = {str(each.body["text"]): each.ref for each in sender.sent}
    assert refs["改一"] == "ref-1"
    assert (refs["改二"], refs["答"]) == ("anew", "anew")
    assert refs["改别的"] == "ref-2"  # noise


@pytest.mark.parametrize(
    "refusal", [Blocked("bot was kicked"), Refused("chat not found", chat=True)], ids=str
)
def test_an_escalation_that_its_chat_refuses_waits_for_ever_and_is_shown(
    box: Box, sender: RecordingSender, new_worker: NewWorker, refusal: Outcome
) -> None:
    card = box.put("卡", to="-100", lane=Lane.URGENT)
    sender.answers["卡"] = refusal
    for attempt in range(1, 6):
        asyncio.run(new_worker().run_once())
        status, attempts, error = box.state(card)
        assert (status, attempts) == (Status.WAITING, attempt)
        assert error is not None
        assert error.startswith(store.SHUT)
        box.wait_until_due()
    with box.sessions() as db:
        assert stats.is_shut_out(db)

    sender.answers.clear()
    asyncio.run(new_worker().run_once())

    assert box.state(card)[0] == Status.SENT
    with box.sessions() as db:
        assert not stats.is_shut_out(db)


@pytest.mark.parametrize(
    ("to", "lane", "refusal"),
    [
        pytest.param("-100", Lane.URGENT, Refused("message is too long"), id="this message only"),
        pytest.param("7", Lane.URGENT, Blocked("blocked by the user"), id="a citizen with a case"),
        pytest.param("7", Lane.URGENT, Refused("gone", chat=True), id="a citizen who is gone"),
        pytest.param("-100", Lane.REPLY, Blocked("kicked"), id="an answer in a group"),
        pytest.param("-100", Lane.BULK, Refused("gone", chat=True), id="a tip for a group"),
    ],
)
def test_what_nobody_can_mend_is_not_tried_again(
    box: Box, sender: RecordingSender, new_worker: NewWorker, to: str, lane: Lane, refusal: Outcome
) -> None:
    message = box.put("信", to=to, lane=lane)
    sender.answers["信"] = refusal

    asyncio.run(new_worker().run_once())

    assert box.state(message)[0] == Status.FAILED
    with box.sessions() as db:
        assert not stats.is_shut_out(db)
