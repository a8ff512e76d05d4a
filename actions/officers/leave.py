"""An officer leaves the list: what they had goes to their colleagues. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from actions.cases import escalate
from actions.cases.models import Case
from actions.cases.policy import USUAL, Policy
from actions.officers import roster, sign_in, store
from actions.officers.models import Capture


def leave(
    db: Session, *, telegram_id: int, now: datetime, policy: Policy = USUAL
) -> Sequence[Case] | None:
    """Take an officer off the list; return the cases they had, which are offered again.

    None when no such officer is on the list.
    """
    officer = store.find(db, telegram_id=telegram_id)
    if officer is None:
        return None
    roster.go_off(db, officer, now=now)
    sign_in.end_all(db, officer, now=now)
    db.execute(delete(Capture).where(Capture.officer_id == officer.id))
    store.remove(db, telegram_id=telegram_id, now=now)
    db.flush()  # nobody alerts them any more
    return escalate.owner_left(db, officer, now=now, policy=policy)
