"""Read and write reports. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from actions.db import later
from actions.db.base import UtcDateTime
from actions.indicators import store as indicators
from actions.indicators.extract import Found
from actions.reports.models import Report
from actions.triage.judgement import Judgement, Verdict

# Not by way of a model: this is in the path of every answer.
_INSERT = """
INSERT INTO report (citizen_id, case_id, text, origin, verdict, type, stage, escalate, confidence,
                    reasons, judged_by, received_at)
VALUES (:citizen_id, :case_id, :text, :origin, :verdict, :type, :stage, :escalate, :confidence,
        :reasons, :judged_by, :received_at)
"""
_TYPES = (bindparam("reasons", type_=JSONB), bindparam("received_at", type_=UtcDateTime()))
_FILE = text(_INSERT).bindparams(*_TYPES)
_FILE_AND_NAME = text(f"{_INSERT} RETURNING id").bindparams(*_TYPES)
LINES = 8  # of one telling that count
LONGEST_TELLING = 2000  # characters, so that the newest of them stand on a card
# OFFSET 0 keeps this a look-up of one's own reports: a busy city has thousands that are as new.
_TOLD_BEFORE = text("""
SELECT c.channel, c.address, r.text
FROM unnest(CAST(:channels AS text[]), CAST(:addresses AS text[])) AS a(channel, address)
JOIN citizen c USING (channel, address)
CROSS JOIN LATERAL (
    SELECT own.id, own.text FROM (SELECT * FROM report WHERE citizen_id = c.id OFFSET 0) own
    WHERE own.case_id IS NULL AND own.origin = 'own' AND own.received_at >= :since
    ORDER BY own.id DESC LIMIT :lines
) r
ORDER BY r.id
""")


def file(
    db: Session,
    words: str,
    *,
    citizen_id: int,
    case_id: int | None,
    origin: str,
    judgement: Judgement,
    found: Sequence[Found],
    now: datetime,
) -> None:
    """Keep what a citizen told us, what we made of it, and what it points at."""
    row = {
        "citizen_id": citizen_id,
        "case_id": case_id,
        "text": words,
        "origin": origin,
        "verdict": judgement.verdict,
        "type": judgement.type,
        "stage": judgement.stage,
        "escalate": judgement.escalate,
        "confidence": judgement.confidence,
        "reasons": list(judgement.reasons),
        "judged_by": judgement.nlu,
        "received_at": now,
    }
    if not found:
        later.write(db, _FILE, row)
        return
    report_id: int = db.execute(_FILE_AND_NAME, row).scalar_one()
    as_scam = judgement.verdict == Verdict.SCAM
    indicators.note_sightings(db, found, report_id=report_id, as_scam=as_scam, now=now)


def list_for_case(db: Session, *, case_id: int) -> Sequence[Report]:
    """Return what the citizen told us in this case, oldest first."""
    return db.scalars(
        select(Report).where(Report.case_id == case_id).order_by(Report.received_at, Report.id)
    ).all()


def list_told_before(
    db: Session, citizens: Sequence[tuple[str, str]], *, since: datetime
) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return what each, named by channel and address, told in their own words since then, in no
    case; oldest first.
    """
    asked = {
        "channels": [channel for channel, _ in citizens],
        "addresses": [address for _, address in citizens],
        "since": since,
        "lines": LINES,
    }
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for channel, address, words in db.execute(_TOLD_BEFORE, asked):
        told[channel, address].append(words)
    return told


def list_last_told(
    db: Session, *, citizen_id: int, since: datetime, within: timedelta
) -> Sequence[Report]:
    """Return the newest report of this citizen since then that belongs to no case, and what they
    told just before it, oldest first.
    """
    newest_first = db.scalars(
        select(Report)
        .where(
            Report.citizen_id == citizen_id,
            Report.received_at >= since,
            Report.case_id.is_(None),
        )
        .order_by(Report.id.desc())
        .limit(LINES + 1)
    ).all()
    told: list[Report] = []
    for each in newest_first:
        longer = sum(len(other.text) for other in told) + len(each.text) > LONGEST_TELLING
        if told and (longer or each.received_at < told[0].received_at - within):
            break
        told.append(each)
    return told[::-1]


def last_type(db: Session, *, citizen_id: int, since: datetime) -> str | None:
    """Return the kind of scam this citizen last told us of since then, or None."""
    return db.scalars(
        select(Report.type)
        .where(
            Report.citizen_id == citizen_id,
            Report.received_at >= since,
            Report.type.is_not(None),
            Report.verdict.in_([Verdict.SCAM, Verdict.SUSPICIOUS]),
        )
        .order_by(Report.id.desc())
        .limit(1)
    ).one_or_none()


def drop(db: Session, *, case_id: int) -> None:
    """Delete what was told in a case that was only a drill."""
    db.execute(delete(Report).where(Report.case_id == case_id))


def list_provisional(
    db: Session, *, since: datetime, after: int = 0, limit: int
) -> Sequence[Report]:
    """Return reports that rules judged while the NLU server was away, oldest first, from the one
    after that id.
    """
    return db.scalars(
        select(Report)
        .where(Report.judged_by == "rules", Report.received_at >= since, Report.id > after)
        .order_by(Report.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
