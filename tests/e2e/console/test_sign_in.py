"""Getting in: a link works once and for ten minutes, and a preview does not use it up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from actions.officers.models import ConsoleSession, Officer, Role
from bot import clock

from .conftest import Client
from .desk import Console


def test_an_officer_signs_in_with_the_link_the_bot_gave_and_out_again(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("李卫东")

    page = enter(officer)
    expect(page.get_by_role("heading", name="实时队列")).to_be_visible()
    page.locator(".me summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in")
    page.goto("/")

    expect(page.get_by_role("alert")).to_contain_text("请先登录")
    assert [entry.actor for entry in console.recorded("sign_in.done")] == [f"officer:{officer.id}"]


def test_a_link_that_was_only_opened_still_works(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("李卫东")
    link = console.link(officer).replace("#", "/")

    assert httpx.get(link).status_code == 200
    assert httpx.get(link).status_code == 200
    done = httpx.post(
        f"{console.address}/sign-in",
        data={"token": link.rpartition("/")[2]},
        headers={"origin": console.address},
    )

    assert done.status_code == 303
    cookie = done.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    ("spoil", "told", "why"),
    [
        pytest.param("old", "已过期", "expired", id="an expired link"),
        pytest.param("used", "已经用过", "used", id="a used link"),
        pytest.param("forged", "无效", "unknown", id="a link nobody gave"),
    ],
)
def test_a_link_that_is_no_good_is_refused_and_recorded(
    console: Console, context: BrowserContext, spoil: str, told: str, why: str
) -> None:
    officer = console.officer("李卫东")
    made = clock.now() - timedelta(minutes=11) if spoil == "old" else clock.now()
    link = console.link(officer, now=made)
    if spoil == "used":
        httpx.post(
            f"{console.address}/sign-in",
            data={"token": link.partition("#")[2]},
            headers={"origin": console.address},
        )
    if spoil == "forged":
        link = link[:-4] + "AAAA"

    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="登录值班台").click()

    expect(page.get_by_role("alert")).to_contain_text(told)
    assert [entry.details["why"] for entry in console.recorded("sign_in.refused")] == [why]
    page.goto("/")
    expect(page.get_by_role("alert")).to_contain_text("请先登录")


def test_a_session_ends_with_the_shift(console: Console, enter: Callable[[Officer], Page]) -> None:
    page = enter(console.officer("李卫东"))
    page.goto("about:blank")  # the live page would notice by itself, and go to the door first
    with console.sessions.begin() as db:
        db.query(ConsoleSession).update({"expires_at": clock.now() - timedelta(seconds=1)})

    page.goto("/search")

    expect(page.get_by_role("alert")).to_contain_text("已到期")


def test_an_officer_who_is_taken_off_the_list_is_out_at_once(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("李卫东")
    page = enter(officer)
    page.goto("about:blank")  # see above
    with console.sessions.begin() as db:
        db.get_one(Officer, officer.id).removed_at = clock.now()

    page.goto("/search")

    expect(page.get_by_role("alert")).to_be_visible()


def test_an_officer_reads_the_console_in_their_own_language(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("李卫东")
    page = enter(officer)

    page.locator(".me summary").click()
    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("heading", name="Live queue")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto("/statistics")
    expect(page.get_by_role("heading", name="Statistics")).to_be_visible()


def test_an_analyst_sees_no_cases(console: Console, client: Client) -> None:
    analyst = client(console.officer("赵琳", Role.ANALYST))

    answers = {path: analyst.get(path).status_code for path in ("/", "/search", "/statistics")}

    assert answers == {"/": 403, "/search": 403, "/statistics": 403}
    assert analyst.get("/events").status_code == 401
    assert {entry.details["what"] for entry in console.recorded("console.refused")} == {"role"}
