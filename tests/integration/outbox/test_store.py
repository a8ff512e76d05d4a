"""What is due, in which order, to whom; and what comes of an attempt."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from actions.outbox import archive, store
from actions.outbox.models import Lane, Status
from actions.outbox.policy import (
    PASSED,
    PATIENCE,
    Blocked,
    Outcome,
    Refused,
    Sent,
    Unavailable,
)

if TYPE_CHECKING:
    from conftest import Box, Clock


def test_one_chat_reads_in_order(box: Box) -> None:
    first, _ = box.put("一"), box.put("二")
    box.put("别人的", to="1002")

    assert sorted(box.claim()) == sorted(["一", "别人的"])
    assert box.claim() == []  # the first is still on its way
    box.settle(first, 1, Sent())

    assert box.claim() == ["二"]


def test_the_same_address_on_another_channel_is_another_chat(box: Box) -> None:
    box.put("终端", channel="terminal")
    box.put("电报")

    assert box.claim() == ["电报"]


def test_an_urgent_message_overtakes_what_waits_in_its_chat(box: Box) -> None:
    box.put("提醒", lane=Lane.BULK)
    box.put("答复", lane=Lane.REPLY)
    box.put("紧急", lane=Lane.URGENT)

    assert box.claim(limit=1) == ["紧急"]


def test_a_waiting_tip_does_not_hold_up_a_reply(box: Box, clock: Clock) -> None:
    tip = box.put("提醒", lane=Lane.BULK)
    box.claim()
    box.settle(tip, 1, Unavailable("flood limit", wait=timedelta(hours=2)))
    box.put("答复", lane=Lane.REPLY)
    box.put("第二条提醒", lane=Lane.BULK)

    assert box.claim() == ["答复"]


def test_the_most_urgent_chats_come_first(box: Box) -> None:
    for n, lane in enumerate((Lane.BULK, Lane.REPLY, Lane.URGENT)):
        box.put(lane.name, to=str(n), lane=lane)

    assert box.claim() == ["URGENT", "REPLY", "BULK"]


def test_two_workers_never_claim_the_same_message(box: Box) -> None:
    for n in range(60):
        box.put(str(n), to=str(n))

    with ThreadPoolExecutor(6) as pool:
        claimed = [each for batch in pool.map(lambda _: box.claim(10), range(6)) for each in batch]

    assert sorted(claimed, key=int) == sorted(set(claimed), key=int)


def test_a_message_whose_lease_ran_out_is_due_again(box: Box, clock: Clock) -> None:
    message = box.put("一")
    box.claim()
    assert box.reclaim() == 0
    assert box.claim(holder="b") == []

    box.dies()

    assert box.reclaim() == 1
    clock.now = clock.now.replace(year=2100)
    assert box.claim(holder="b") == ["一"]
    assert box.state(message) == (Status.SENDING, 2, "its sender died")


def test_a_slow_worker_cannot_overwrite_the_one_that_took_its_message_over(
    box: Box, clock: Clock
) -> None:
    message = box.put("一")
    box.claim()
    box.dies()
    box.reclaim()
    box.claim(holder="b")

    assert not box.settle(message, 1, Refused("too late"))
    assert box.state(message)[:2] == (Status.SENDING, 2)
    assert box.settle(message, 2, Sent("9"))
    assert not box.settle(message, 2, Refused("again"))
    assert box.state(message)[0] == Status.SENT


def test_a_message_of_somebody_who_was_forgotten_meanwhile_is_settled_quietly(box: Box) -> None:
    assert not box.settle(123_456, 1, Sent())


def test_what_is_too_old_when_its_turn_comes_expires(box: Box, clock: Clock) -> None:
    old = box.put("旧", expires_at=clock() + timedelta(seconds=15))
    box.put("新")
    clock.on(seconds=15)

    assert box.claim() == []  # it is still in front
    assert box.expire() == 1
    assert box.state(old)[0] == Status.EXPIRED
    assert box.claim() == ["新"]


@pytest.mark.parametrize("outcome", [Sent(), Refused("no"), Blocked("no")], ids=lambda o: str(o))
def test_a_fleeting_row_goes_once_it_is_settled(box: Box, outcome: Outcome) -> None:
    message = box.put("一", fleeting=True)
    box.claim()

    box.settle(message, 1, outcome)

    assert box.row(message) is None


def test_a_fleeting_row_stays_while_it_must_be_tried_again(box: Box) -> None:
    message = box.put("一", fleeting=True)
    box.claim()

    box.settle(message, 1, Unavailable("away"))

    assert box.state(message) == (Status.WAITING, 1, "away")


def test_a_fleeting_row_that_expires_goes_too(box: Box, clock: Clock) -> None:
    message = box.put("一", fleeting=True, expires_at=clock() + timedelta(seconds=15))
    clock.on(minutes=1)

    assert box.claim() == []
    box.expire()
    assert box.row(message) is None


@pytest.mark.parametrize(
    ("outcome", "status", "error"),
    [
        pytest.param(Sent("77"), Status.SENT, None, id="sent"),
        pytest.param(Refused("chat not found"), Status.FAILED, "chat not found", id="400"),
        pytest.param(
            Blocked("blocked by the user"), Status.FAILED, "blocked: blocked by the user", id="403"
        ),
        pytest.param(Unavailable("flood limit"), Status.WAITING, "flood limit", id="429"),
    ],
)
def test_what_the_channel_said_is_recorded(
    box: Box, outcome: Outcome, status: Status, error: str | None
) -> None:
    message = box.put("一")
    box.claim()

    box.settle(message, 1, outcome)

    assert box.state(message) == (status, 1, error)


def test_the_channels_own_wait_is_kept(box: Box, clock: Clock) -> None:
    message = box.put("一", lane=Lane.URGENT)
    box.claim()
    box.settle(message, 1, Unavailable("flood limit", wait=timedelta(seconds=40)))

    clock.on(seconds=39)
    assert box.claim() == []
    clock.on(seconds=1)
    assert box.claim() == ["一"]


def test_a_reply_is_given_up_in_the_end_and_an_urgent_message_never(
    box: Box, clock: Clock
) -> None:
    reply = box.put("答复", to="1", lane=Lane.REPLY)
    urgent = box.put("紧急", to="2", lane=Lane.URGENT)

    last = PATIENCE[Lane.REPLY].attempts or 0
    with box.sessions.begin() as db:
        db.execute(sql("UPDATE outbox_message SET attempts = :n"), {"n": last - 2})

    for attempt in (last - 1, last):
        clock.on(hours=1)
        assert len(box.claim()) == 2
        box.settle(reply, attempt, Unavailable("away"))
        box.settle(urgent, attempt, Unavailable("away"))

    assert box.state(reply) == (Status.FAILED, last, "away")
    clock.on(hours=1)
    assert box.claim() == ["紧急"]


def fail(box: Box, clock: Clock, message: int, *, times: int) -> None:
    """Let a message be tried so often, each time when it is due, with nothing beside it."""
    for _ in range(times):
        assert len(box.claim()) == 1
        row = box.row(message)
        assert row
        assert row.status == Status.SENDING
        box.settle(message, row.attempts, Unavailable("Internal Server Error"))
        assert box.claim() == []
        clock.on(seconds=15)


def test_in_a_group_others_pass_what_fails_and_fails_and_what_belongs_to_it_waits_with_it(
    box: Box, clock: Clock
) -> None:
    card = box.put("卡", to="-1", lane=Lane.URGENT, key="card")
    box.put("改卡", to="-1", lane=Lane.URGENT, body={"edits": "card"})
    other = box.put("别的", to="-1", lane=Lane.URGENT, key="other")
    answer = box.put("答别的", to="-1", lane=Lane.URGENT, body={"reply_to": "other"})
    third = box.put("第三", to="-1", lane=Lane.URGENT)
    fail(box, clock, card, times=PASSED - 1)

    assert box.claim() == ["卡"]
    box.settle(card, PASSED, Unavailable("Internal Server Error"))

    for message, said in (other, "别的"), (answer, "答别的"), (third, "第三"):
        assert box.claim(limit=1) == [said]
        box.settle(message, 1, Sent("7"))
    assert box.claim() == []
    clock.on(seconds=15)
    assert box.claim() == ["卡"]  # it is never given up
    box.settle(card, PASSED + 1, Sent("9"))
    assert box.claim() == ["改卡"]


def test_in_a_group_others_pass_an_edit_that_fails_and_fails_but_not_the_next_of_that_card(
    box: Box, clock: Clock
) -> None:
    card = box.put("卡", to="-1", lane=Lane.URGENT, key="card")
    box.claim()
    box.settle(card, 1, Sent("7"))
    edit = box.put("改", to="-1", lane=Lane.URGENT, body={"edits": "card"})
    box.put("再改", to="-1", lane=Lane.URGENT, body={"edits": "card"})
    box.put("别的", to="-1", lane=Lane.URGENT)
    fail(box, clock, edit, times=PASSED - 1)

    box.claim()
    box.settle(edit, PASSED, Unavailable("Internal Server Error"))

    assert box.claim() == ["别的"]


def test_what_passes_a_failing_message_of_a_group_is_tried_one_at_a_time(
    box: Box, clock: Clock
) -> None:
    first = box.put("一", to="-1", lane=Lane.URGENT)
    second = box.put("二", to="-1", lane=Lane.URGENT)
    box.put("三", to="-1", lane=Lane.URGENT)
    fail(box, clock, first, times=PASSED - 1)
    box.claim()
    box.settle(first, PASSED, Unavailable("Internal Server Error"))

    assert box.claim(limit=1) == ["二"]
    assert box.claim() == []  # it is on the wire
    box.settle(second, 1, Unavailable("Internal Server Error"))
    assert box.claim() == []  # it may be the channel that fails
    clock.on(seconds=2)
    assert box.claim(limit=1) == ["二"]


def test_a_person_reads_in_order_however_often_a_message_fails(box: Box, clock: Clock) -> None:
    message = box.put("一", lane=Lane.URGENT)
    box.put("二", lane=Lane.URGENT)

    fail(box, clock, message, times=PASSED + 3)


def test_a_repeated_key_fails_the_whole_transaction(box: Box) -> None:
    box.put("一", key="reply:1")

    with pytest.raises(IntegrityError):
        box.put("二", key="reply:1")

    assert box.claim() == ["一"]


def test_what_answers_an_archived_message_finds_it_also_on_a_channel_without_limits(
    box: Box, clock: Clock
) -> None:
    card = box.put("卡", key="card")
    box.claim()
    box.settle(card, 1, Sent("8"))
    clock.on(days=8)
    with box.sessions.begin() as db:
        archive.archive(db, now=clock())
    box.put("答", body={"reply_to": "card"})

    with box.sessions.begin() as db:
        (answer,) = store.claim(db, channels=["telegram"], limit=9, now=clock())

    assert answer.ref == "8"


def test_list_sent_tells_only_what_left_under_a_key(box: Box) -> None:
    sent = box.put("一", key="case:C-22222:tell:1")
    box.put("二", key="case:C-22222:tell:2", to="2")
    other = box.put("三", key="case:C-33333:tell:1", to="3")
    box.claim()
    box.settle(sent, 1, Sent("8"))
    box.settle(other, 1, Sent("9"))

    with box.sessions() as db:
        assert store.list_sent(db, prefix="case:C-22222:tell:") == ["case:C-22222:tell:1"]
