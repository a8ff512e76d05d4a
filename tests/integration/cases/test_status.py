"""How a case moves: every move that is allowed, every one that is not, and who may make it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.audit.models import AuditEntry
from actions.cases import status, store
from actions.cases.models import Case, Outcome, Status, Timer
from actions.cases.policy import USUAL
from actions.officers.models import Officer, Role
from bot.database import Sessions
from tests.line import newcomer

Verb = Callable[[Session, Case, Officer, datetime], None]

VERBS: dict[str, Verb] = {
    "claim": lambda db, case, by, now: status.claim(db, case, by=by, now=now),
    "release": lambda db, case, by, now: status.release(db, case, by=by, now=now),
    "close": lambda db, case, by, now: status.close(db, case, Outcome.STOPPED, by=by, now=now),
}
LEADS_TO = {"claim": Status.CLAIMED, "release": Status.OPEN, "close": Status.CLOSED}


@pytest.fixture
def case(sessions: Sessions, now: datetime, noise: None) -> Case:
    with sessions.begin() as db:
        citizen = newcomer(db, address="1")
        return store.open_case(db, citizen_id=citizen.id, cause="live", judgement=None, now=now)


def bring(sessions: Sessions, case: Case, to: Status, *, by: Officer, now: datetime) -> None:
    with sessions.begin() as db:
        held = db.get_one(Case, case.id)
        if to != Status.OPEN:
            status.claim(db, held, by=by, now=now)
        if to == Status.CLOSED:
            status.close(db, held, Outcome.PAID, by=by, now=now)


def do(sessions: Sessions, case: Case, verb: str, *, by: Officer, now: datetime) -> Case:
    with sessions.begin() as db:
        held = db.get_one(Case, case.id)
        VERBS[verb](db, held, db.get_one(Officer, by.id), now)
        return held


def stored(sessions: Sessions, case: Case) -> tuple[str, int | None, str | None]:
    with sessions() as db:
        held = db.get_one(Case, case.id)
        return held.status, held.owner_id, held.outcome


@pytest.mark.parametrize(
    ("start", "verb"),
    [
        pytest.param(Status.OPEN, "claim", id="claim an open case"),
        pytest.param(Status.CLAIMED, "release", id="release a claimed case"),
        pytest.param(Status.CLAIMED, "close", id="close a claimed case"),
    ],
)
def test_a_move_that_is_allowed_is_made_and_recorded(
    sessions: Sessions,
    case: Case,
    hire: Callable[..., Officer],
    now: datetime,
    start: Status,
    verb: str,
) -> None:
    officer = hire()
    bring(sessions, case, start, by=officer, now=now)

    moved = do(sessions, case, verb, by=officer, now=now)

    assert moved.status == LEADS_TO[verb]
    with sessions() as db:
        last = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert last.case_code == case.code
    assert last.actor == f"officer:{officer.id}"


@pytest.mark.parametrize(
    ("start", "verb", "fact"),
    [
        pytest.param(Status.OPEN, "release", status.IllegalMove, id="release an open case"),
        pytest.param(Status.OPEN, "close", status.IllegalMove, id="close an open case"),
        pytest.param(
            Status.CLAIMED, "claim", status.AlreadyOwned, id="claim one's own case again"
        ),
        pytest.param(Status.CLOSED, "claim", status.IllegalMove, id="claim a closed case"),
        pytest.param(Status.CLOSED, "release", status.IllegalMove, id="release a closed case"),
        pytest.param(Status.CLOSED, "close", status.IllegalMove, id="close a closed case"),
    ],
)
def test_a_move_that_is_forbidden_changes_nothing(
    sessions: Sessions,
    case: Case,
    hire: Callable[..., Officer],
    now: datetime,
    start: Status,
    verb: str,
    fact: type[Exception],
) -> None:
    officer = hire()
    bring(sessions, case, start, by=officer, now=now)
    before = stored(sessions, case)

    with pytest.raises(fact):
        do(sessions, case, verb, by=officer, now=now)

    assert stored(sessions, case) == before


def test_the_table_of_moves_says_the_same_as_the_verbs() -> None:
    assert {
        Status.OPEN: {Status.CLAIMED, Status.CLOSED},
        Status.CLAIMED: {Status.OPEN, Status.CLAIMED, Status.CLOSED},
        Status.CLOSED: {Status.OPEN},
    } == status.MOVES


@pytest.mark.parametrize("verb", ["release", "close"])
def test_only_the_owner_or_a_supervisor_acts_on_a_claimed_case(
    sessions: Sessions, case: Case, hire: Callable[..., Officer], now: datetime, verb: str
) -> None:
    owner, other = hire(1, "李"), hire(2, "王")
    admin, supervisor = hire(3, "赵", Role.ADMIN), hire(4, "刘", Role.SUPERVISOR)
    bring(sessions, case, Status.CLAIMED, by=owner, now=now)

    for nobody in (other, admin):
        with pytest.raises(status.AlreadyOwned) as fact:
            do(sessions, case, verb, by=nobody, now=now)
        assert fact.value.owner == "李"
    moved = do(sessions, case, verb, by=supervisor, now=now)

    assert moved.status == LEADS_TO[verb]


@pytest.mark.parametrize("verb", ["claim", "release", "close"])
@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.ANALYST])
def test_who_does_not_work_cases_may_do_nothing_with_one(
    sessions: Sessions,
    case: Case,
    hire: Callable[..., Officer],
    now: datetime,
    verb: str,
    role: Role,
) -> None:
    officer = hire(5, "钱", role)

    with pytest.raises(status.NotAllowed):
        do(sessions, case, verb, by=officer, now=now)

    assert stored(sessions, case)[0] == Status.OPEN


def test_who_left_the_list_may_do_nothing_any_more(
    sessions: Sessions, case: Case, hire: Callable[..., Officer], now: datetime
) -> None:
    officer = hire()
    bring(sessions, case, Status.CLAIMED, by=officer, now=now)
    with sessions.begin() as db:
        db.get_one(Officer, officer.id).removed_at = now

    with pytest.raises(status.NotAllowed):
        do(sessions, case, "close", by=officer, now=now)


def test_fifty_officers_claim_at_once_and_one_wins(
    sessions: Sessions, case: Case, hire: Callable[..., Officer], now: datetime
) -> None:
    officers = [hire(n, f"民警{n}") for n in range(100, 150)]

    def claim(officer: Officer) -> str:
        try:
            return f"won:{do(sessions, case, 'claim', by=officer, now=now).owner_id}"
        except status.AlreadyOwned as fact:
            return fact.owner

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(claim, officers))

    won = [each for each in told if each.startswith("won:")]
    assert len(won) == 1
    winner = next(o for o in officers if f"won:{o.id}" == won[0])
    assert told.count(winner.name) == 49
    with sessions() as db:
        timers = db.scalars(select(Timer).where(Timer.case_id == case.id)).all()
        claimed = db.scalars(
            select(AuditEntry).where(
                AuditEntry.case_code == case.code, AuditEntry.event == "case.claimed"
            )
        ).all()
    assert [timer.kind for timer in timers] == ["silent"]
    assert len(claimed) == 1


def test_who_is_too_late_for_a_case_hears_who_has_just_claimed_it(
    sessions: Sessions, case: Case, hire: Callable[..., Officer], now: datetime
) -> None:
    first, late = hire(1, "李"), hire(2, "王")
    waits = text("SELECT true FROM pg_locks WHERE NOT granted")

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as db:
            status.claim(db, db.get_one(Case, case.id), by=db.merge(first), now=now)
            closing = pool.submit(do, sessions, case, "close", by=late, now=now)
            while not (closing.done() or db.scalar(waits)):
                time.sleep(0.01)
        with pytest.raises(status.AlreadyOwned) as fact:
            closing.result(10)

    assert fact.value.owner == "李"


@pytest.mark.parametrize("step", ["open", "claim", "release"])
def test_no_case_that_is_not_closed_is_without_a_timer(
    sessions: Sessions, case: Case, hire: Callable[..., Officer], now: datetime, step: str
) -> None:
    officer = hire()
    later = now + timedelta(minutes=3)
    if step != "open":
        do(sessions, case, "claim", by=officer, now=later)
    if step == "release":
        do(sessions, case, "release", by=officer, now=later)

    with sessions() as db:
        timers = db.scalars(select(Timer).where(Timer.case_id == case.id)).all()
    expected = {
        "open": ("unclaimed", now + USUAL.wait(1)),
        "claim": ("silent", later + USUAL.silent_after),
        "release": ("unclaimed", later + USUAL.wait(1)),
    }
    assert [(timer.kind, timer.due_at) for timer in timers] == [expected[step]]


def test_closing_takes_every_timer_off(
    sessions: Sessions, case: Case, hire: Callable[..., Officer], now: datetime
) -> None:
    bring(sessions, case, Status.CLOSED, by=hire(), now=now)

    with sessions() as db:
        assert db.scalars(select(Timer).where(Timer.case_id == case.id)).all() == []


def test_releasing_forgets_the_owner(
    sessions: Sessions, case: Case, hire: Callable[..., Officer], now: datetime
) -> None:
    officer = hire()
    bring(sessions, case, Status.CLAIMED, by=officer, now=now)

    released = do(sessions, case, "release", by=officer, now=now)

    assert (released.owner_id, released.claimed_at) == (None, None)
