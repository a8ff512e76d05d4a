"""A channel's limits, kept by all its workers together."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy import text as sql

from actions.citizens import store as citizens
from actions.citizens.models import Citizen
from actions.outbox import archive, bulk, chats, leases, pace, store
from actions.outbox.claim import Claimed, claim_paced
from actions.outbox.models import Lane, OutboxArchive, OutboxChat, OutboxMessage, Status
from actions.outbox.pace import Pace
from actions.outbox.policy import Blocked, Moved, Sent, Unavailable
from actions.outbox.split import LONGEST, length, split
from tests.line import newcomer

if TYPE_CHECKING:
    from conftest import Box, Clock


def claim(box: Box, rate: float = 30, *, limit: int = 100, holder: str = "a") -> list[Claimed]:
    with box.sessions.begin() as db:
        leases.renew(db, holder=holder)
        return claim_paced(
            db,
            channel="telegram",
            limit=limit,
            now=box.clock(),
            holder=holder,
            pace=Pace(rate),
        )


def drain(box: Box, clock: Clock, *, rate: float, seconds: float) -> list[Claimed]:
    sent: list[Claimed] = []
    for _ in range(int(seconds / 0.05)):
        got = claim(box, rate)
        for each in got:
            box.settle(each.id, each.attempts, Sent())
        sent += got
        clock.on(seconds=0.05)
    return sent


def test_no_second_sees_more_than_the_rate_and_the_rate_is_used(box: Box, clock: Clock) -> None:
    for n in range(120):
        box.put(f"提醒{n}", to=str(n), lane=Lane.BULK)

    sent = drain(box, clock, rate=30, seconds=3)

    times = sorted(each.send_at for each in sent)
    assert len(times) >= 3 * 30 * 0.95
    assert most_within(times, timedelta(seconds=1)) <= 30


def most_within(times: Sequence[object], span: timedelta) -> int:
    return max(sum(1 for t in times if a <= t < a + span) for a in times)  # type: ignore[operator]


def test_workers_that_claim_at_the_same_time_share_one_rate(box: Box) -> None:
    for n in range(60):
        box.put(f"提醒{n}", to=str(n), lane=Lane.BULK)

    with ThreadPoolExecutor(4) as pool:
        claimed = [
            each for got in pool.map(lambda n: claim(box, holder=str(n)), range(8)) for each in got
        ]

    times = sorted(each.send_at for each in claimed)
    assert len({each.id for each in claimed}) == len(claimed)
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert min(gaps) >= timedelta(seconds=1 / 30)


def test_a_worker_that_stands_still_in_the_middle_of_its_claim_holds_up_no_other(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE", timedelta(milliseconds=300))
    box.put("一", to="1")

    with box.sessions() as still:  # a paused container, a machine that is gone: no more is heard
        leases.renew(still, holder="still")
        now = leases.begin(still)
        claim_paced(still, channel="telegram", limit=9, now=now, holder="still", pace=Pace(30))
        box.put("紧急", to="2", lane=Lane.URGENT)
        claimed = claim(box, holder="b")
        still.invalidate()

    assert [each.body["text"] for each in claimed] == ["紧急", "一"]


def test_an_urgent_message_waits_for_one_moment_and_for_no_queue(box: Box, clock: Clock) -> None:
    for n in range(60):
        box.put(f"提醒{n}", to=str(n), lane=Lane.BULK)
    drain(box, clock, rate=30, seconds=1)
    box.put("紧急", to="9999", lane=Lane.URGENT)

    sent = drain(box, clock, rate=30, seconds=0.5)

    urgent = next(each for each in sent if each.lane == Lane.URGENT)
    assert urgent.send_at - urgent.created_at < timedelta(days=400)  # the test's clock is old
    assert sent.index(urgent) <= 4


@pytest.mark.parametrize("rate", [30, 500])
def test_after_the_databases_clock_was_set_back_nobody_waits_for_it(
    box: Box, clock: Clock, rate: float
) -> None:
    for n in range(4):
        box.put(f"{n}", to=f"{n}", lane=Lane.BULK if n % 2 else Lane.REPLY)
    assert len(claim(box, rate)) == 4

    clock.on(minutes=-10)  # a standby took over whose clock is behind
    box.put("提醒", to="8", lane=Lane.BULK)
    box.put("紧急", to="9", lane=Lane.URGENT)

    sent = {str(each.body["text"]): each.send_at - clock() for each in claim(box, rate)}
    assert set(sent) == {"紧急", "提醒"}
    assert max(sent.values()) <= pace.AHEAD


@pytest.mark.parametrize("rate", [30, 100])
def test_who_waited_for_their_turn_gives_out_no_moment_once_more(
    box: Box, clock: Clock, rate: float
) -> None:
    for n in range(40):
        box.put(f"{n}", to=f"{n}", lane=Lane.BULK)
    clock.on(seconds=5)
    given = [each.send_at for each in claim(box, rate)]

    clock.on(seconds=-1)  # they looked at the clock before the one whose turn it was
    assert claim(box, rate) == []
    clock.on(seconds=2)
    later = [each.send_at for each in claim(box, rate)]
    assert later
    assert min(later) > max(given)


def test_one_person_gets_one_message_a_second_and_in_order(box: Box, clock: Clock) -> None:
    for n in range(4):
        box.put(f"{n}", to="1")
    box.put("别人", to="2")

    sent = drain(box, clock, rate=30, seconds=5)

    mine = [each for each in sent if each.recipient == "1"]
    assert [each.body["text"] for each in mine] == ["0", "1", "2", "3"]
    gaps = [b.send_at - a.send_at for a, b in itertools.pairwise(mine)]
    assert min(gaps) >= timedelta(seconds=1)


def test_a_group_gets_twenty_a_minute_and_its_cards_can_be_edited_meanwhile(
    box: Box, clock: Clock
) -> None:
    for n in range(25):
        box.put(f"{n}", to="-100", lane=Lane.URGENT, key=f"card{n}")

    sent = drain(box, clock, rate=30, seconds=10)
    box.put("改", to="-100", lane=Lane.URGENT, body={"edits": "card0"})

    assert len(sent) == 20
    clock.on(minutes=1)
    assert len(drain(box, clock, rate=30, seconds=10)) == 6


def test_what_one_chat_is_refused_does_not_stop_another(box: Box, clock: Clock) -> None:
    first = box.put("等", to="1")
    box.put("后面", to="1", lane=Lane.URGENT)
    claimed = {each.id: each for each in claim(box)}
    later = [each for each in claimed.values() if each.id != first]
    each = claimed.get(first, later[0] if later else None)
    assert each is not None
    box.settle(each.id, each.attempts, Unavailable("flood limit", wait=timedelta(seconds=30)))
    box.put("走", to="2")

    clock.on(seconds=2)
    assert [each.recipient for each in claim(box)] == ["2"]
    clock.on(seconds=35)
    assert "1" in {each.recipient for each in claim(box)}


@pytest.mark.parametrize("by", ["a claim", "a refusal"])
def test_what_quiet_hours_put_off_meanwhile_is_not_brought_forward_again(
    box: Box, clock: Clock, by: str
) -> None:
    reply, tip = box.put("答复", to="1"), box.put("提醒", to="1", lane=Lane.BULK)
    morning = clock() + timedelta(hours=9)

    def work() -> None:
        if by == "a claim":
            claim(box)
        else:
            with box.sessions.begin() as db:
                until = clock() + timedelta(minutes=1)
                chats.postpone(db, channel="telegram", recipient="1", until=until)

    with ThreadPoolExecutor(1) as pool:
        with box.sessions.begin() as db:
            moved = update(OutboxMessage).where(OutboxMessage.id == tip).values(due_at=morning)
            db.execute(moved)
            working = pool.submit(work)
            wait_for_a_lock(box)
        working.result()

    with box.sessions() as db:
        due = dict(db.execute(select(OutboxMessage.id, OutboxMessage.due_at)).tuples().all())
    assert due[tip] == morning
    assert due[reply] < morning


def wait_for_a_lock(box: Box) -> None:
    """Wait until somebody waits for a row."""
    waiting = sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(500):
        with box.sessions() as db:
            if db.scalar(waiting):
                return
        time.sleep(0.01)
    pytest.fail("nobody waits")


def test_what_leaves_no_trace_counts_within_a_chats_limit(box: Box, clock: Clock) -> None:
    box.put("链接", to="1", lane=Lane.URGENT, fleeting=True)
    (first,) = drain(box, clock, rate=30, seconds=0.2)
    box.put("紧急", to="1", lane=Lane.URGENT)

    (second,) = drain(box, clock, rate=30, seconds=2)

    assert second.send_at - first.send_at >= timedelta(seconds=1)


def test_what_leaves_no_trace_leaves_a_chats_wait_as_it_is(box: Box, clock: Clock) -> None:
    box.put("提醒", to="1", lane=Lane.BULK)
    (tip,) = claim(box)
    clock.on(seconds=2)
    box.put("删", to="1", lane=Lane.URGENT, fleeting=True)
    (fleeting,) = claim(box)  # it overtakes
    box.settle(tip.id, tip.attempts, Unavailable("flood", wait=timedelta(minutes=1)))
    box.settle(fleeting.id, fleeting.attempts, Sent())
    box.put("答复", to="1")

    clock.on(seconds=50)
    assert claim(box) == []
    clock.on(seconds=20)
    assert [each.body["text"] for each in claim(box)] == ["答复"]


def test_nothing_is_known_of_somebody_who_was_forgotten_once_the_last_reply_has_left(
    box: Box,
) -> None:
    box.put("已经忘记", to="1", fleeting=True)
    box.put("别人", to="2")

    for each in claim(box):
        box.settle(each.id, each.attempts, Sent())

    with box.sessions() as db:
        assert db.scalars(select(OutboxChat.recipient)).all() == ["2"]
        assert db.scalars(select(OutboxMessage.recipient)).all() == ["2"]


def test_when_several_chats_are_refused_at_once_everybody_waits(box: Box, clock: Clock) -> None:
    for n in range(10):
        box.put(f"{n}", to=str(n))
    sent = claim(box)
    assert len(sent) >= 3
    for each in sent:
        box.settle(each.id, each.attempts, Unavailable("flood", wait=timedelta(seconds=30)))

    clock.on(seconds=20)
    assert claim(box) == []
    clock.on(seconds=15)
    assert claim(box) != []


def test_bulk_beyond_thirty_a_second_is_paid_for_and_answers_are_not(
    box: Box, clock: Clock
) -> None:
    for n in range(300):
        box.put(f"提醒{n}", to=str(n), lane=Lane.BULK)
    box.put("答复", to="9999")

    sent = drain(box, clock, rate=500, seconds=0.4)

    assert [each.paid for each in sent if each.lane == Lane.REPLY] == [False]
    assert all(each.paid for each in sent if each.lane == Lane.BULK)
    assert len(sent) > 150


@given(
    lanes=st.lists(st.sampled_from(list(Lane)), max_size=60),
    free=st.integers(0, 40),
    paid=st.none() | st.integers(0, 40),
    turn=st.integers(0, 100),
)
def test_places_are_shared_without_waste_and_urgent_comes_first(
    lanes: list[Lane], free: int, paid: int | None, turn: int
) -> None:
    chosen = pace.share(lanes, free=free, paid=paid, turn=turn)

    assert len(set(chosen)) == len(chosen)
    unpaid = [n for n in chosen if paid is None or not pace.pays(lanes[n])]
    assert len(unpaid) <= free
    assert len(chosen) - len(unpaid) <= (paid or 0)
    urgent = [n for n, lane in enumerate(lanes) if lane == Lane.URGENT]
    assert len([n for n in chosen if n in urgent]) == min(len(urgent), free)
    if paid is None:
        assert len(chosen) == min(len(lanes), free)


def test_bulk_is_not_starved_by_replies() -> None:
    lanes = [Lane.REPLY] * 100 + [Lane.BULK] * 100

    chosen = pace.share(lanes, free=50, paid=None, turn=0)

    assert sum(lanes[n] == Lane.BULK for n in chosen) == 5


def test_a_moved_group_is_followed_for_what_waits_and_what_comes(box: Box, clock: Clock) -> None:
    first = box.put("卡", to="-1", lane=Lane.URGENT)
    box.put("二", to="-1", lane=Lane.URGENT)
    (claimed,) = claim(box)
    box.settle(first, claimed.attempts, Moved("-1002"))
    box.put("三", to="-1", lane=Lane.URGENT)

    clock.on(seconds=2)
    sent = drain(box, clock, rate=30, seconds=3)

    assert {each.recipient for each in sent} == {"-1002"}
    assert sorted(str(each.body["text"]) for each in sent) == ["三", "二", "卡"]
    with box.sessions() as db:
        assert chats.find_moved(db, channel="telegram", recipient="-1") == "-1002"


@pytest.fixture
def moved(box: Box, clock: Clock) -> str:
    """The address of a group that has moved; so has the one it moved to."""
    with box.sessions.begin() as db:
        chats.move(db, channel="telegram", recipient="-1", to="-1002", now=clock())
        chats.move(db, channel="telegram", recipient="-1002", to="-1003", now=clock())
    return "-1"


def test_a_card_is_not_edited_before_it_is_there_also_where_its_group_has_moved(
    box: Box, clock: Clock, moved: str
) -> None:
    card = box.put("卡", to=moved, key="card", lane=Lane.URGENT)
    box.put("改", to=moved, lane=Lane.URGENT, body={"edits": "card"})
    box.put("别的群", to="-2", lane=Lane.URGENT)

    assert [(each.recipient, each.body["text"]) for each in claim(box)] == [
        ("-1003", "卡"),
        ("-2", "别的群"),
    ]
    clock.on(seconds=1)
    assert claim(box) == []  # the card is on the wire
    box.settle(card, 1, Sent("7"))
    assert [(each.recipient, each.ref) for each in claim(box)] == [("-1003", "7")]


def test_a_group_that_has_moved_gets_twenty_a_minute(box: Box, clock: Clock, moved: str) -> None:
    for n in range(25):
        box.put(f"{n}", to=moved if n % 2 else "-1003", lane=Lane.URGENT)

    sent = drain(box, clock, rate=30, seconds=10)

    assert [each.body["text"] for each in sent] == [f"{n}" for n in range(20)]


def test_the_wait_that_a_moved_group_asks_for_is_kept(box: Box, clock: Clock, moved: str) -> None:
    for n in range(3):
        box.put(f"{n}", to=moved, lane=Lane.URGENT)
    (first,) = claim(box)
    box.settle(first.id, first.attempts, Unavailable("flood", wait=timedelta(seconds=40)))
    box.put("后来", to=moved, lane=Lane.URGENT)

    assert drain(box, clock, rate=30, seconds=5) == []
    clock.on(seconds=40)
    assert len(drain(box, clock, rate=30, seconds=2)) == 4


def test_who_blocked_us_gets_no_tips_any_more_but_keeps_other_peoples(box: Box) -> None:
    reply = box.put("答复", to="1")
    tip, other = box.put("提醒", to="1", lane=Lane.BULK), box.put("别", to="2", lane=Lane.BULK)
    claim(box)

    box.settle(reply, 1, Blocked("bot was blocked by the user"))

    assert box.state(tip) == (Status.FAILED, 0, "blocked: bot was blocked by the user")
    assert box.state(other)[0] in (Status.WAITING, Status.SENDING)


def test_a_batch_reaches_everybody_once_but_not_those_who_blocked_us(
    box: Box, clock: Clock
) -> None:
    with box.sessions.begin() as db:
        for address in ("1", "2", "3"):
            newcomer(db, address=address)
        newcomer(db, address="9", channel="terminal")
        citizens.mark_blocked(db, channel="telegram", address="3", now=clock())
    audience = select(Citizen.address).where(Citizen.channel == "telegram")

    def queue() -> int:
        with box.sessions.begin() as db:
            return bulk.enqueue_bulk(
                db,
                batch="campaign:1",
                channel="telegram",
                audience=audience,
                body={"text": "提醒"},
                due_at=clock(),
            )

    assert (queue(), queue()) == (2, 0)
    claimed = claim(box)
    assert {(each.recipient, each.body["text"]) for each in claimed} == {
        ("1", "提醒"),
        ("2", "提醒"),
    }


def test_a_batch_can_be_held_resumed_and_dropped(box: Box, clock: Clock) -> None:
    with box.sessions.begin() as db:
        newcomer(db, address="1")
        bulk.enqueue_bulk(
            db,
            batch="campaign:1",
            channel="telegram",
            audience=select(Citizen.address),
            body={"text": "提醒"},
            due_at=clock(),
        )
        bulk.hold(db, batch="campaign:1")
    assert claim(box) == []
    with box.sessions.begin() as db:
        assert bulk.resume(db, batch="campaign:1") == 1
        assert bulk.drop_batch(db, batch="campaign:1", now=clock()) == 1
        assert bulk.count_by_status(db, batch="campaign:1") == {"expired": 1}
    assert claim(box) == []


def test_a_worker_that_goes_gives_back_what_it_did_not_try(box: Box) -> None:
    message = box.put("一")
    box.claim()

    with box.sessions.begin() as db:
        leases.give_back(db, [(message, 1)], holder="a")
        leases.end(db, holder="a")

    assert box.state(message) == (Status.WAITING, 0, None)


def test_settled_messages_are_archived_by_month_without_their_words(
    box: Box, clock: Clock
) -> None:
    old, fresh = box.put("旧话", key="case:C-22222:card"), box.put("新话", to="2")
    box.claim()
    box.settle(old, 1, Sent("55"))
    clock.on(days=8)
    box.settle(fresh, 1, Sent("56"))

    with box.sessions.begin() as db:
        assert archive.archive(db, now=clock()) == 1

    with box.sessions() as db:
        assert db.get(OutboxMessage, old) is None
        assert db.get(OutboxMessage, fresh) is not None
        assert "旧话" not in str(db.execute(select(OutboxArchive.__table__)).all())
        assert store.find_ref(db, dedup_key="case:C-22222:card") == "55"


def test_a_card_that_is_archived_can_still_be_edited_answered_and_replaced(
    box: Box, clock: Clock
) -> None:
    card, other = box.put("卡", to="-1", key="case:C-22222:tell:1"), box.put("别", to="-2")
    for each in claim(box):
        box.settle(each.id, each.attempts, Sent("55" if each.id == card else "66"))
    clock.on(days=8)
    with box.sessions.begin() as db:
        assert archive.archive(db, now=clock()) == 2
    assert box.row(other) is None

    box.put("改", to="-1", body={"edits": "case:C-22222:tell:1"})
    box.put("答", to="-1", body={"reply_to": "case:C-22222:tell:1"})
    box.put("答别的", to="-2", body={"reply_to": "case:C-33333:card"})

    refs: dict[object, str | None] = {}
    for _ in range(2):
        for each in claim(box):
            refs[each.body["text"]] = each.ref
            box.settle(each.id, each.attempts, Sent("77", anew="edits" in each.body))
        clock.on(seconds=2)
    assert refs == {"改": "55", "答": "77", "答别的": None}
    with box.sessions() as db:
        assert store.list_sent(db, prefix="case:C-22222:tell:") == ["case:C-22222:tell:1"]
        assert store.find_ref(db, dedup_key="case:C-22222:tell:1") == "77"


@given(st.text(alphabet="字 a。\n，😀", max_size=300), st.integers(8, 60))
def test_a_long_text_is_cut_into_parts_that_fit_and_lose_nothing(text: str, longest: int) -> None:
    parts = split(text, longest=longest)

    assert all(length(part) <= longest for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_long_text_is_cut_at_the_end_of_a_sentence(box: Box) -> None:
    said = ("他们说" + "很多" * 20 + "。") * 120
    box.put(said, key="long", body={"buttons": [[{"label": "好", "data": "x"}]]})

    with box.sessions() as db:
        rows = db.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [row.dedup_key for row in rows] == ["long#1", "long"]
    assert all(str(row.body["text"]).endswith("。") for row in rows)
    assert all(length(str(row.body["text"])) <= LONGEST for row in rows)
    assert ["buttons" in row.body for row in rows] == [False, True]


def test_a_shared_body_that_is_too_long_is_refused(box: Box) -> None:
    with box.sessions() as db, pytest.raises(bulk.TooLong):
        bulk.share(db, {"text": "长" * (LONGEST + 1)})
