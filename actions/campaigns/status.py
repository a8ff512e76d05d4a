"""How a campaign moves. One function changes a status, and writes the audit entry with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.campaigns import queue
from actions.campaigns.models import Campaign, Status
from actions.officers.models import Officer, Role

PUBLISHING = frozenset({Role.PUBLISHER, Role.ADMIN})  # who may write and approve
STOPPING = PUBLISHING | {Role.SUPERVISOR}  # who may hold back and stop
ENDED = frozenset({Status.DONE, Status.CANCELLED, Status.EXPIRED})

_STOP = frozenset({Status.CANCELLED, Status.EXPIRED})
MOVES: Mapping[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.SUBMITTED, Status.CANCELLED}),
    Status.SUBMITTED: frozenset({Status.APPROVED, Status.DRAFT}) | _STOP,
    Status.APPROVED: frozenset({Status.SCHEDULED, Status.DRAFT}) | _STOP,
    Status.SCHEDULED: frozenset({Status.SENDING, Status.PAUSED, Status.DRAFT}) | _STOP,
    Status.SENDING: frozenset({Status.SCHEDULED, Status.PAUSED, Status.DONE, Status.DRAFT})
    | _STOP,
    Status.PAUSED: frozenset({Status.SCHEDULED, Status.SENDING, Status.DRAFT}) | _STOP,
    Status.DONE: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
}


class Refusal(Exception):
    """What was asked is not allowed; the text says why."""


class NotAllowed(Refusal):
    """Only officers with the role publisher or admin may do this."""


class OwnWork(Refusal):
    """Nobody approves what they have written themselves: ask a second publisher."""


class ContentChanged(Refusal):
    """The content is not what was submitted any more: look at it again and submit it anew."""


class IllegalMove(Refusal):
    """The campaign is not in a state from which this can be done."""


class TooLate(Refusal):
    """Its expiry is past."""


def content_hash(campaign: Campaign) -> str:
    """Return the name of exactly what would be sent, to whom and when."""
    parts = {
        "title": campaign.title,
        "kind": campaign.kind,
        "type": campaign.type,
        "variants": campaign.variants,
        "audience": campaign.audience,
        "cron": campaign.cron,
        "at": campaign.at and campaign.at.isoformat(),
        "expires_at": campaign.expires_at and campaign.expires_at.isoformat(),
        "catch_up": campaign.catch_up,
        "control": campaign.control,
        "seed": campaign.seed,
        "corrects": campaign.corrects_id,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def submit(db: Session, campaign: Campaign, *, by: Officer, now: datetime) -> None:
    """Ask a second person to approve it as it stands."""
    _require(by, PUBLISHING)
    hold(db, campaign)
    if campaign.expires_at and campaign.expires_at <= now:
        raise TooLate
    move(db, campaign, Status.SUBMITTED, by=by, now=now)
    campaign.submitted_hash = content_hash(campaign)
    campaign.authors = sorted({*campaign.authors, by.id})


def approve(
    db: Session, campaign: Campaign, *, by: Officer, now: datetime, seen: str | None = None
) -> str:
    """Approve exactly this content; return its hash. `seen` is the hash of what they looked at."""
    _require(by, PUBLISHING)
    hold(db, campaign)
    if Status.APPROVED not in MOVES[Status(campaign.status)]:
        raise IllegalMove(_told(campaign, Status.APPROVED))
    if by.id in campaign.authors or by.id == campaign.author_id:
        raise OwnWork
    content = content_hash(campaign)
    if content != campaign.submitted_hash or (seen and not content.startswith(seen)):
        raise ContentChanged
    if campaign.expires_at and campaign.expires_at <= now:
        raise TooLate
    move(db, campaign, Status.APPROVED, by=by, now=now, content=content)
    campaign.approved_hash, campaign.approved_by_id = content, by.id
    campaign.approved_at = now
    return content


def send_back(db: Session, campaign: Campaign, *, by: Officer, now: datetime) -> None:
    """Give a submitted campaign back to its author."""
    _require(by, PUBLISHING)
    hold(db, campaign)
    if campaign.status != Status.SUBMITTED:
        raise IllegalMove(_told(campaign, Status.DRAFT))
    withdraw(db, campaign, by=by, now=now)


def withdraw(db: Session, campaign: Campaign, *, by: Officer | None, now: datetime) -> None:
    """Make it a draft again: nothing goes out under an approval of something else."""
    queue.bring(db, campaign, "cancelled", now=now)
    move(db, campaign, Status.DRAFT, by=by, now=now)
    campaign.submitted_hash = campaign.approved_hash = None
    campaign.approved_by_id = campaign.approved_at = campaign.next_at = None


def pause(db: Session, campaign: Campaign, *, by: Officer, now: datetime) -> None:
    """Hold back what has not left yet."""
    _require(by, STOPPING)
    hold(db, campaign)
    move(db, campaign, Status.PAUSED, by=by, now=now)
    queue.bring(db, campaign, queue.HELD, now=now)


def resume(db: Session, campaign: Campaign, *, by: Officer, home: str, now: datetime) -> None:
    """Let it go on. Only what was approved does. `home` is the region's time zone."""
    _require(by, PUBLISHING)
    hold(db, campaign)
    if campaign.status != Status.PAUSED:
        raise IllegalMove(_told(campaign, Status.SENDING))
    if content_hash(campaign) != campaign.approved_hash:
        raise ContentChanged
    waits = campaign.next_at is not None and not queue.is_open(db, campaign)
    to = Status.SCHEDULED if waits else Status.SENDING
    move(db, campaign, to, by=by, now=now)
    queue.bring(db, campaign, queue.WAITING, home=home, now=now)


def cancel(db: Session, campaign: Campaign, *, by: Officer, now: datetime) -> None:
    """End it; what still waits is not sent."""
    _require(by, STOPPING)
    hold(db, campaign)
    move(db, campaign, Status.CANCELLED, by=by, now=now)
    campaign.ended_at, campaign.next_at = now, None
    queue.bring(db, campaign, "cancelled", now=now)


def expire(db: Session, campaign: Campaign, *, now: datetime) -> None:
    """End it because its time is over."""
    move(db, campaign, Status.EXPIRED, by=None, now=now)
    campaign.ended_at, campaign.next_at = now, None
    queue.bring(db, campaign, "late", now=now)


def move(
    db: Session,
    campaign: Campaign,
    to: Status,
    *,
    by: Officer | None,
    now: datetime,
    content: str | None = None,
) -> None:
    """Change the status and record who did it; refuse anything MOVES does not allow.

    The caller holds the campaign's row.
    """
    came_from = Status(campaign.status)
    if to not in MOVES[came_from]:
        raise IllegalMove(_told(campaign, to))
    campaign.status = to
    audit.record(
        db,
        f"campaign.{to}",
        actor=by.actor if by else audit.SYSTEM,
        now=now,
        campaign=campaign.id,
        was=came_from,
        content=content,
    )


def hold(db: Session, campaign: Campaign) -> None:
    """Two people cannot act past each other: the second sees what the first did."""
    db.flush()  # a refresh throws away what is not stored yet
    db.refresh(campaign, with_for_update={"of": Campaign})


def require_publisher(officer: Officer) -> None:
    """Refuse everybody who may not write campaigns."""
    _require(officer, PUBLISHING)


def _require(officer: Officer, allowed: frozenset[Role]) -> None:
    if not officer.may(allowed):
        raise NotAllowed(f"only officers with the role {' or '.join(sorted(allowed))} may do this")


def _told(campaign: Campaign, to: Status) -> str:
    return f"the campaign is {campaign.status}; it cannot become {to}"
