"""Find the cases an officer may see. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from actions.cases.access import EVERYWHERE
from actions.cases.models import Author, Case, Message, Status
from actions.indicators.extract import extract
from actions.indicators.models import Indicator, Sighting
from actions.officers.models import DESK, Officer
from actions.reports.models import Report

SHORTEST = 3  # signs of a number or link that are worth searching by


@dataclass(frozen=True, slots=True)
class Glance:
    """What the queue shows of a case beyond its own row."""

    words: str = ""  # the citizen's first
    unread: int = 0  # what they wrote since the owner looked


def visible(officer: Officer) -> ColumnElement[bool]:
    """Return the condition that `access.may_see` is for one case."""
    if not officer.may(DESK):
        return false()
    if officer.may(EVERYWHERE) or officer.district is None:
        return true()
    return or_(
        Case.owner_id == officer.id, Case.district.is_(None), Case.district == officer.district
    )


def list_desk(db: Session, officer: Officer, *, closed_since: datetime) -> Sequence[Case]:
    """Return the cases that are not closed, and those closed since then, oldest first."""
    return db.scalars(
        select(Case)
        .where(
            visible(officer),
            or_(Case.status != Status.CLOSED, Case.closed_at >= closed_since),
        )
        .order_by(Case.opened_at, Case.id)
    ).all()


def count_waiting(db: Session, officer: Officer) -> int:
    """Return how many cases wait for somebody to claim them."""
    return db.scalars(
        select(func.count(Case.id)).where(visible(officer), Case.status == Status.OPEN)
    ).one()


def glances(db: Session, cases: Sequence[Case]) -> dict[int, Glance]:
    """Return the first words and the unread count of each case, by its id."""
    ids = [case.id for case in cases]
    firsts = db.execute(
        select(Report.case_id, func.left(Report.text, 200).label("text"))
        .where(Report.case_id.in_(ids))
        .distinct(Report.case_id)
        .order_by(Report.case_id, Report.received_at, Report.id)
    ).all()
    words = {row.case_id: row.text for row in firsts}
    counted = db.execute(
        select(Message.case_id, func.count(Message.id).label("unread"))
        .where(
            Message.case_id.in_(ids),
            Message.author == Author.CITIZEN,
            Message.read_at.is_(None),
        )
        .group_by(Message.case_id)
    ).all()
    unread = {row.case_id: row.unread for row in counted}
    return {each: Glance(words.get(each, ""), unread.get(each, 0)) for each in ids}


@dataclass(frozen=True, slots=True)
class Found:
    """A case, and the indicator by which it was found."""

    case: Case
    by: str | None = None


def search(
    db: Session,
    officer: Officer,
    wanted: str,
    *,
    country: str,
    status: Status | None = None,
    district: str | None = None,
    limit: int = 50,
) -> list[Found]:
    """Return cases by code, or by a phone, link or account their citizens named; newest first.

    With nothing wanted, all of them.
    """
    query = select(Case).where(visible(officer))
    if status is not None:
        query = query.where(Case.status == status)
    if district is not None:
        query = query.where(Case.district == district)
    query = query.order_by(Case.opened_at.desc(), Case.id.desc()).limit(limit)
    if not wanted:
        return [Found(case) for case in db.scalars(query)]
    # A code may be said without its "C-"; its own first letter may be a C all the same.
    code = wanted.upper().removeprefix("C-")
    begins = {code} if wanted.upper().startswith("C-") else {code, code.removeprefix("C")}
    named = or_(*(Case.code.startswith(f"C-{each}", autoescape=True) for each in begins))
    found = {case.id: Found(case) for case in db.scalars(query.where(named))}
    for value, case in _naming(db, wanted, country, query):
        found.setdefault(case.id, Found(case, value))
    return sorted(found.values(), key=lambda each: each.case.opened_at, reverse=True)[:limit]


def _naming(
    db: Session, wanted: str, country: str, query: Select[tuple[Case]]
) -> list[tuple[str, Case]]:
    exact = [each.value for each in extract(wanted, region=country)]
    bare = wanted.removeprefix("https://").removeprefix("http://").rstrip("/")
    if wanted.replace(" ", "").replace("-", "").isdigit():
        bare = wanted.replace(" ", "").replace("-", "")
    clauses: list[ColumnElement[bool]] = [Indicator.value.in_(exact)] if exact else []
    if len(bare) >= SHORTEST:
        clauses.append(Indicator.value.icontains(bare, autoescape=True))
    if not clauses:
        return []
    rows = db.execute(
        query.join(Report, Report.case_id == Case.id)
        .join(Sighting, Sighting.report_id == Report.id)
        .join(Indicator, Indicator.id == Sighting.indicator_id)
        .where(or_(*clauses))
        .add_columns(Indicator.value)
    ).all()
    return [(value, case) for case, value in rows]


def list_naming(
    db: Session, officer: Officer, *, indicator_id: int, but: Case, limit: int = 20
) -> Sequence[Case]:
    """Return the other cases that name an indicator, newest first."""
    return db.scalars(
        select(Case)
        .where(_names(indicator_id, but), visible(officer))
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(limit)
    ).all()


def count_hidden(db: Session, officer: Officer, *, indicator_id: int, but: Case) -> int:
    """Return how many other cases name an indicator that this officer may not see."""
    seen = func.coalesce(visible(officer), false())
    return db.scalars(select(func.count(Case.id)).where(_names(indicator_id, but), ~seen)).one()


def _names(indicator_id: int, but: Case) -> ColumnElement[bool]:
    """Return the condition of the other cases in which an indicator was named."""
    named = (
        select(Report.case_id)
        .join(Sighting, Sighting.report_id == Report.id)
        .where(Sighting.indicator_id == indicator_id, Report.case_id.is_not(None))
    )
    return and_(Case.id.in_(named), Case.id != but.id)
