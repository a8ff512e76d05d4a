"""Sign-in to the console: a link that works once, then a session that ends.

Only hashes are kept: whoever reads the database cannot sign in with what they find. A refusal is
recorded, so the caller commits in either case.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.officers.models import ConsoleSession, Officer, SignInToken

LINK_LASTS = timedelta(minutes=10)
SESSION_LASTS = timedelta(hours=12)
IDLE_LASTS = timedelta(hours=2)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser keeps (`secret`, in a cookie) and what its forms carry (`csrf`)."""

    officer: Officer
    secret: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a link does not work: "unknown", "used", "expired" or "removed"."""

    why: str


def issue(db: Session, officer: Officer, *, now: datetime) -> str:
    """Return a token that signs this officer in once; their older unused ones stop working."""
    db.execute(
        update(SignInToken)
        .where(SignInToken.officer_id == officer.id, SignInToken.expires_at > now)
        .values(expires_at=now)
    )
    token = secrets.token_urlsafe(32)
    db.add(
        SignInToken(token_hash=_hash(token), officer_id=officer.id, expires_at=now + LINK_LASTS)
    )
    audit.record(db, "sign_in.link_given", actor=officer.actor, now=now)
    return token


def redeem(db: Session, token: str, *, now: datetime) -> SignedIn | Refused:
    """Sign in by a token. One conditional update decides that it works once."""
    row = db.get(SignInToken, _hash(token))
    if row is None:
        return _refuse(db, "unknown", None, now)
    officer = db.get_one(Officer, row.officer_id)
    if row.used_at is not None:
        return _refuse(db, "used", officer, now)
    if row.expires_at <= now:
        return _refuse(db, "expired", officer, now)
    if officer.removed_at is not None:
        return _refuse(db, "removed", officer, now)
    won = db.execute(
        update(SignInToken)
        .where(SignInToken.token_hash == row.token_hash, SignInToken.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if won.rowcount != 1:  # type: ignore[attr-defined]
        return _refuse(db, "used", officer, now)
    secret, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    expires_at = now + SESSION_LASTS
    db.add(
        ConsoleSession(
            secret_hash=_hash(secret),
            officer_id=officer.id,
            csrf=csrf,
            started_at=now,
            seen_at=now,
            expires_at=expires_at,
        )
    )
    audit.record(db, "sign_in.done", actor=officer.actor, now=now)
    return SignedIn(officer, secret, csrf, expires_at)


def find_session(db: Session, secret: str, *, now: datetime) -> ConsoleSession | None:
    """Return the session this cookie belongs to, and note that it was used; None when it is not
    ours, has ended, has been idle for two hours, or its officer is off the list.
    """
    session = db.get(ConsoleSession, _hash(secret))
    if session is None or session.ended_at is not None or session.expires_at <= now:
        return None
    if session.seen_at + IDLE_LASTS <= now or session.officer.removed_at is not None:
        return None
    if session.seen_at + SEEN_EVERY <= now:
        session.seen_at = now
    return session


def was_ours(db: Session, secret: str) -> bool:
    """Tell whether this cookie ever opened a session: an old one is not a forged one."""
    return db.get(ConsoleSession, _hash(secret)) is not None


def same_csrf(session: ConsoleSession, given: str) -> bool:
    """Tell whether a form carries the session's own mark."""
    return hmac.compare_digest(session.csrf.encode(), given.encode())


def sign_out(db: Session, session: ConsoleSession, *, now: datetime) -> None:
    """End one session."""
    session.ended_at = now
    audit.record(db, "sign_in.ended", actor=session.officer.actor, now=now)


def end_all(db: Session, officer: Officer, *, now: datetime) -> None:
    """End every session of an officer who leaves."""
    db.execute(
        update(ConsoleSession)
        .where(ConsoleSession.officer_id == officer.id, ConsoleSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def _refuse(db: Session, why: str, officer: Officer | None, now: datetime) -> Refused:
    actor = officer.actor if officer else audit.STRANGER
    audit.record(db, "sign_in.refused", actor=actor, now=now, why=why)
    return Refused(why)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
