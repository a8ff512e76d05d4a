"""Entries of the audit log in plain words: what was done, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import select

from actions.audit.models import AuditEntry
from actions.officers.models import Officer
from bot.console.asking import Ask

Names = Mapping[int, str]


def names(ask: Ask) -> Names:
    """Return the officers' names by their ids, also of those who have left."""
    return {each.id: each.name for each in ask.db.scalars(select(Officer))}


def event(ask: Ask, entry: AuditEntry, known: Names) -> str:
    """Return a sentence that says what happened."""
    details = entry.details

    def name(value: object) -> str:
        return known.get(value, "—") if isinstance(value, int) else "—"

    reached = details.get("officers")
    alerted = [name(each) for each in reached] if isinstance(reached, list) else []
    if details.get("desk"):
        alerted.insert(0, ask.say("console.event.the_desk"))
    params = {
        "officer": actor(ask, entry, known),
        "about": name(details.get("officer")),
        "to": name(details.get("to")),
        "owner": name(details.get("owner")),
        "alerted": "、".join(alerted) if ask.language == "zh" else ", ".join(alerted),
        "outcome": _outcome(ask, str(details.get("outcome") or "")),
        "into": str(details.get("into") or details.get("case") or ""),
        "until": clock(ask, str(details.get("until") or "")),
        "type": f"type.{details.get('type')}",
        "stage": f"stage.{details.get('stage')}",
        "number": str(details.get("campaign") or details.get("warning") or ""),
        "count": str(details.get("count") or details.get("warned") or 0),
        "event": entry.event,
    }
    key = f"console.event.{entry.event.replace('.', '_')}"
    if details.get("why") == "owner left":
        key += "_owner_left"  # they were not silent: they are no longer on the list
    return ask.say(key if ask.knows(key) else "console.event.other", **params)


def actor(ask: Ask, entry: AuditEntry, known: Names) -> str:
    """Return who did it."""
    kind, _, number = entry.actor.partition(":")
    if kind == "officer" and number.isdecimal():
        return known.get(int(number), "—")
    key = f"console.actor.{kind}"
    return ask.say(key, number=number).strip() if ask.knows(key) else entry.actor


def because(ask: Ask, entry: AuditEntry) -> Iterator[str]:
    """Yield what the sentence leaves out: why, what was wanted, and of which page."""
    details = entry.details
    for name in ("why", "what"):
        if name in details:
            key = f"console.why.{str(details[name]).replace(' ', '_')}"
            yield ask.say(key) if ask.knows(key) else str(details[name])
    if "verb" in details:
        key = f"desk.button.{details['verb']}"
        yield ask.say(key) if ask.knows(key) else str(details["verb"])
    if "path" in details:
        yield f"{details.get('method', '')} {details['path']}"


def clock(ask: Ask, when: str) -> str:
    """Return the time of day of a moment as the log keeps it; "" of none."""
    if not when:
        return ""
    return datetime.fromisoformat(when).astimezone(ask.service.region.timezone).strftime("%H:%M")


def _outcome(ask: Ask, outcome: str) -> str:
    for place in ("console.outcome", "console.warnings.outcome"):
        if ask.knows(key := f"{place}.{outcome}"):
            return ask.say(key)
    return outcome
