"""Read and write indicators. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from actions.db.base import UtcDateTime
from actions.indicators.extract import Found
from actions.indicators.models import Indicator, Kind, Sighting
from actions.reports.models import Report


def find(db: Session, *, kind: Kind, value: str) -> Indicator | None:
    """Return the indicator stored under this normalised value, or None."""
    return db.scalars(
        select(Indicator).where(Indicator.kind == kind, Indicator.value == value)
    ).one_or_none()


_ANY_KNOWN = text("""
SELECT EXISTS (
    SELECT FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS f(kind, value)
    JOIN indicator i ON i.kind = f.kind AND i.value = f.value
    JOIN sighting s ON s.indicator_id = i.id AND s.as_scam
    JOIN report r ON r.id = s.report_id
    GROUP BY i.id HAVING count(DISTINCT r.citizen_id) >= 2
)
""")


def any_known(db: Session, found: Sequence[Found]) -> bool:
    """Tell whether an earlier report that was judged a scam named one of these.

    Only such reports of two or more citizens count: one who is mistaken, or wants to harm
    somebody, must not brand a number by saying it twice.
    """
    named = {"kinds": [str(f.kind) for f in found], "values": [f.value for f in found]}
    return bool(db.scalar(_ANY_KNOWN, named))


_NOTE = text("""
WITH named AS (
    INSERT INTO indicator (kind, value, first_seen_at, last_seen_at)
    VALUES (:kind, :value, :now, :now)
    ON CONFLICT (kind, value) DO UPDATE SET last_seen_at = :now
    RETURNING id
)
INSERT INTO sighting (indicator_id, report_id, as_scam, seen_at)
SELECT id, :report_id, :as_scam, :now FROM named
ON CONFLICT DO NOTHING
""").bindparams(bindparam("now", type_=UtcDateTime()))


def note_sightings(
    db: Session, found: Sequence[Found], *, report_id: int, as_scam: bool, now: datetime
) -> None:
    """Remember that this report names these indicators."""
    for each in found:
        named = {"kind": str(each.kind), "value": each.value, "report_id": report_id}
        db.execute(_NOTE, {**named, "as_scam": as_scam, "now": now})


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
