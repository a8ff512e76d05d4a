"""A relative who is told when a citizen is being deceived: the words around the link."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from actions.citizens.models import Citizen
from actions.guardians import store as guardians
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from bot import texts
from bot.conversation.turn import Choice, Line, Prompt
from bot.regions import Region


def guardian(db: Session, citizen: Citizen, value: str, region: Region, now: datetime) -> Prompt:
    ask = Choice("guardian", "new", "guardian.choice.new")
    end = Choice("guardian", "end", "guardian.choice.end")
    try:
        if value == "new":
            code = guardians.new_code(db, ward_id=citizen.id, now=now)
            return Prompt((Line("guardian.code", {"code": code}),))
        if value == "end":
            others = guardians.end(db, citizen_id=citizen.id, now=now)
            for other in others:
                tell(db, other, "guardian.ended", f"{citizen.id}:end", region, now)
            return Prompt((Line("guardian.over" if others else "guardian.none"),), (ask,))
        if value.startswith("yes_"):
            return _consent(db, citizen, value[4:], region, now)
        if value == "no":
            return Prompt((Line("guardian.declined"),))
        if value:
            digits = "".join(each for each in value if each.isascii() and each.isdigit())
            found = guardians.check(db, code=digits, guardian_id=citizen.id, now=now)
            if found is None:
                return Prompt((Line("guardian.wrong"),))
            yes = Choice("guardian", f"yes_{digits}", "guardian.choice.yes")
            return Prompt(
                (Line("guardian.consent"),), (yes, Choice("guardian", "no", "guardian.choice.no"))
            )
    except guardians.TooMany:
        return Prompt((Line("guardian.too_many"),))
    links = guardians.list_both(db, citizen_id=citizen.id)
    counts = {
        "told": str(sum(each.ward_id == citizen.id for each in links)),
        "wards": str(sum(each.guardian_id == citizen.id for each in links)),
    }
    return Prompt((Line("guardian.open", counts),), (ask, end) if links else (ask,))


def _consent(db: Session, citizen: Citizen, code: str, region: Region, now: datetime) -> Prompt:
    found = guardians.check(db, code=code, guardian_id=citizen.id, now=now)
    if found is None:
        return Prompt((Line("guardian.wrong"),))
    ward = guardians.link(db, found, guardian_id=citizen.id, now=now)
    tell(db, ward, "guardian.linked", f"{citizen.id}:linked", region, now)
    return Prompt((Line("guardian.yes"),))


def tell_guardians(db: Session, ward: Citizen, *, case: str, region: Region, now: datetime) -> int:
    """Tell the relatives they chose that a live fraud meets this citizen, and nothing else."""
    told = guardians.to_tell(db, ward_id=ward.id)
    for guardian in told:
        tell(db, guardian.id, "guardian.alarm", f"{case}:{guardian.id}", region, now)
    return len(told)


def tell(
    db: Session, citizen_id: int, key: str, about: str, region: Region, now: datetime
) -> None:
    """Say one thing to another citizen."""
    other = db.get(Citizen, citizen_id)
    if other is None:
        return
    outbox.enqueue(
        db,
        dedup_key=f"guardian:{about}:{now.timestamp()}",
        channel=other.channel,
        recipient=other.address,
        body={"text": texts.say(key, other.language or region.languages[0], region)},
        lane=Lane.URGENT,
        due_at=now,
    )
