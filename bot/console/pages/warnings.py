"""Personal warnings: bring a list, checked line by line, and see how many were dissuaded."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from starlette.responses import Response

from actions.outbox import store as outbox
from actions.warnings import figures, importing
from actions.warnings.figures import Group
from actions.warnings.importing import IMPORTING, BadList, Imported, Listed
from actions.warnings.models import Outcome
from bot.campaigns import risk
from bot.console import view
from bot.console.asking import Ask, form, page
from bot.console.view import Nav

NAV = Nav("warnings", "/warnings", IMPORTING)
COLOURS = {
    Outcome.DISSUADED: "green",
    Outcome.PAID: "red",
    Outcome.UNREACHABLE: "amber",
    Outcome.MISTAKEN: "soft",
}
SHOWN = 100  # complaints; a file that is all wrong need not fill the page


def show(ask: Ask) -> Response:
    """Show what came of all warnings."""
    return _page(ask)


def bring(ask: Ask) -> Response:
    """Check a list; warn everybody on it unless it is only to be checked."""
    content = ask.files.get("file", b"")
    if not content:
        return _page(ask, wrong=ask.say("console.warnings.no_file"))
    region = ask.service.region
    try:
        listed = importing.read(content, zone=region.timezone, now=ask.now)
        if ask.value("do") != "import":
            return _page(ask, listed=listed)
        came = importing.store(
            ask.db,
            listed,
            by=ask.officer,
            bodies=risk.bodies(region),
            home=str(region.timezone),
            now=ask.now,
        )
    except BadList as error:
        return _page(ask, wrong=ask.say("console.warnings.wrong", what=str(error)))
    outbox.nudge(ask.db)
    return _page(ask, listed=listed, came=came)


def _page(
    ask: Ask,
    *,
    listed: Listed | None = None,
    came: Imported | None = None,
    wrong: str = "",
) -> Response:
    found = figures.groups(ask.db)
    by_type = _by_type(found)
    return view.show(
        ask,
        "warnings.html",
        here="warnings",
        listed=listed,
        came=came,
        wrong=wrong,
        shown=SHOWN,
        all=figures.together(found),
        types=by_type,
        outcomes=list(Outcome),
        chart=_chart(ask, [each for each in by_type if each.known]),
        ended=_ended(ask, by_type),
    )


def _by_type(found: Sequence[Group]) -> list[Group]:
    types = dict.fromkeys(each.type for each in found)
    return [figures.together([g for g in found if g.type == each], type=each) for each in types]


def _chart(ask: Ask, known: Sequence[Group]) -> str:
    """Return the rates of dissuasion by kind of scam, each with its interval."""

    def share(value: float | None) -> float:
        return round(100 * (value or 0), 1)

    return view.chart(
        [ask.say(f"type.{each.type}") for each in known],
        [],
        flat=True,
        ranges=[
            [share(each.interval[0]), share(each.rate), share(each.interval[1])] for each in known
        ],
    )


def _ended(ask: Ask, by_type: Sequence[Group]) -> str:
    return view.chart(
        [ask.say(f"type.{each.type}") for each in by_type],
        [
            (
                ask.say(f"console.warnings.outcome.{outcome}"),
                [each.outcomes[outcome] for each in by_type],
                COLOURS[outcome],
            )
            for outcome in Outcome
        ],
        flat=True,
        stack=True,
    )


def download(ask: Ask) -> Response:
    """Hand the figures on as CSV, one line for each kind of scam and level."""
    return Response(
        as_csv(figures.groups(ask.db)),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="warnings.csv"'},
    )


def as_csv(found: Sequence[Group]) -> str:
    """Return one line a group; a spreadsheet opens it."""
    made = io.StringIO(newline="")
    table = csv.writer(made)
    counted = ("warnings", "sent", "answered", "escalated")
    table.writerow(["type", "level", *counted, *Outcome, "known", "rate", "low", "high"])
    for each in found:
        numbers = (getattr(each, name) for name in counted)
        outcomes = (each.outcomes[outcome] for outcome in Outcome)
        row = [each.type, each.level, *numbers, *outcomes, each.known, each.rate, *each.interval]
        table.writerow(row)
    return "\ufeff" + made.getvalue()


ROUTES = [
    page("/warnings", show, roles=IMPORTING),
    page("/warnings.csv", download, roles=IMPORTING),
    form("/warnings", bring, roles=IMPORTING),
]
