"""How the desk did: times to claim and close, outcomes, money stopped, by district and hour."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from actions.cases.figures import CLAIM_GOAL, Figures, figures
from actions.cases.models import Outcome
from bot.console import view
from bot.console.asking import Ask, page
from bot.console.view import Nav

NAV = Nav("statistics", "/statistics")
DAYS = (1, 7, 30, 90)
COLOURS = {
    Outcome.STOPPED: "green",
    Outcome.PAID: "red",
    Outcome.FALSE_ALARM: "soft",
    Outcome.UNREACHABLE: "amber",
}


def show(ask: Ask) -> Response:
    """Show the figures of the last days."""
    days = next((each for each in DAYS if str(each) == ask.query("days")), 7)
    district = ask.query("district")
    known = district in ask.service.region.districts
    told = figures(
        ask.db,
        ask.service.vault,
        ask.officer,
        since=ask.now - timedelta(days=days),
        until=ask.now,
        zone=ask.service.region.timezone,
        district=district if known else None,
    )
    return view.show(
        ask,
        "statistics.html",
        here="statistics",
        days=days,
        choices=DAYS,
        chosen=district if known else "",
        told=told,
        goal=int(CLAIM_GOAL.total_seconds()),
        charts=_charts(ask, told),
        outcomes=list(Outcome),
    )


def _charts(ask: Ask, told: Figures) -> dict[str, str]:
    types = sorted(told.types.items(), key=lambda each: -each[1])[:10]
    places = list(told.districts.items())[:12]
    return {
        "hours": view.chart(
            [f"{hour:02d}" for hour in range(24)],
            [(ask.say("console.statistics.opened"), list(told.hours), "accent")],
        ),
        "outcomes": view.chart(
            [ask.say(f"console.outcome.{each}") for each in Outcome],
            [
                (
                    ask.say("console.statistics.cases"),
                    [told.outcomes.get(o, 0) for o in Outcome],
                    "accent",
                )
            ],
            flat=True,
        ),
        "types": view.chart(
            [ask.say(f"type.{name}") if name else ask.say("console.no_type") for name, _ in types],
            [(ask.say("console.statistics.cases"), [count for _, count in types], "accent")],
            flat=True,
        ),
        "districts": view.chart(
            [_district(ask, name) for name, _ in places],
            [
                (
                    ask.say(f"console.outcome.{each}"),
                    [own.outcomes.get(each, 0) for _, own in places],
                    COLOURS[each],
                )
                for each in Outcome
            ],
            stack=True,
            flat=True,
        ),
    }


def _district(ask: Ask, name: str) -> str:
    if not name:
        return ask.say("console.no_district")
    return ask.service.region.district_name(name, ask.language)


ROUTES = [page("/statistics", show)]
