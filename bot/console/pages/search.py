"""Find a case by its code, or by a phone, link or account that it names."""

from __future__ import annotations

from starlette.responses import Response

from actions.cases import search
from actions.cases.models import Status
from bot.console import view
from bot.console.asking import Ask, page
from bot.console.view import Nav

NAV = Nav("search", "/search")
LONGEST = 100


def show(ask: Ask) -> Response:
    """Show the form and what was found; only what was found when a script asks."""
    wanted = ask.query("q")[:LONGEST]
    status, district = ask.query("status"), ask.query("district")
    found = search.search(
        ask.db,
        ask.officer,
        wanted,
        country=ask.service.region.country,
        status=Status(status) if status in set(Status) else None,
        district=district if district in ask.service.region.districts else None,
    )
    return view.show(
        ask,
        "search_found.html" if ask.partial else "search.html",
        here="search",
        wanted=wanted,
        status=status,
        chosen=district,
        found=found,
        statuses=list(Status),
    )


ROUTES = [page("/search", show)]
