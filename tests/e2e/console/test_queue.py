"""The live queue: a case appears by itself, rings, is counted, and one officer takes it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import update

from actions.cases.models import Case
from actions.officers.models import ConsoleSession, Officer
from bot import clock
from bot import desk as duty

from .desk import LIVE, Console, Server

ROUNDS = 30
WITHIN = 1.0  # seconds from the citizen's message to the card on the screen, at p95


def live(page: Page) -> Page:
    """Wait until the page hears what changes."""
    page.wait_for_selector("#state[data-state=live]")
    return page


def test_a_new_case_is_on_the_screen_within_a_second(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    page = live(enter(console.officer("李卫东")))
    took = []
    console.says(LIVE, citizen="4999")  # what is loaded with the first message is loaded now
    page.wait_for_selector(f"#card-{console.case('4999').code}")

    for n in range(ROUNDS):
        citizen = str(5000 + n)
        began = time.perf_counter()
        console.says(LIVE, citizen=citizen)
        code = console.case(citizen).code
        page.wait_for_selector(f"#card-{code}")
        took.append(time.perf_counter() - began)

    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"message to card: p50 {statistics.median(took):.3f} s, p95 {p95:.3f} s")  # noqa: T201
    assert p95 <= WITHIN


def test_a_new_urgent_case_rings_and_is_counted_in_the_title(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    page = live(enter(console.officer("李卫东")))
    expect(page.locator("#queue")).to_contain_text("没有案件在等")
    page.locator("#sound").click()

    console.says(LIVE)
    code = console.case().code

    expect(page.locator(f"#card-{code}")).to_contain_text("正在发生")
    expect(page.locator(f"#card-{code}")).to_contain_text("洗钱")
    expect(page.locator("body")).to_have_attribute("data-rang", code)
    expect(page).to_have_title("(1) 队列 · 反诈值班台")
    expect(page.locator("#aloud")).to_contain_text(code)
    expect(page.locator("#queue")).not_to_contain_text("没有案件在等")


def test_another_page_hears_of_it_too(console: Console, enter: Callable[[Officer], Page]) -> None:
    page = enter(console.officer("李卫东"))
    page.goto("/statistics")
    live(page)

    console.says(LIVE)

    expect(page).to_have_title("(1) 统计 · 反诈值班台")
    expect(page.locator("#toast")).to_contain_text(console.case().code)


def test_an_officer_of_another_district_hears_nothing(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    console.says(LIVE)
    case = console.case()
    console.place(case, district="武昌")
    page = live(enter(console.officer("陈静", district="江汉")))
    boss = console.officer("周敏")

    with console.sessions.begin() as db:
        own, by = db.get_one(Case, case.id), db.get_one(Officer, boss.id)
        duty.claim(db, console.service.desk, own, by=by, now=clock.now())
    console.says("公安局的人还在电话里，让我别挂，正在把钱转到安全账户", citizen="77")

    page.wait_for_selector(f"#card-{console.case('77').code}")
    assert case.code not in page.content()


def test_the_first_to_press_has_the_case_and_the_second_is_told_who(
    console: Console, browser_pages: Callable[[Officer], Page]
) -> None:
    console.says(LIVE)
    code = console.case().code
    first = live(browser_pages(console.officer("李卫东")))
    second = live(browser_pages(console.officer("陈静")))
    second.route("**/queue", lambda route: route.abort())  # it has not seen the change yet

    first.locator(f"#claim-{code}").click()
    first.wait_for_url(f"**/cases/{code}")
    second.locator(f"#claim-{code}").click()

    expect(second.locator("#toast")).to_contain_text("李卫东")
    owner = console.case().owner
    assert owner is not None
    assert owner.name == "李卫东"


def test_the_queue_is_worked_by_keyboard(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    console.says(LIVE, citizen="1")
    console.says(LIVE, citizen="2")
    page = live(enter(console.officer("李卫东")))
    first, second = console.case("1").code, console.case("2").code

    page.locator(f"#open-{first}").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#open-{second}")).to_be_focused()
    page.keyboard.press("c")

    page.wait_for_url(f"**/cases/{second}")
    assert console.case("2").owner_id is not None
    assert console.case("1").owner_id is None


def test_a_lost_connection_is_said_and_what_was_missed_is_there_afterwards(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    page = live(enter(console.officer("李卫东")))
    console.says(LIVE, citizen="1")
    code = console.case("1").code
    page.wait_for_selector(f"#claim-{code}")
    port = console.server.port

    console.server.end()
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator("#state")).to_have_text("已断开")
    page.locator(f"#claim-{code}").click()
    expect(page.locator("#toast")).to_contain_text("没有送达")
    console.says(LIVE, citizen="2")
    console.server = Server(console.service, port)
    console.server.begin()

    page.wait_for_selector(f"#card-{console.case('2').code}", timeout=15000)
    expect(page.locator("#lost")).to_be_hidden()
    assert console.case("1").owner_id is None


def test_a_session_that_ends_takes_the_open_page_to_the_door(
    console: Console, context: BrowserContext, enter: Callable[[Officer], Page]
) -> None:
    page = live(enter(console.officer("李卫东")))

    with console.sessions.begin() as db:
        db.execute(update(ConsoleSession).values(ended_at=clock.now()))

    page.wait_for_url("**/sign-in?why=session_ended", timeout=15000)
