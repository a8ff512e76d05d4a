"""Proof that it is us: whether a code is of our case, our officer, or a message we sent."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.cases import store as cases
from actions.cases import thread
from actions.cases.models import Author
from actions.citizens.models import Citizen
from actions.codes import BADGE, CASE, MESSAGE
from actions.officers import store as officers
from bot import texts
from bot.conversation import messages
from bot.conversation.turn import Prompt
from bot.desk import Desk


def told(db: Session, desk: Desk, citizen: Citizen, code: str) -> Prompt:
    """Tell a citizen whether a code is ours. Nothing else is told."""
    code = code.strip().upper()
    if CASE.fullmatch(code) and (case := cases.find(db, code=code)):
        return messages.simple("verify.case", case=code, state=f"verify.state.{case.status}")
    if BADGE.fullmatch(code) and (officer := officers.find_badge(db, badge=code)):
        return messages.simple("verify.officer", words=texts.surname(officer.name), badge=code)
    if MESSAGE.fullmatch(code):
        message = thread.find(db, code=code)
        # Only whom it was written to hears that it is genuine: a code can be copied.
        if message and message.author == Author.OFFICER and message.citizen_id == citizen.id:
            return messages.simple("verify.message", message=code, at=desk.at(message.sent_at))
    return messages.simple("verify.not_ours", messages.PERSON)
