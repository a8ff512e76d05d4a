"""Read and write indicators. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.indicators.extract import Found
from actions.indicators.models import Indicator, Kind, Sighting
from actions.reports.models import Report


def find(db: Session, *, kind: Kind, value: str) -> Indicator | None:
    """Return the indicator stored under this normalised value, or None."""
    return db.scalars(
        select(Indicator).where(Indicator.kind == kind, Indicator.value == value)
    ).one_or_none()


def any_known(db: Session, found: Sequence[Found]) -> bool:
    """Tell whether an earlier report that was judged a scam named one of these.

    Only such reports of two or more citizens count: one who is mistaken, or wants to harm
    somebody, must not brand a number by saying it twice.
    """
    named = (
        select(Sighting.indicator_id)
        .join(Indicator, Indicator.id == Sighting.indicator_id)
        .join(Report, Report.id == Sighting.report_id)
        .where(
            tuple_(Indicator.kind, Indicator.value).in_([(f.kind, f.value) for f in found]),
            Sighting.as_scam,
        )
        .group_by(Sighting.indicator_id)
        .having(func.count(Report.citizen_id.distinct()) >= 2)
    )
    return db.scalar(select(exists(named.subquery().select()))) or False


def note_sightings(
    db: Session, found: Sequence[Found], *, report_id: int, as_scam: bool, now: datetime
) -> None:
    """Remember that this report names these indicators."""
    for each in found:
        indicator_id = db.scalar(
            insert(Indicator)
            .values(kind=each.kind, value=each.value, first_seen_at=now, last_seen_at=now)
            .on_conflict_do_update(
                index_elements=[Indicator.kind, Indicator.value], set_={"last_seen_at": now}
            )
            .returning(Indicator.id)
        )
        db.execute(
            insert(Sighting)
            .values(indicator_id=indicator_id, report_id=report_id, as_scam=as_scam, seen_at=now)
            .on_conflict_do_nothing()
        )


def count_reports(db: Session, *, indicator: Indicator, since: datetime) -> int:
    """Return how many reports have named this indicator since then."""
    return db.scalars(
        select(func.count(Sighting.id)).where(
            Sighting.indicator_id == indicator.id, Sighting.seen_at >= since
        )
    ).one()


def list_for_case(db: Session, *, case_id: int) -> Sequence[Indicator]:
    """Return the indicators that the reports of a case name, oldest first."""
    return (
        db.scalars(
            select(Indicator)
            .join(Sighting, Sighting.indicator_id == Indicator.id)
            .join(Report, Report.id == Sighting.report_id)
            .where(Report.case_id == case_id)
            .order_by(Indicator.id)
        )
        .unique()
        .all()
    )
