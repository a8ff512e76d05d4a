"""The people of the tests, and small ways to move them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from actions.campaigns import account, store
from actions.campaigns.models import Campaign
from actions.citizens.models import Citizen
from actions.officers import store as officers
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.outbox.claim import Claimed
from actions.outbox.policy import Outcome, Sent
from actions.profiles.models import Profile
from bot.campaigns import clock as campaigns
from bot.database import Sessions
from bot.wiring import Service

AUTHOR, SECOND, ADMIN, DISPATCHER = 501, 502, 503, 504
WORDS = {"a": {"zh": {"text": "先交钱的贷款都是骗局"}}}


@dataclass
class Clock:
    """Time stands still until somebody turns it."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time

    def turn(self, **by: float) -> datetime:
        """Go on by so much."""
        self.time += timedelta(**by)
        return self.time


def live(db: Session, address: str, *, channel: str = "telegram", **profile: Any) -> Citizen:
    """Let a citizen be there, with what they told us of themselves."""
    facts = {
        k: profile.pop(k) for k in ("language", "language_chosen", "blocked_at") if k in profile
    }
    citizen = Citizen(channel=channel, address=address, step="listening", facts={}, **facts)
    db.add(citizen)
    db.flush()  # the profile needs citizen.id
    if profile:
        db.add(Profile(citizen_id=citizen.id, **profile))
    return citizen


def campaign(db: Session, number: int) -> Campaign:
    found = store.find(db, campaign_id=number)
    assert found
    return found


def second_officer(db: Session) -> Officer:
    """Return the officer who approves what another has written."""
    found = officers.find(db, telegram_id=SECOND)
    assert found
    return found


def second_does(sessions: Sessions, act: Callable[..., None], number: int, **how: Any) -> None:
    """Let that officer pause, resume or cancel a campaign."""
    with sessions.begin() as db:
        act(db, campaign(db, number), by=second_officer(db), **how)


def figures(sessions: Sessions, number: int) -> tuple[dict[str, int], dict[str, int]]:
    """Return what became of a campaign's recipients, and why some got nothing."""
    with sessions.begin() as db:
        found = campaign(db, number)
        return dict(account.count(db, found)), dict(account.reasons(db, found))


def send_due(
    sessions: Sessions, now: datetime, *, limit: int = 10_000, outcome: Outcome | None = None
) -> list[str]:
    """Play the senders: everything that is due goes out; return to whom."""
    on_the_wire = leave(sessions, now, limit=limit)
    land(sessions, now, on_the_wire, outcome or Sent("1"))
    return [message.recipient for message in on_the_wire]


def leave(sessions: Sessions, now: datetime, *, limit: int = 10_000) -> list[Claimed]:
    """Put on the wire what is due."""
    with sessions.begin() as db:
        return outbox.claim(db, channels=["telegram", "terminal"], limit=limit, now=now)


def land(
    sessions: Sessions, now: datetime, on_the_wire: Sequence[Claimed], outcome: Outcome
) -> None:
    """Let this become of what is on the wire."""
    with sessions.begin() as db:
        for message in on_the_wire:
            outbox.settle(
                db,
                message_id=message.id,
                attempt=message.attempts,
                outcome=outcome,
                now=now,
            )


def run(service: Service, times: int = 3) -> None:
    """Let the clock of campaigns tick until nothing is left to queue."""
    for _ in range(times):
        campaigns.tick(service)


def waiting(sessions: Sessions) -> list[tuple[str, datetime]]:
    """Return who waits for a message, and from when on."""
    with sessions() as db:
        rows = db.execute(
            text(
                "SELECT recipient, due_at FROM outbox_message"
                " WHERE status IN ('waiting', 'held') ORDER BY recipient"
            )
        )
        return [(row[0], row[1]) for row in rows]
