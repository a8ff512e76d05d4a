"""What the console refused, in the audit log: who, what, why; never a token or a word."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

from prometheus_client import Counter
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request

from actions.audit import store as audit
from actions.audit.models import AuditEntry
from actions.codes import CASE
from bot.wiring import Service

EVENT = "console.refused"
REFUSED = Counter("fanzha_console_refused", "What the console refused", ["why"])
FLOOD = 300  # entries in a minute by strangers; more of the same tell nothing new
MINUTE = timedelta(minutes=1)


class Why(StrEnum):
    STRANGER = "stranger"  # nobody is signed in
    FORGED = "forged"  # a cookie that we never gave
    SESSION_ENDED = "session_ended"
    CROSS_SITE = "cross_site"  # sent by a page that is not ours
    CSRF = "csrf"  # without the token of our page
    ROLE = "role"  # signed in, but not for this page
    NOT_SEEN = "not_seen"  # another district's case, or none at all


def record(
    service: Service,
    request: Request,
    why: Why,
    *,
    officer_id: int | None = None,
    case_code: str | None = None,
) -> None:
    """Add an entry in a transaction of its own, unless strangers have filled this minute."""
    REFUSED.labels(why).inc()
    now = service.clock()
    with service.sessions.begin() as db:
        if officer_id is None and _recent(db, now) >= FLOOD:
            return
        audit.record(
            db,
            EVENT,
            actor=f"officer:{officer_id}" if officer_id else audit.STRANGER,
            now=now,
            case_code=case_code,
            what=why,
            method=request.method,
            path=safe_path(request.url.path),
        )


def _recent(db: Session, now: datetime) -> int:
    return db.scalars(
        select(func.count(AuditEntry.id)).where(
            AuditEntry.at > now - MINUTE,
            AuditEntry.event == EVENT,
            AuditEntry.actor == audit.STRANGER,
        )
    ).one()


def safe_path(path: str) -> str:
    """Keep the pages we have and the codes of cases; a stranger's own words are not our log's."""
    if re.fullmatch(rf"(?:/[a-z][a-z_\-]{{0,24}}|/{CASE.pattern}|/\d{{1,12}}){{0,5}}/?", path):
        return path
    return "elsewhere"
