"""The pages of the console. A new page is a module with ROUTES and, to be found, NAV."""

from __future__ import annotations

from starlette.routing import Route

from bot.console.pages import (
    campaigns,
    case,
    payments,
    pictures,
    queue,
    roster,
    search,
    statistics,
    trail,
    warnings,
)
from bot.console.view import Nav

PAGES = (queue, case, payments, pictures, search, statistics, campaigns, warnings, roster, trail)
NAV: tuple[Nav, ...] = tuple(page.NAV for page in PAGES if page.NAV is not None)


def routes() -> list[Route]:
    """Return the routes of every page."""
    return [route for page in PAGES for route in page.ROUTES]
