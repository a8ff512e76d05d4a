"""Read a list of people at risk, line by line, and warn those who are citizens of ours.

The same list, or the same person of the same kind, is warned once. What a line lacks is said with
its number; the other lines count.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.campaigns.queue import after_quiet
from actions.officers.models import Officer, Role
from actions.outbox.models import Lane
from actions.triage.judgement import ScamType
from actions.warnings.models import Level, WarningImport

IMPORTING = frozenset({Role.ANALYST, Role.SUPERVISOR, Role.ADMIN})
COLUMNS = {"telegram_id", "phone_sha256", "level", "type", "expires"}
ANSWER_WITHIN = {  # then an officer is asked to call
    Level.HIGH: timedelta(minutes=30),
    Level.MEDIUM: timedelta(hours=4),
    Level.LOW: timedelta(hours=24),
}
LONGEST = timedelta(days=90)
MARKS = (",", ";", "\t")  # between fields: spreadsheets of some countries write semicolons
_HASH = re.compile(r"[0-9a-f]{64}")


class NotAllowed(Exception):
    """Only officers with the role analyst, supervisor or admin may bring a list."""


class BadList(Exception):
    """Says why nothing of the list could be taken."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line that is in order."""

    line: int
    contact: str  # "telegram:123" or "phone:<sha256>"
    level: Level
    type: ScamType
    expires_at: datetime


@dataclass(slots=True)
class Listed:
    """What a file holds: rows, and complaints by line."""

    rows: list[Row] = field(default_factory=list)
    complaints: list[tuple[int, str]] = field(default_factory=list)
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a list."""

    warned: int
    unmatched: int  # nobody we can write to: an officer must telephone
    already: int  # warned of the same before, or they have left


def read(content: bytes, *, zone: ZoneInfo, now: datetime) -> Listed:
    """Return the rows of a CSV file and a complaint for every line that is not in order.

    Each line is read for itself: a stray quotation mark spoils its own line and no other.
    """
    try:
        said = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadList("the file is not UTF-8 text; save it as CSV UTF-8") from None
    head, *lines = said.splitlines() or [""]
    mark = next((each for each in MARKS if each in head), ",")
    names = [name.strip().lower() for name in _fields(head, mark)]
    _check_names(names)
    listed = Listed(sha256=hashlib.sha256(content).hexdigest())
    seen: dict[tuple[str, ScamType], int] = {}
    for line, told in enumerate(lines, start=2):
        if not told.strip(f"{mark} \t"):
            continue
        fields = _fields(told, mark)
        if len(fields) != len(names):
            listed.complaints.append((line, "has more or fewer fields than the first line"))
            continue
        found = _row(dict(zip(names, map(str.strip, fields), strict=True)), line, zone, now)
        if isinstance(found, str):
            listed.complaints.append((line, found))
        elif (earlier := seen.setdefault((found.contact, found.type), line)) != line:
            listed.complaints.append((line, f"the same person and type as line {earlier}"))
        else:
            listed.rows.append(found)
    if not listed.rows and not listed.complaints:
        raise BadList("there is nobody on it")
    return listed


def _fields(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:  # a field longer than any of ours
        return []


def _check_names(names: list[str]) -> None:
    if not any(names):
        raise BadList("the file is empty, or its first line is")
    if missing := {"level", "type", "expires"} - set(names):
        raise BadList(f"the first line lacks {', '.join(sorted(missing))}")
    if not {"telegram_id", "phone_sha256"} & set(names):
        raise BadList("the first line has neither telegram_id nor phone_sha256")
    if more := set(names) - COLUMNS:
        raise BadList(f"the first line has {', '.join(sorted(more))}: nothing else is wanted here")
    if len(names) > len(set(names)):
        raise BadList("the first line names a column twice")


def _row(given: Mapping[str, str], line: int, zone: ZoneInfo, now: datetime) -> Row | str:
    telegram, phone = given.get("telegram_id", ""), given.get("phone_sha256", "").lower()
    level, kind = given["level"].lower(), given["type"].lower()
    if bool(telegram) == bool(phone):
        return "needs either a telegram_id or a phone_sha256"
    if telegram and not (telegram.isascii() and telegram.isdigit() and 0 < int(telegram) < 2**62):
        return "telegram_id is not a number"
    if phone and not _HASH.fullmatch(phone):
        return "phone_sha256 is not 64 hexadecimal digits"
    if level not in set(Level):
        return f"level is not one of {', '.join(Level)}"
    if kind not in set(ScamType):
        return f"type is not one of {', '.join(ScamType)}"
    expires = _expiry(given["expires"], zone, now)
    if isinstance(expires, str):
        return expires
    contact = f"telegram:{int(telegram)}" if telegram else f"phone:{phone}"
    return Row(line, contact, Level(level), ScamType(kind), expires)


def _expiry(said: str, zone: ZoneInfo, now: datetime) -> datetime | str:
    try:
        expires = datetime.fromisoformat(said)
    except ValueError:
        return "expires is not a time such as 2026-09-01 or 2026-09-01T18:00"
    if len(said) <= 10:
        expires = expires.replace(hour=23, minute=59)  # a day counts to its end
    expires = expires if expires.tzinfo else expires.replace(tzinfo=zone)
    if expires <= now:
        return "expires is past"
    if expires > now + LONGEST:
        return f"expires is more than {LONGEST.days} days away"
    return expires


_STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS listed
        (contact text, level text, type text, expires_at timestamptz, deadline timestamptz)
        ON COMMIT DROP
"""
_STORE = text(
    """
    WITH matched AS (
        SELECT DISTINCT ON (coalesce(c.id::text, listed.contact), listed.type)
               listed.*, c.id AS citizen_id,
               CASE WHEN c.id IS NULL THEN 'skipped' WHEN c.blocked_at IS NOT NULL THEN 'blocked'
                    WHEN own.left_at IS NOT NULL THEN 'skipped' ELSE 'queued' END AS delivery
        FROM listed
        LEFT JOIN citizen t ON t.channel = 'telegram' AND listed.contact LIKE 'telegram:%'
            AND t.address = substr(listed.contact, 10)
        LEFT JOIN profile p ON listed.contact LIKE 'phone:%'
            AND p.phone_sha256 = substr(listed.contact, 7)
        LEFT JOIN citizen c ON c.id = coalesce(t.id, p.citizen_id)
        LEFT JOIN profile own ON own.citizen_id = c.id
        ORDER BY coalesce(c.id::text, listed.contact), listed.type, listed.expires_at DESC
    )
    INSERT INTO warning (import_id, citizen_id, contact, level, type, status, created_at,
                         expires_at, deadline, delivery)
    SELECT :import, citizen_id, CASE WHEN citizen_id IS NULL THEN contact END, level, type,
           CASE WHEN citizen_id IS NULL THEN 'unmatched' ELSE 'queued' END, :now, expires_at,
           CASE WHEN delivery = 'queued' THEN deadline ELSE :now END, delivery
    FROM matched
    WHERE citizen_id IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM warning w WHERE w.contact = matched.contact AND w.type = matched.type
                                  AND w.status = 'unmatched' AND w.expires_at > :now)
    ON CONFLICT DO NOTHING
    """
)
_QUEUE = text(
    f"""
    INSERT INTO outbox_message (dedup_key, channel, recipient, lane, body, status, due_at,
                                expires_at, attempts, fleeting)
    SELECT 'warning:' || w.id, c.channel, c.address, :lane,
           CAST(:bodies AS jsonb) -> (w.type || ':' || CASE WHEN c.language = ANY(:spoken)
                                      THEN c.language ELSE (CAST(:spoken AS text[]))[1] END),
           'waiting',
           CASE WHEN w.level = 'high' THEN CAST(:now AS timestamptz)
                ELSE {after_quiet("CAST(:now AS timestamptz)")} END,
           w.expires_at, 0, false
    FROM warning w JOIN citizen c ON c.id = w.citizen_id LEFT JOIN profile p ON p.citizen_id = c.id
    WHERE w.import_id = :import AND w.delivery = 'queued'
    ORDER BY CASE w.level WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END, w.id
    """
)
_LATER = text(
    """
    UPDATE warning w SET deadline = w.deadline + (m.due_at - w.created_at)
    FROM outbox_message m
    WHERE w.import_id = :import AND m.dedup_key = 'warning:' || w.id AND m.due_at > w.created_at
    """
)


def store(
    db: Session,
    listed: Listed,
    *,
    by: Officer,
    bodies: Mapping[str, Mapping[str, object]],
    home: str,
    now: datetime,
) -> Imported:
    """Warn everybody on the list. `bodies` is by `type:language`; `home` is the region's zone.

    Who has left or blocked us is not written to: an officer is asked at once, as for somebody who
    does not answer. A low or medium warning waits for a citizen's morning, and its deadline with
    it; a high one does not: money may go tonight.
    """
    require(by)
    if db.scalar(text("SELECT 1 FROM warning_import WHERE sha256 = :sha"), {"sha": listed.sha256}):
        raise BadList("this very list was imported before; nobody is warned twice")
    made = WarningImport(
        officer_id=by.id,
        made_at=now,
        sha256=listed.sha256,
        rows=len(listed.rows),
        refused=len(listed.complaints),
    )
    db.add(made)
    db.flush()  # the warnings need import.id
    db.execute(text(_STAGE))
    db.execute(text("TRUNCATE listed"))
    for some in _chunks(listed.rows):
        db.execute(
            text(
                "INSERT INTO listed SELECT * FROM unnest(CAST(:c AS text[]), CAST(:l AS text[]),"
                " CAST(:t AS text[]), CAST(:e AS timestamptz[]), CAST(:d AS timestamptz[]))"
            ),
            {
                "c": [row.contact for row in some],
                "l": [row.level.value for row in some],
                "t": [row.type.value for row in some],
                "e": [row.expires_at for row in some],
                "d": [min(now + ANSWER_WITHIN[row.level], row.expires_at) for row in some],
            },
        )
    db.execute(text("ANALYZE listed"))
    db.execute(_STORE, {"import": made.id, "now": now})
    languages = list(dict.fromkeys(key.rpartition(":")[2] for key in bodies))
    db.execute(
        _QUEUE,
        {
            "import": made.id,
            "now": now,
            "lane": Lane.WARNING,
            "bodies": json.dumps(bodies),
            "spoken": languages,
            "home": home,
        },
    )
    db.execute(_LATER, {"import": made.id})
    rows = db.execute(
        text("SELECT status, count(*) FROM warning WHERE import_id = :import GROUP BY 1"),
        {"import": made.id},
    )
    counted = {str(name): int(number) for name, number in rows}
    warned, unmatched = counted.get("queued", 0), counted.get("unmatched", 0)
    audit.record(
        db,
        "warnings.imported",
        actor=by.actor,
        now=now,
        rows=made.rows,
        refused=made.refused,
        warned=warned,
    )
    return Imported(warned, unmatched, made.rows - warned - unmatched)


def require(officer: Officer) -> None:
    """Refuse everybody who may not bring a list."""
    if not officer.may(IMPORTING):
        raise NotAllowed


def _chunks(rows: list[Row], size: int = 5000) -> Iterator[list[Row]]:
    for n in range(0, len(rows), size):
        yield rows[n : n + size]
