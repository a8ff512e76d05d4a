"""Do what is due for cases nobody acts on. Timers are rows; time is given, never asked for.

Each step is decided here, in the transaction that records it, and returned as an alarm; whoever
calls puts it into words and queues them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import status, timers
from actions.cases.models import Case, Status, Timer
from actions.cases.policy import USUAL, Policy, Whom
from actions.cases.timers import Kind
from actions.officers import roster
from actions.officers.models import Officer

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Alarm:
    """Somebody must hear of a case now.

    `kind`: "unclaimed" (nobody has it), "silent" (its owner is asked), "offered" (taken from a
    silent or vanished owner), "snooze_over" (the owner's own time has come), "drill" (ended).
    """

    case: Case
    kind: str
    step: int
    waited: timedelta
    officers: tuple[Officer, ...] = ()
    desk: bool = True
    webhook: bool = False
    owner: str = ""
    supervisors: frozenset[int] = frozenset()


def fire(
    db: Session, *, now: datetime, has_desk: bool, policy: Policy = USUAL, limit: int = AT_ONCE
) -> list[Alarm]:
    """Take every step that is due; return who must be told what.

    A case that somebody else is working on this very moment is left for the next tick.
    """
    alarms = []
    for case_id in timers.list_due(db, limit=limit, now=now):
        case = db.scalars(
            select(Case)
            .where(Case.id == case_id)
            .with_for_update(of=Case, skip_locked=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if case is None:
            continue
        timer = timers.find(db, case_id=case_id)
        if timer is None or timer.due_at > now:
            continue
        alarms.append(_step(db, case, timer, now=now, has_desk=has_desk, policy=policy))
    return alarms


def owner_left(
    db: Session, officer: Officer, *, now: datetime, policy: Policy = USUAL
) -> list[Case]:
    """Offer the cases of an officer who is off the list to everybody again."""
    held = db.scalars(
        select(Case)
        .where(Case.owner_id == officer.id, Case.status == Status.CLAIMED)
        .order_by(Case.id)
        .with_for_update(of=Case)
    ).all()
    for case in held:
        status.offer_again(db, case, why="owner left", now=now, policy=policy)
    return list(held)


def _step(
    db: Session, case: Case, timer: Timer, *, now: datetime, has_desk: bool, policy: Policy
) -> Alarm:
    if case.status == Status.OPEN:
        return _unclaimed(db, case, timer, now=now, has_desk=has_desk, policy=policy)
    owner = case.owner
    if owner is None or owner.removed_at is not None or timer.kind == Kind.ASKED:
        why = "owner silent" if timer.kind == Kind.ASKED else "owner left"
        waited = now - timer.since
        status.offer_again(db, case, why=why, now=now, policy=policy)
        return Alarm(case, "offered", 0, waited, owner=owner.name if owner else "")
    kind = "snooze_over" if timer.kind == Kind.SNOOZED else "silent"
    waited = now - timer.since
    case.snoozed_until = None
    timers.replace(db, case, kind=Kind.ASKED, since=timer.since, due_at=now + policy.offer_after)
    audit.record(
        db,
        "case.owner_asked",
        actor=audit.SYSTEM,
        now=now,
        case_code=case.code,
        owner=owner.id,
        why=kind,
    )
    return Alarm(case, kind, 0, waited, (owner,), owner=owner.name)


def _unclaimed(
    db: Session, case: Case, timer: Timer, *, now: datetime, has_desk: bool, policy: Policy
) -> Alarm:
    taken, whom = timer.fired, policy.step(timer.fired).whom
    waited = now - timer.since
    timer.fired += 1
    # After an outage the steps follow fast; alerts that only repeat are not made up for.
    planned = timer.since + policy.wait(timer.fired)
    timer.due_at = planned if planned > now else now + policy.late(timer.fired)
    if case.drill:  # a drill rings nobody's telephone
        whom = whom & {Whom.DESK}
    people: dict[int, Officer] = {}
    supervisors: set[int] = set()
    if Whom.ON_DUTY in whom:
        on = roster.list_on_duty(db, district=case.district, now=now)
        people |= {officer.id: officer for officer in on}
    if Whom.SUPERVISORS in whom or (Whom.ON_DUTY in whom and not people):
        bosses = roster.list_supervisors(db)
        supervisors = {officer.id for officer in bosses}
        people |= {officer.id: officer for officer in bosses}
    reached = sorted(people)
    desk = has_desk and Whom.DESK in whom
    audit.record(
        db,
        "case.alerted" if reached or desk else "case.nobody_alerted",
        actor=audit.SYSTEM,
        now=now,
        case_code=case.code,
        step=taken,
        officers=reached,
        desk=desk,
        webhook=Whom.WEBHOOK in whom,
    )
    if Whom.ON_DUTY in whom and not reached:
        audit.record(
            db,
            "case.nobody_on_duty",
            actor=audit.SYSTEM,
            now=now,
            case_code=case.code,
            district=case.district,
        )
    return Alarm(
        case,
        "unclaimed",
        taken,
        waited,
        tuple(people.values()),
        desk=desk,
        webhook=Whom.WEBHOOK in whom,
        supervisors=frozenset(supervisors),
    )
