"""Whatever officers, citizens and the clock do: a case has one owner, or an alert with a timer.

`make dispatch` takes ten thousand steps; the usual run as many as fit in half a minute.

There is one rule, which draws what happens from weights. With a rule each, hypothesis leaves some
of them out of each run ("swarm testing"): where no citizen spoke there was no case, where every
officer left nobody claimed one, and nearly every run was empty. What did happen is counted, and a
whole run in which something never happened fails: it would have proved nothing.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.audit.models import AuditEntry
from actions.cases import status
from actions.cases.models import Case, Message, Outcome, Status, Timer
from actions.cases.thread import Written
from actions.citizens.models import Citizen
from actions.officers import roster
from actions.officers import store as officers
from actions.officers.leave import leave
from actions.officers.models import DESK, Officer, Role
from bot import desk as duty
from bot import inbox, relay, schedule
from bot.database import Sessions
from bot.desk import Desk
from bot.inbound import Inbound, Words
from tests.conftest import EMPTY

USUAL = 1200
STEPS = int(os.environ.get("DISPATCH_STEPS", USUAL))
A_RUN = 50
LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"
OFFICERS = {1: "李卫东", 2: "王芳", 3: "赵敏", 4: "陈主任"}
BOSS, ANALYST = 4, 5
REFUSALS = (status.NotAllowed, status.AlreadyOwned, status.IllegalMove, status.TooLong)
Draw = Callable[[st.SearchStrategy[Any]], Any]

OWNER = 0  # "whoever has the case", as a choice of who acts

WEIGHTS = {
    "citizen_speaks": 6,
    "time_passes": 6,
    "claim": 6,
    "release": 2,
    "hand_over": 3,
    "close": 3,
    "reopen": 3,
    "merge": 3,
    "snooze": 2,
    "keep": 1,
    "write": 2,
    "officer_leaves": 2,
    "owner_leaves": 2,
    "officer_is_hired": 3,
    "duty_changes": 2,
}
HAPPENS = frozenset(
    {
        "case.opened",
        "case.claimed",
        "case.released",
        "case.handed_over",
        "case.closed",
        "case.reopened",
        "case.merged",
        "case.took_in",
        "case.snoozed",
        "case.kept",
        "case.alerted",
        "case.nobody_on_duty",
        "case.owner_asked",
        "case.offered_again: owner left",
        "case.offered_again: owner silent",
        "message.from_citizen",
        "message.from_citizen: joined",
        "message.to_citizen",
        "officer.on_duty",
        "officer.off_duty",
        "refused: NotAllowed",
        "refused: AlreadyOwned",
        "refused: IllegalMove",
        "refused: TooLong",
    }
)

acts = st.sampled_from([act for act, weight in WEIGHTS.items() for _ in range(weight)])
pick = st.integers(0, 3)
who = st.sampled_from((OWNER, OWNER, OWNER, *OFFICERS))
somebody = st.sampled_from(tuple(OFFICERS))
WORDS = st.sampled_from((LIVE, LIVE, "谢谢", "我已经转了2万", "🤫"))
SNOOZES = st.sampled_from((5, 30, -1, 500))
SECONDS = st.sampled_from((61, 720, 60, 600, 180, 120, 59, 1, 7200))


class Dispatch(RuleBasedStateMachine):
    """Everybody at once, on real PostgreSQL; each step is one transaction."""

    def __init__(self, sessions: Sessions, desk: Desk, happened: Counter[str]) -> None:
        super().__init__()
        self.sessions, self.desk, self.happened = sessions, desk, happened
        self.now = datetime(2026, 5, 6, 7, 30, tzinfo=UTC)
        self.count = 0

    @initialize(on=st.booleans())
    def somebody_is_there(self, on: bool) -> None:
        with self.sessions.begin() as db:
            for telegram_id in OFFICERS:
                officer = self._hire(db, telegram_id)
                if on:
                    roster.go_on(db, officer, now=self.now)
            analyst = officers.add(
                db, telegram_id=ANALYST, name="周婷", roles=[Role.ANALYST], district=None
            )
            assert not analyst.may(DESK)
        for citizen in (1, 2):
            self._hear(citizen, LIVE)

    def teardown(self) -> None:
        with self.sessions.begin() as db:
            for entry in db.scalars(select(AuditEntry)):
                why = f": {entry.details['why']}" if entry.event == "case.offered_again" else ""
                self.happened[entry.event + why] += 1
            db.execute(text("SET LOCAL session_replication_role = replica"))
            db.execute(text(EMPTY))

    @rule(act=acts, data=st.data())
    def something_happens(self, act: str, data: st.DataObject) -> None:
        """Do one thing of WEIGHTS."""
        self.happened["step"] += 1
        getattr(self, act)(data.draw)

    # -- citizens ----------------------------------------------------------------------------

    def citizen_speaks(self, draw: Draw) -> None:
        self._hear(draw(st.integers(1, 3)), draw(WORDS))

    def _hear(self, citizen: int, words: str) -> None:
        self.count += 1
        address = str(1000 + citizen)
        message = Inbound("telegram", f"update:{self.count}", address, Words(words))
        with self.sessions.begin() as db:
            inbox.receive(db, message, understanding=None, desk=self.desk, now=self.now)
            theirs = db.scalars(
                select(Case)
                .join(Citizen, Case.citizen_id == Citizen.id)
                .order_by(Case.id.desc())
                .where(Citizen.address == address)
                .limit(1)
            ).one_or_none()
            if theirs is not None and theirs.merged_into_id is not None:
                heard = db.scalars(
                    select(Message.id).where(
                        Message.case_id == theirs.merged_into_id,
                        Message.citizen_id == theirs.citizen_id,
                        Message.sent_at == self.now,
                    )
                ).all()
                self.happened["message.from_citizen: joined"] += bool(heard)

    # -- officers ----------------------------------------------------------------------------

    def claim(self, draw: Draw) -> None:
        self._do(
            draw,
            lambda db, case, o: duty.claim(db, self.desk, case, by=o, now=self.now),
            by=draw(st.sampled_from((*OFFICERS, *OFFICERS, ANALYST))),
            to=Status.OPEN,
        )

    def release(self, draw: Draw) -> None:
        self._do(draw, lambda db, case, o: duty.release(db, self.desk, case, by=o, now=self.now))

    def hand_over(self, draw: Draw) -> None:
        to = draw(somebody)

        def act(db: Session, case: Case, officer: Officer) -> None:
            other = officers.find(db, telegram_id=to)
            if other is not None:
                duty.hand_over(db, self.desk, case, to=other, by=officer, now=self.now)

        self._do(draw, act)

    def close(self, draw: Draw) -> None:
        outcome = draw(st.sampled_from(list(Outcome)))
        self._do(
            draw,
            lambda db, case, o: duty.close(db, self.desk, case, outcome, by=o, now=self.now),
        )

    def reopen(self, draw: Draw) -> None:
        self._do(
            draw,
            lambda db, case, o: duty.reopen(db, self.desk, case, by=o, now=self.now),
            by=draw(somebody),
            to=Status.CLOSED,
        )

    def merge(self, draw: Draw) -> None:
        into = draw(pick)

        def act(db: Session, case: Case, officer: Officer) -> None:
            other = self._case(db, into)
            assert other is not None
            duty.merge(db, self.desk, case, into=other, by=officer, now=self.now)

        self._do(draw, act, by=draw(st.sampled_from((BOSS, *OFFICERS))), to=Status.OPEN)

    def snooze(self, draw: Draw) -> None:
        until = self.now + timedelta(minutes=draw(SNOOZES))
        self._do(
            draw,
            lambda db, case, o: duty.snooze(db, self.desk, case, until=until, by=o, now=self.now),
        )

    def keep(self, draw: Draw) -> None:
        self._do(draw, lambda db, case, o: duty.keep(db, self.desk, case, by=o, now=self.now))

    def write(self, draw: Draw) -> None:
        self._do(
            draw,
            lambda db, case, o: relay.write(
                db, self.desk, case, Written("我在"), by=o, now=self.now
            ),
        )

    def officer_leaves(self, draw: Draw) -> None:
        with self.sessions.begin() as db:
            self._leave(db, draw(somebody))

    def owner_leaves(self, draw: Draw) -> None:
        with self.sessions.begin() as db:
            case = self._case(db, draw(pick), Status.CLAIMED)
            if case is not None and case.status == Status.CLAIMED and case.owner is not None:
                self._leave(db, case.owner.telegram_id)

    def _leave(self, db: Session, telegram_id: int) -> None:
        left = leave(db, telegram_id=telegram_id, now=self.now)
        self.happened["officer left"] += left is not None

    def officer_is_hired(self, draw: Draw) -> None:
        with self.sessions.begin() as db:
            self._hire(db, draw(somebody))

    def duty_changes(self, draw: Draw) -> None:
        telegram_id, on = draw(somebody), draw(st.booleans())
        with self.sessions.begin() as db:
            officer = officers.find(db, telegram_id=telegram_id)
            if officer is not None:
                (roster.go_on if on else roster.go_off)(db, officer, now=self.now)

    # -- the clock ---------------------------------------------------------------------------

    def time_passes(self, draw: Draw) -> None:
        self.now += timedelta(seconds=draw(SECONDS))
        with self.sessions.begin() as db:
            schedule.ring(db, self.desk, now=self.now)

    # -- what always holds -------------------------------------------------------------------

    @invariant()
    def a_case_has_one_owner_or_an_alert(self) -> None:
        with self.sessions() as db:
            timers: dict[int, list[Timer]] = {}
            for timer in db.scalars(select(Timer)):
                timers.setdefault(timer.case_id, []).append(timer)
            for case in db.scalars(select(Case)):
                mine = timers.get(case.id, [])
                if case.status == Status.CLOSED:
                    assert mine == []
                    assert case.outcome is not None
                    continue
                assert len(mine) == 1, "no timer, or two"
                assert mine[0].due_at > self.now, "nothing is to come"
                if case.status == Status.CLAIMED:
                    assert case.owner is not None
                    assert case.owner.removed_at is None, "owned by somebody who left"
                    assert mine[0].kind in ("silent", "asked", "snoozed")
                else:
                    assert case.owner_id is None
                    assert mine[0].kind == "unclaimed"

    @invariant()
    def the_audit_log_tells_the_whole_story(self) -> None:
        with self.sessions() as db:
            told = _retold(list(db.scalars(select(AuditEntry).order_by(AuditEntry.id))))
            for case in db.scalars(select(Case)):
                assert told[case.code] == (case.status, case.owner_id), case.code

    # -- help --------------------------------------------------------------------------------

    def _do(
        self, draw: Draw, act: Any, *, by: int | None = None, to: Status = Status.CLAIMED
    ) -> None:
        """Let somebody act, three times in four on a case in the state where it has a meaning."""
        which, by = draw(pick), draw(who) if by is None else by
        fitting = to if draw(st.integers(0, 3)) else None
        try:
            with self.sessions.begin() as db:
                case = self._case(db, which, fitting)
                if case is None:
                    return
                if by == OWNER:
                    by = case.owner.telegram_id if case.owner else BOSS
                officer = officers.find(db, telegram_id=by)
                if officer is None:
                    return
                before = (case.status, case.owner_id)
                act(db, case, officer)
                self._allowed(before, case, officer, boss=by == BOSS)
        except REFUSALS as refusal:
            self.happened[f"refused: {type(refusal).__name__}"] += 1

    def _allowed(
        self, before: tuple[str, int | None], case: Case, by: Officer, *, boss: bool
    ) -> None:
        """What took effect was the owner's or the supervisor's to do, or nobody had the case."""
        was, owner = before
        if was == Status.CLAIMED and (case.status, case.owner_id) != before:
            assert owner == by.id or boss

    def _case(self, db: Session, which: int, status: Status | None = None) -> Case | None:
        newest = select(Case).order_by(Case.id.desc()).limit(4)
        fitting = db.scalars(newest.where(Case.status == status)).all() if status else ()
        cases = fitting or db.scalars(newest).all()
        return cases[which % len(cases)] if cases else None

    def _hire(self, db: Session, telegram_id: int) -> Officer:
        role = Role.SUPERVISOR if telegram_id == BOSS else Role.DISPATCHER
        return officers.add(
            db,
            telegram_id=telegram_id,
            name=OFFICERS[telegram_id],
            roles=[role],
            district=None,
        )


def _retold(entries: list[AuditEntry]) -> dict[str, tuple[str, int | None]]:
    """Play the log back; a move that the table does not have fails here."""
    cases: dict[str, tuple[str, int | None]] = {}
    for entry in entries:
        code = entry.case_code or ""
        actor = int(entry.actor.removeprefix("officer:")) if "officer" in entry.actor else None
        match entry.event:
            case "case.opened":
                cases[code] = (Status.OPEN, None)
                continue
            case "case.claimed":
                after = (Status.CLAIMED, actor)
            case "case.released" | "case.offered_again" | "case.reopened":
                after = (Status.OPEN, None)
            case "case.handed_over":
                after = (Status.CLAIMED, int(str(entry.details["to"])))
            case "case.closed" | "case.merged":
                after = (Status.CLOSED, cases[code][1])
            case _:
                continue
        assert after[0] in status.MOVES[Status(cases[code][0])], (cases[code], entry.event)
        cases[code] = after
    return cases


def test_a_case_is_never_left_alone_whatever_happens(sessions: Sessions, desk: Desk) -> None:
    happened: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: Dispatch(sessions, desk, happened),
        settings=settings(
            max_examples=max(1, STEPS // A_RUN),
            stateful_step_count=A_RUN,
            deadline=None,
            database=None,
            derandomize=STEPS == USUAL,  # the same steps each time: what happens in them is sure
            phases=(Phase.generate,),  # shrinking takes longer than reading fifty steps
            suppress_health_check=list(HealthCheck),
        ),
    )

    told = ", ".join(f"{what} {times}" for what, times in sorted(happened.items()))
    logging.getLogger(__name__).info(told)  # --log-cli-level=INFO shows it
    assert not {what for what in HAPPENS if not happened[what]}, f"never happened; {told}"
    assert happened["officer left"], told
    assert happened["step"] >= STEPS / 2, told
