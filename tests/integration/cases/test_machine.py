"""Whatever officers, citizens and the clock do: a case has one owner, or an alert with a timer.

`make dispatch` takes ten thousand steps; the usual run as many as fit in half a minute.
"""

from __future__ import annotations

import os
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
from actions.cases import status, thread
from actions.cases.models import Case, Outcome, Status, Timer
from actions.officers import roster
from actions.officers import store as officers
from actions.officers.leave import leave
from actions.officers.models import Officer, Role
from bot import alarm, inbox, relay
from bot import desk as duty
from bot.database import Sessions
from bot.desk import Desk
from bot.inbox import Inbound, Words
from tests.conftest import EMPTY

STEPS = int(os.environ.get("DISPATCH_STEPS", "1500"))
A_RUN = 50
LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"
OFFICERS = {1: "李卫东", 2: "王芳", 3: "赵敏", 4: "陈主任"}
BOSS = 4
REFUSALS = (status.NotAllowed, status.AlreadyOwned, status.IllegalMove, status.TooLong)

pick = st.integers(0, 5)
who = st.sampled_from(sorted(OFFICERS))


class Dispatch(RuleBasedStateMachine):
    """Everybody at once, on real PostgreSQL; each step is one transaction."""

    def __init__(self, sessions: Sessions, desk: Desk) -> None:
        super().__init__()
        self.sessions, self.desk = sessions, desk
        self.now = datetime(2026, 5, 6, 7, 30, tzinfo=UTC)
        self.count = 0

    @initialize()
    def somebody_is_there(self) -> None:
        with self.sessions.begin() as db:
            for telegram_id in OFFICERS:
                self._hire(db, telegram_id)

    def teardown(self) -> None:
        with self.sessions.begin() as db:
            db.execute(text("SET LOCAL session_replication_role = replica"))
            db.execute(text(EMPTY))

    # -- citizens ----------------------------------------------------------------------------

    @rule(citizen=st.integers(1, 3), words=st.sampled_from((LIVE, "谢谢", "我已经转了2万", "🤫")))
    def a_citizen_speaks(self, citizen: int, words: str) -> None:
        self.count += 1
        message = Inbound("telegram", f"update:{self.count}", str(1000 + citizen), Words(words))
        with self.sessions.begin() as db:
            inbox.receive(db, message, understanding=None, desk=self.desk, now=self.now)

    # -- officers ----------------------------------------------------------------------------

    @rule(which=pick, by=who)
    def claim(self, which: int, by: int) -> None:
        self._do(
            which, by, lambda db, case, o: duty.claim(db, self.desk, case, by=o, now=self.now)
        )

    @rule(which=pick, by=who)
    def release(self, which: int, by: int) -> None:
        self._do(
            which, by, lambda db, case, o: duty.release(db, self.desk, case, by=o, now=self.now)
        )

    @rule(which=pick, by=who, to=who)
    def hand_over(self, which: int, by: int, to: int) -> None:
        def act(db: Session, case: Case, officer: Officer) -> None:
            other = officers.find(db, telegram_id=to)
            if other is not None:
                duty.hand_over(db, self.desk, case, to=other, by=officer, now=self.now)

        self._do(which, by, act)

    @rule(which=pick, by=who, outcome=st.sampled_from(list(Outcome)))
    def close(self, which: int, by: int, outcome: Outcome) -> None:
        self._do(
            which,
            by,
            lambda db, case, o: duty.close(db, self.desk, case, outcome, by=o, now=self.now),
        )

    @rule(which=pick, by=who)
    def reopen(self, which: int, by: int) -> None:
        self._do(
            which, by, lambda db, case, o: duty.reopen(db, self.desk, case, by=o, now=self.now)
        )

    @rule(which=pick, into=pick, by=who)
    def merge(self, which: int, into: int, by: int) -> None:
        def act(db: Session, case: Case, officer: Officer) -> None:
            other = self._case(db, into)
            assert other is not None
            duty.merge(db, self.desk, case, into=other, by=officer, now=self.now)

        self._do(which, by, act)

    @rule(which=pick, by=who, minutes=st.sampled_from((-1, 5, 30, 500)))
    def snooze(self, which: int, by: int, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        self._do(
            which,
            by,
            lambda db, case, o: duty.snooze(db, self.desk, case, until=until, by=o, now=self.now),
        )

    @rule(which=pick, by=who)
    def keep(self, which: int, by: int) -> None:
        self._do(which, by, lambda db, case, o: duty.keep(db, self.desk, case, by=o, now=self.now))

    @rule(which=pick, by=who)
    def write(self, which: int, by: int) -> None:
        self._do(
            which,
            by,
            lambda db, case, o: relay.write(db, self.desk, case, "我在", by=o, now=self.now),
        )

    @rule(which=who)
    def an_officer_leaves(self, which: int) -> None:
        with self.sessions.begin() as db:
            leave(db, telegram_id=which, now=self.now)

    @rule(which=pick)
    def an_owner_leaves(self, which: int) -> None:
        with self.sessions.begin() as db:
            case = self._case(db, which)
            if case is not None and case.owner is not None:
                leave(db, telegram_id=case.owner.telegram_id, now=self.now)

    @rule(which=who)
    def an_officer_is_hired(self, which: int) -> None:
        with self.sessions.begin() as db:
            self._hire(db, which)

    @rule(which=who, on=st.booleans())
    def duty_changes(self, which: int, on: bool) -> None:
        with self.sessions.begin() as db:
            officer = officers.find(db, telegram_id=which)
            if officer is not None:
                (roster.go_on if on else roster.go_off)(db, officer, now=self.now)

    # -- the clock ---------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((1, 59, 60, 61, 120, 180, 600, 720, 7200)))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        with self.sessions.begin() as db:
            alarm.ring(db, self.desk, now=self.now)

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

    def _do(self, which: int, by: int, act: Any) -> None:
        try:
            with self.sessions.begin() as db:
                case, officer = self._case(db, which), officers.find(db, telegram_id=by)
                if case is None or officer is None:
                    return
                before = (case.status, case.owner_id)
                boss = by == BOSS
                act(db, case, officer)
                self._allowed(act, before, case, officer, boss)
        except (*REFUSALS, thread.NobodyThere):
            return

    def _allowed(
        self, act: Any, before: tuple[str, int | None], case: Case, by: Officer, boss: bool
    ) -> None:
        """What took effect was the owner's or the supervisor's to do, or nobody had the case."""
        was, owner = before
        if was == Status.CLAIMED and (case.status, case.owner_id) != before:
            assert owner == by.id or boss

    def _case(self, db: Session, which: int) -> Case | None:
        cases = db.scalars(select(Case).order_by(Case.id.desc()).limit(4)).all()
        return cases[which % len(cases)] if cases else None

    def _hire(self, db: Session, telegram_id: int) -> None:
        role = Role.SUPERVISOR if telegram_id == BOSS else Role.DISPATCHER
        officers.add(
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
    run_state_machine_as_test(
        lambda: Dispatch(sessions, desk),
        settings=settings(
            max_examples=max(1, STEPS // A_RUN),
            stateful_step_count=A_RUN,
            deadline=None,
            database=None,
            phases=(Phase.generate,),  # shrinking takes longer than reading fifty steps
            suppress_health_check=list(HealthCheck),
        ),
    )
