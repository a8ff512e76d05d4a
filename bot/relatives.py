"""A relative who is told when a citizen is being deceived: the words around the link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from actions.citizens.models import Citizen
from actions.guardians import store as guardians
from actions.guardians.models import Tells
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from bot import texts
from bot.conversation.turn import BLANK, Choice, Line, Prompt
from bot.regions import Region

NEW = Choice("guardian", "new", "guardian.choice.new")
END = Choice("guardian", "end", "guardian.choice.end")
NO = Choice("guardian", "no", "guardian.choice.no")


def guardian(db: Session, citizen: Citizen, value: str, region: Region, now: datetime) -> Prompt:
    """Do what a citizen wishes about the links with their relatives, and say what came of it."""
    verb, _, about = value.partition("_")
    try:
        match verb, about:
            case "", _:
                return _overview(db, citizen, region)
            case "new", "":
                code = guardians.new_code(db, ward_id=citizen.id, now=now)
                return Prompt((Line("guardian.code", {"code": code}),))
            case "end", "":
                others = guardians.end(db, citizen_id=citizen.id, now=now)
                for link, other in others.items():
                    tell(db, other, "guardian.ended", f"{citizen.id}:{link}", region, now)
                return Prompt((Line("guardian.over" if others else "guardian.none"),), (NEW,))
            case "yes", _:
                return _consent(db, citizen, about, region, now)
            case "no", "":
                return Prompt((Line("guardian.declined"),))
            case "link" | "end" | "set", _:
                return _one(db, citizen, verb, about, region, now)
        digits = "".join(each for each in value if each.isascii() and each.isdigit())
        if guardians.check(db, code=digits, guardian_id=citizen.id, now=now) is None:
            return Prompt((Line("guardian.wrong"),))
        yes = Choice("guardian", f"yes_{digits}", "guardian.choice.yes")
        return Prompt((Line("guardian.consent"),), (yes, NO))
    except guardians.TooMany:
        return Prompt((Line("guardian.too_many"),))


def _overview(db: Session, citizen: Citizen, region: Region) -> Prompt:
    """Say who is linked, and what each of them hears; nobody's name is known to us."""
    links = guardians.list_both(db, citizen_id=citizen.id)
    mine = [each for each in links if each.ward_id == citizen.id]
    theirs = [each for each in links if each.guardian_id == citizen.id]
    lines, choices = [Line("guardian.open")], [NEW]
    if links:
        lines.append(BLANK)
    for number, link in enumerate(mine, start=1):
        facts = {"number": str(number), "day": str(region.day(link.since))}
        lines.append(Line("guardian.told", {**facts, "what": f"guardian.what.{link.tells}"}))
        choices.append(Choice("guardian", f"link_{link.id}", _numbered("change", number)))
    for number, link in enumerate(theirs, start=1):
        facts = {"number": str(number), "day": str(region.day(link.since))}
        lines.append(Line("guardian.ward", facts))
        choices.append(Choice("guardian", f"end_{link.id}", _numbered("leave", number)))
    if len(links) > 1:
        choices.append(END)
    return Prompt(tuple(lines), tuple(choices))


def _numbered(name: str, number: int) -> str:
    """Return the label of a button about one of at most so many links."""
    return f"guardian.{name}.{min(number, guardians.MOST_GUARDIANS)}"


def _one(
    db: Session, citizen: Citizen, verb: str, about: str, region: Region, now: datetime
) -> Prompt:
    """Show or change one link. What is heard is the ward's to say; either may end it."""
    number, _, chosen = about.partition("_")
    link = None
    if number.isdecimal() and len(number) < 18:
        link = guardians.find_link(db, link_id=int(number), citizen_id=citizen.id)
    if link is None:
        return Prompt((Line("guardian.gone"),))
    if verb == "end":
        other = guardians.end_one(db, link, by=citizen.id, now=now)
        tell(db, other, "guardian.ended", f"{citizen.id}:{number}", region, now)
        return Prompt((Line("guardian.over_one"),), (NEW,))
    if link.ward_id != citizen.id or (verb == "set" and chosen not in set(Tells)):
        return Prompt((Line("guardian.gone"),))
    if verb == "set":
        guardians.choose(db, link, Tells(chosen), now=now)
        return Prompt((Line("guardian.chosen", {"what": f"guardian.what.{link.tells}"}),))
    choices = [
        Choice("guardian", f"set_{number}_{each}", f"guardian.choice.{each}") for each in Tells
    ]
    choices.append(Choice("guardian", f"end_{number}", "guardian.choice.end_one"))
    return Prompt(
        (Line("guardian.choose", {"what": f"guardian.what.{link.tells}"}),), tuple(choices)
    )


def _consent(db: Session, citizen: Citizen, code: str, region: Region, now: datetime) -> Prompt:
    found = guardians.check(db, code=code, guardian_id=citizen.id, now=now)
    if found is None:
        return Prompt((Line("guardian.wrong"),))
    ward = guardians.link(db, found, guardian_id=citizen.id, now=now)
    tell(db, ward, "guardian.linked", f"{citizen.id}:linked", region, now)
    return Prompt((Line("guardian.yes"),))


def tell_guardians(db: Session, ward: Citizen, *, case: str, region: Region, now: datetime) -> int:
    """Tell the relatives they chose that a live fraud meets this citizen, and nothing else."""
    told = guardians.to_tell(db, ward_ids=[ward.id], what=Tells.LIVE)
    for _, guardian in told:
        tell(db, guardian.id, "guardian.alarm", f"{case}:{guardian.id}", region, now)
    return len(told)


def tell_of_scam(db: Session, wards: Sequence[Citizen], *, region: Region, now: datetime) -> None:
    """Tell those who are to hear of it that what these citizens met is a scam; once a day."""
    if not wards:
        return
    day = region.day(now)
    ward_ids = [each.id for each in wards]
    for ward_id, guardian in guardians.to_tell(db, ward_ids=ward_ids, what=Tells.SCAM):
        key = f"guardian:scam:{ward_id}:{guardian.id}:{day}"
        if not outbox.was_queued(db, dedup_key=key):
            _say(db, guardian, "guardian.scam", key, region, now)


def tell(
    db: Session, citizen_id: int, key: str, about: str, region: Region, now: datetime
) -> None:
    """Say one thing to another citizen."""
    other = db.get(Citizen, citizen_id)
    if other is not None:
        _say(db, other, key, f"guardian:{about}:{now.timestamp()}", region, now)


def _say(
    db: Session, other: Citizen, key: str, dedup_key: str, region: Region, now: datetime
) -> None:
    outbox.enqueue(
        db,
        dedup_key=dedup_key,
        channel=other.channel,
        recipient=other.address,
        body={"text": texts.say(key, other.language or region.languages[0], region)},
        lane=Lane.URGENT,
        due_at=now,
    )
