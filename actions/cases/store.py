"""Read cases, and open them. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session, lazyload

from actions import codes
from actions.audit import store as audit
from actions.cases import status
from actions.cases.models import Case, Status
from actions.cases.policy import USUAL, Policy
from actions.citizens.models import Citizen
from actions.triage.judgement import Judgement, Stage


def find(db: Session, *, code: str) -> Case | None:
    """Return the case with this code, or None."""
    return db.scalars(select(Case).where(Case.code == code)).one_or_none()


# Asked for every message that comes in; nearly always the answer is that there is none.
_OPEN = text("""
SELECT p.id, c.id
FROM unnest(CAST(:citizen_ids AS bigint[])) AS p(id)
CROSS JOIN LATERAL (
    (SELECT id, 0 AS place FROM "case" WHERE citizen_id = p.id AND status <> 'closed')
    UNION ALL
    (SELECT c.id, 1 FROM "case" m JOIN "case" c ON c.id = m.merged_into_id
     WHERE m.citizen_id = p.id AND c.status <> 'closed' ORDER BY c.id DESC LIMIT 1)
    ORDER BY place LIMIT 1
) c
""")


def find_open(db: Session, *, citizen_id: int) -> Case | None:
    """Return the case in which this citizen is heard, or None. There is at most one.

    It may be another citizen's, into which theirs was merged.
    """
    case_id = _heard_in(db, [citizen_id]).get(citizen_id)
    return None if case_id is None else db.get_one(Case, case_id)


def hold_open(db: Session, *, citizen_ids: Sequence[int]) -> dict[int, Case]:
    """Return, for those of these citizens who are heard in an open case, that case, held until
    the transaction ends: nobody closes it before it has what they say.

    The citizens' rows are held before.
    """
    while found := _heard_in(db, citizen_ids):
        wanted = set(found.values())
        cases = db.scalars(
            select(Case)
            .where(Case.id.in_(wanted), Case.status != Status.CLOSED)
            .order_by(Case.id)  # one order: no deadlock
            .options(lazyload(Case.owner))  # see `status.hold`
            .with_for_update(of=Case, key_share=True)
            .execution_options(populate_existing=True)
        )
        held = {case.id: case for case in cases}
        if held.keys() == wanted:
            return {citizen_id: held[case_id] for citizen_id, case_id in found.items()}
        # One was closed or merged while we waited for it: ask anew who is heard where.
    return {}


def _heard_in(db: Session, citizen_ids: Sequence[int]) -> dict[int, int]:
    db.flush()  # what follows is asked of the database itself
    found = db.execute(_OPEN, {"citizen_ids": list(citizen_ids)}).tuples()
    return dict(found.all())


def find_last(db: Session, *, citizen_id: int) -> Case | None:
    """Return the case of this citizen that was closed last, or None."""
    return db.scalars(
        select(Case)
        .where(Case.citizen_id == citizen_id, Case.status == Status.CLOSED)
        .order_by(Case.closed_at.desc())
        .limit(1)
    ).one_or_none()


def list_citizens(db: Session, *, case: Case) -> Sequence[Citizen]:
    """Return who is heard in a case: its citizen, and those whose cases were merged into it."""
    own = select(Case.citizen_id).where(or_(Case.id == case.id, Case.merged_into_id == case.id))
    return db.scalars(select(Citizen).where(Citizen.id.in_(own)).order_by(Citizen.id)).all()


def list_owned(db: Session, *, officer_id: int) -> Sequence[Case]:
    """Return the cases this officer has now, oldest first."""
    return db.scalars(
        select(Case)
        .where(Case.owner_id == officer_id, Case.status == Status.CLAIMED)
        .order_by(Case.id)
    ).all()


def open_case(
    db: Session,
    *,
    citizen_id: int,
    cause: str,
    judgement: Judgement | None,
    now: datetime,
    policy: Policy = USUAL,
    district: str | None = None,
    amount: int | None = None,
    discreet: bool = False,
    drill: bool = False,
) -> Case:
    """Open a case with its first timer. The citizen's row must be locked and have no open case."""
    case = Case(
        code=codes.new_case(),
        citizen_id=citizen_id,
        cause=cause,
        type=judgement.type if judgement else None,
        stage=judgement.stage if judgement else Stage.NONE,
        reasons=list(judgement.reasons) if judgement else [],
        status=Status.OPEN,
        opened_at=now,
        district=district,
        amount=amount,
        discreet=discreet,
        drill=drill,
    )
    db.add(case)
    db.flush()  # the timer needs case.id
    status.begin_alert(db, case, now=now, policy=policy)
    audit.record(
        db,
        "case.opened",
        actor=f"citizen:{citizen_id}",
        now=now,
        case_code=case.code,
        cause=cause,
        type=case.type,
        drill=drill,
    )
    return case
