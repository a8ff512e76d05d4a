"""Erase a citizen. What the law makes us keep stays without their words, name or address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.campaigns import account
from actions.cases.models import Case, StopPayment
from actions.cases.stop_payment import FIELDS
from actions.citizens.models import Citizen
from actions.inbox.models import InboxUpdate
from actions.outbox.models import OutboxArchive, OutboxChat, OutboxMessage, Status
from actions.reports.models import Report


def forget(db: Session, citizen: Citizen, *, now: datetime) -> list[str]:
    """Delete the citizen, their profile, guardians, answers, reports and all messages to them.

    Returns the codes of the cases that are kept: number, type, times, owner and outcome, the
    police's own record of what it did. No word of the citizen's is in it.
    """
    # Whoever is queueing something for them, such as a campaign, has done so when we look.
    db.execute(select(Citizen.id).where(Citizen.id == citizen.id).with_for_update())
    codes = list(db.scalars(select(Case.code).where(Case.citizen_id == citizen.id)))
    account.leave_no_name(db, citizen_id=citizen.id, now=now)
    known = (OutboxMessage.channel == citizen.channel, OutboxMessage.recipient == citizen.address)
    # Two statements: what was sent is found by an index of its own.
    db.execute(delete(OutboxMessage).where(OutboxMessage.settled_at.is_(None), *known))
    db.execute(delete(OutboxMessage).where(OutboxMessage.settled_at.is_not(None), *known))
    for sent in (OutboxArchive, OutboxChat):
        db.execute(
            delete(sent).where(sent.channel == citizen.channel, sent.recipient == citizen.address)
        )
    db.execute(
        delete(InboxUpdate).where(
            InboxUpdate.channel == citizen.channel,
            or_(InboxUpdate.address == citizen.address, InboxUpdate.sender == citizen.address),
        )
    )
    if codes:
        shown = or_(*_shown_in(db, citizen, codes))
        db.execute(delete(OutboxMessage).where(shown, OutboxMessage.status == Status.WAITING))
        # What is on the wire is not tried again: there is nothing left of it to send.
        db.execute(update(OutboxMessage).where(shown).values(body={}, expires_at=now))
        _empty_requests(db, codes)
    audit.record(db, "citizen.forgotten", actor="citizen", now=now, cases=len(codes))
    db.delete(citizen)
    db.flush()  # reports and sightings go with the row, before anything is queued anew
    return codes


def _shown_in(db: Session, citizen: Citizen, codes: list[str]) -> Iterator[ColumnElement[bool]]:
    """Yield what tells the messages that show what the citizen said in these cases of theirs.

    Once one was merged into another, that one's card shows it; so it did when that was merged,
    too. What still waits of a case that is open is needed there.
    """
    key = OutboxMessage.dedup_key
    for code in codes:
        yield key.like(f"case:{code}:%")
    told_in = select(Report.case_id).where(Report.citizen_id == citizen.id)
    into = select(Case.merged_into_id).where(Case.code.in_(codes))
    others = select(Case.code).where(
        or_(Case.id.in_(told_in), Case.merged_into_id.in_(into)),
        Case.code.not_in(codes),
        Case.closed_at.is_not(None),
    )
    for code in db.scalars(others):
        card = OutboxMessage.body["edits"].astext == f"case:{code}:card"
        yield and_(key.like(f"case:{code}:edit:%"), card)
        for whispered in ("alert", "officer"):  # the whole card, to one of them
            yield key.like(f"case:{code}:{whispered}:%")


def _empty_requests(db: Session, codes: list[str]) -> None:
    """Keep that a payment was to be stopped, when, and how much was held; nothing else of it."""
    db.execute(
        update(StopPayment)
        .where(StopPayment.case_id.in_(select(Case.id).where(Case.code.in_(codes))))
        .values(dict.fromkeys((*FIELDS, "refused_why")))
    )
