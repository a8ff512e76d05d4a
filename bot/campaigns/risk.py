"""Personal warnings by the clock: wording, escalation, the check-in of the next day, rises."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.campaigns import rise, store
from actions.campaigns.audience import Audience
from actions.campaigns.models import Campaign, Rise
from actions.campaigns.status import PUBLISHING, IllegalMove
from actions.cases import store as cases
from actions.citizens.models import Citizen
from actions.officers import store as officers
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.profiles import store as profiles
from actions.triage.judgement import ScamType
from actions.warnings import store as warnings
from actions.warnings.models import Status, Warning
from bot import desk as duty
from bot import opening, quietly, texts
from bot.conversation import personal
from bot.desk import Desk
from bot.regions import Region
from bot.wiring import Service

AT_ONCE = 50
ASK_WITHIN_HOURS = 36  # a check-in later than that would puzzle


def bodies(region: Region) -> dict[str, dict[str, object]]:
    """Return the warning of every type in every language, by `type:language`."""
    languages = sorted(texts.LANGUAGES, key=lambda each: each != region.languages[0])
    return {
        f"{kind}:{language}": texts.render(personal.warning(kind), language, region)
        for language in languages
        for kind in ScamType
    }


def tick(service: Service, desk: Desk) -> int:
    """Escalate what nobody answered, and ask who was to be asked today; return how many."""
    done = escalate(service, desk) + ask(service)
    with service.sessions.begin() as db:
        warnings.follow_cases(db, now=service.clock())
    return done


def escalate(service: Service, desk: Desk) -> int:
    """Put an officer on every warning whose deadline has passed."""
    now, number = service.clock(), 0
    while True:
        with service.sessions.begin() as db:
            overdue = warnings.lock_overdue(db, now=now, limit=AT_ONCE)
            for each in overdue:
                _escalate(db, desk, each, now)
            if overdue:
                outbox.nudge(db)
        number += len(overdue)
        if len(overdue) < AT_ONCE:
            return number


def _escalate(db: Session, desk: Desk, warning: Warning, now: datetime) -> None:
    citizen = db.scalars(
        select(Citizen).where(Citizen.id == warning.citizen_id).with_for_update()
    ).one_or_none()
    if citizen is None:  # they were forgotten: there is nobody to reach
        warning.status = Status.EXPIRED
        return
    case = cases.find_open(db, citizen_id=citizen.id)
    if case is None:
        at_risk = personal.at_risk(ScamType(warning.type), paid=False)
        known = replace(at_risk, reasons=("reason.warning",))
        case = opening.open_case(db, desk, citizen, "warning", known, now=now)
    else:
        said = desk.say("desk.warned", case=case.code, type=f"type.{warning.type}")
        duty.tell(db, desk, case, said, now=now)
    warnings.escalate(warning, case, now=now)


def ask(service: Service) -> int:
    """Ask, a day after a check, whether they came back; not at night."""
    now, region = service.clock(), service.region
    with service.sessions.begin() as db:
        due = warnings.lock_check_ins(db, now=now, limit=AT_ONCE)
        for each in due:
            citizen = db.get_one(Citizen, each.citizen_id)
            profile = profiles.find(db, citizen_id=citizen.id)
            left = profile is not None and profile.left_at is not None
            hours = (now - each.due_at).total_seconds() / 3600
            when = profiles.after_quiet(profile, now, home=region.timezone)
            if left or citizen.blocked_at or hours > ASK_WITHIN_HOURS:
                db.delete(each)
                continue
            if quietly.is_on(citizen, now=now):  # whoever watches them must not read it
                when = max(when, quietly.ends(citizen))
            if when > now:
                each.due_at = when
                continue
            each.asked_at = now
            body = texts.render(
                personal.check_in(ScamType(each.type)),
                citizen.language or region.languages[0],
                region,
            )
            outbox.enqueue(
                db,
                dedup_key=f"checkin:{each.id}:{now.timestamp()}",
                channel=citizen.channel,
                recipient=citizen.address,
                body=body,
                lane=Lane.WARNING,
                due_at=now,
            )
        if due:
            outbox.nudge(db)
        return len(due)


def watch(service: Service) -> int:
    """Offer publishers an alert where reports rose; return how many offers are new."""
    now, region = service.clock(), service.region
    desk = service.desk
    with service.sessions.begin() as db:
        warnings.settle(db)
        warnings.expire_old(db, now=now)
        new = [
            made for found in rise.find(db, now=now) if (made := rise.offer(db, found, now=now))
        ]
        for made in new:
            body = {
                "text": desk.say("rise.offer", **facts(made, region, region.languages[0])),
                "buttons": [
                    [{"label": desk.say("rise.take"), "data": f"campaign:{made.id}:take"}]
                ],
            }
            for officer in officers.list_serving(db):
                if officer.may(PUBLISHING):
                    key, to = f"rise:{made.id}:{officer.id}", str(officer.telegram_id)
                    duty.post(db, desk, body, key=key, to=to, lane=Lane.REPLY, now=now)
        if new:
            outbox.nudge(db)
        return len(new)


def facts(made: Rise, region: Region, language: str) -> dict[str, str]:
    """Return the numbers of an offer, ready for a text."""
    return {
        "offer": str(made.id),
        "district": region.district_name(made.district, language),
        "type": f"type.{made.type}",
        "count": str(made.count),
        "expected": f"{made.expected:.1f}",
        "chance": f"{made.chance:.2g}",
    }


def take(db: Session, offer: int, region: Region, *, by: Officer, now: datetime) -> Campaign:
    """Draft the alert of an open offer; refuse when somebody has taken it."""
    found = db.get(Rise, offer, with_for_update=True)
    if found is None or found.campaign_id is not None:
        raise IllegalMove(f"offer {offer} is not open")
    return draft(db, found, region, by=by, now=now)


def draft(db: Session, made: Rise, region: Region, *, by: Officer, now: datetime) -> Campaign:
    """Write the alert's draft for that district and those who follow that kind, by this officer.

    It is a draft like any other: somebody else must approve it.
    """
    first, words = region.languages[0], {}
    for language in texts.LANGUAGES:
        said = texts.say("rise.alert", language, region, **facts(made, region, language))
        about = texts.say(f"about.{made.type}", language, region)
        verify = texts.say("warning.verify", language, region)
        words[language] = {"text": f"{said}\n{about}\n\n{verify}"}
    title = texts.say("rise.title", first, region, **facts(made, region, first))
    campaign = store.create(
        db,
        store.Draft(
            title,
            {"a": words},
            kind="alert",
            type=made.type,
            audience=Audience(districts=(made.district,)),
        ),
        by=by,
        now=now,
    )
    made.campaign_id = campaign.id
    return campaign
