"""What a citizen hears when their case moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy.orm import Session

from actions.cases import store as cases
from actions.cases.models import Case
from actions.officers.models import Officer
from bot import quietly, texts
from bot.regions import Region

if TYPE_CHECKING:
    from bot.desk import Desk


def tell_citizens(
    db: Session,
    desk: Desk,
    case: Case,
    about: str,
    *,
    now: datetime,
    by: Officer | None = None,
    into: str = "",
    ask_help: bool = False,
) -> None:
    """Queue a message about the case for everybody heard in it, each in their own language."""
    db.flush()  # who is heard is asked of the database itself
    for citizen in cases.list_citizens(db, case=case):
        language = citizen.language or desk.region.languages[0]
        params: Mapping[str, str] = {
            "case": case.code,
            "into": into,
            "officer": texts.officer(by, language, desk.region) if by else "",
        }
        quiet = quietly.is_on(citizen, now=now)
        said = texts.say("quiet.news" if quiet else about, language, desk.region, **params)
        body: dict[str, object] = {"text": said}
        if ask_help and not quiet and not case.drill:
            body["text"] = f"{said}\n\n{texts.say('helped.ask', language, desk.region)}"
            body["buttons"] = [[_helped(value, language, desk.region) for value in ("yes", "no")]]
        key = f"case:{case.code}:citizen:{uuid4().hex}"
        quietly.send(db, citizen, body, key=key, now=now)


def _helped(value: str, language: str, region: Region) -> dict[str, str]:
    label = texts.say(f"helped.choice.{value}", language, region)
    return {"label": label, "data": f"ask:helped:{value}"}
