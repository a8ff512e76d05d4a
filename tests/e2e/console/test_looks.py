"""Every page by day, by night and on a phone: readable, within the screen, with names to press."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from actions.officers.models import Officer, Role

from .desk import Console
from .scene import evening, tip_with_effect, warned

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
NAMELESS = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
  .filter((e) => e.checkVisibility() && !(e.innerText || e.getAttribute("aria-label") || (e.labels && e.labels.length) || e.textContent.trim()))
  .map((e) => e.outerHTML.slice(0, 120))"""  # noqa: E501
WIDER = "() => document.documentElement.scrollWidth - innerWidth"
SIZES = {
    "light": {"viewport": {"width": 1360, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1360, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_readable_and_fits_by_day_by_night_and_on_a_phone(
    console: Console, browser_pages: Callable[[Officer], Page], language: str
) -> None:
    supervisor = evening(console)["周敏"]
    second = console.officer("赵强", Role.PUBLISHER)
    with console.sessions.begin() as db:
        officer = db.get_one(Officer, supervisor.id)
        officer.language, officer.roles = language, [Role.PUBLISHER, Role.SUPERVISOR]
        supervisor = officer
    tip = tip_with_effect(console, supervisor, second)
    warned(console, supervisor)
    page = browser_pages(supervisor)
    code = console.case("2003").code
    page.goto(f"/cases/{code}")
    payment = page.locator("#payments a").first.get_attribute("href")
    wrong: list[str] = []

    for size in ("light", "dark", "phone"):
        options = SIZES[size]
        page.set_viewport_size(options["viewport"])  # type: ignore[arg-type]
        page.emulate_media(color_scheme=options["color_scheme"])  # type: ignore[arg-type]
        for path in (
            "/",
            f"/cases/{code}",
            payment,
            "/search",
            "/statistics",
            "/roster",
            "/trail",
            "/warnings",
            "/campaigns",
            "/campaigns/new",
            f"/campaigns/{tip}",
        ):
            page.goto(str(path))
            wrong += [f"{size} {path} {each}" for each in page.evaluate(CONTRAST)]
            wrong += [f"{size} {path} no name: {each}" for each in page.evaluate(NAMELESS)]
            if (over := page.evaluate(WIDER)) > 0:
                wrong.append(f"{size} {path} is {over} px wider than the screen")

    assert wrong == []


def test_everything_is_reached_by_the_tab_key_and_shows_it(
    console: Console, context: BrowserContext, enter: Callable[[Officer], Page]
) -> None:
    page = enter(console.officer("李卫东"))

    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.className")
    rings = []
    for _ in range(6):
        page.keyboard.press("Tab")
        rings.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))

    assert skip == "skip"
    assert set(rings) == {"solid"}
