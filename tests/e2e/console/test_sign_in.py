"""Getting in: a link works once and for ten minutes, and a preview does not use it up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import BrowserContext, Page, expect

from actions.officers.models import Officer
from bot import clock

from .desk import Console


def test_an_officer_signs_in_with_the_link_the_bot_gave(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("李卫东")

    page = enter(officer)

    expect(page.get_by_role("heading", name="实时队列")).to_be_visible()
    assert [entry.actor for entry in console.recorded("sign_in.done")] == [f"officer:{officer.id}"]
