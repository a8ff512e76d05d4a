"""Who is on duty, who comes next, and what each has in hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import Response

from actions.cases import store as cases
from actions.officers import roster
from actions.officers import store as officers
from actions.officers.models import DESK, Officer
from bot.console import view
from bot.console.answers import done
from bot.console.asking import Ask, NotDone, Refused, form, number, page
from bot.console.refusals import Why
from bot.console.view import WATCH, Nav

NAV = Nav("roster", "/roster")
SHIFTS = (4, 8, 12)  # hours one may put oneself on duty for


def show(ask: Ask) -> Response:
    """Show who is on duty and the form to change it."""
    shifts = roster.list_shifts(ask.db, since=ask.now)
    serving = [each for each in officers.list_serving(ask.db) if each.may(DESK)]
    return view.show(
        ask,
        "roster_parts.html" if ask.partial else "roster.html",
        here="roster",
        on=[shift for shift in shifts if shift.starts_at <= ask.now],
        coming=[shift for shift in shifts if shift.starts_at > ask.now],
        owned={each.id: len(cases.list_owned(ask.db, officer_id=each.id)) for each in serving},
        serving=serving,
        am_on=roster.is_on(ask.db, ask.officer, now=ask.now),
        hours=SHIFTS,
        plans=ask.may(WATCH),
        local=ask.now.astimezone(ask.service.region.timezone),
    )


def go_on(ask: Ask) -> Response:
    """Put the asking officer on duty."""
    hours = int(ask.value("hours")) if ask.value("hours") in map(str, SHIFTS) else SHIFTS[1]
    roster.go_on(ask.db, ask.officer, now=ask.now, until=ask.now + timedelta(hours=hours))
    return done(ask, ask.say("console.roster.now_on"), back="/roster")


def go_off(ask: Ask) -> Response:
    """End the asking officer's shift."""
    roster.go_off(ask.db, ask.officer, now=ask.now)
    return done(ask, ask.say("console.roster.now_off"), back="/roster")


def plan(ask: Ask) -> Response:
    """Put another officer on the roster."""
    if not ask.may(WATCH):
        raise Refused(Why.ROLE)
    wanted = number(ask.value("officer"))
    officer = ask.db.get(Officer, wanted) if wanted is not None else None
    starts_at, ends_at = _local(ask, "starts_at"), _local(ask, "ends_at")
    if officer is None or not officer.may(DESK) or starts_at is None or ends_at is None:
        raise NotDone(ask.say("console.roster.bad"), back="/roster")
    try:
        roster.plan(
            ask.db, officer, starts_at=starts_at, ends_at=ends_at, now=ask.now, by=ask.officer
        )
    except roster.BadShift:
        raise NotDone(ask.say("console.roster.bad"), back="/roster") from None
    return done(ask, ask.say("console.roster.planned"), back="/roster")


def _local(ask: Ask, name: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(ask.value(name))
    except ValueError:
        return None
    return when.replace(tzinfo=ask.service.region.timezone)


ROUTES = [
    page("/roster", show),
    form("/roster/on", go_on),
    form("/roster/off", go_off),
    form("/roster/plan", plan, roles=WATCH),
]
