"""A weekly tip in the browser: written, refused to its author, approved by a second person."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from actions.campaigns import rise, store
from actions.campaigns.models import Campaign
from actions.citizens.models import Citizen
from actions.officers.models import Officer, Role
from bot.campaigns import clock as campaigns

from .conftest import Client
from .desk import Console
from .scene import tip_with_effect
from .test_refusals import csrf


def newest(console: Console) -> Campaign:
    with console.sessions() as db:
        return store.list_all(db)[0]


def written(console: Console, page: Page) -> str:
    """Write a weekly tip and submit it as a newcomer would; return its page."""
    page.goto("/campaigns")
    expect(page.locator(".empty li")).to_have_count(5)
    page.get_by_role("link", name="新建推送").click()
    page.get_by_label("名称").fill("每周贷款提醒")
    page.get_by_label("内容库", exact=True).select_option(index=3)
    page.get_by_role("button", name="存为草稿").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#status")).to_have_text("等人批准")
    return page.url


POST_APPROVAL = """async () => {
    const form = document.querySelector("form[action$='/return']");
    const answer = await fetch(form.action.replace(/return$/, "approve"), {
        method: "POST",
        headers: {"HX-Request": "true"},
        body: new URLSearchParams(new FormData(form)),
    });
    return JSON.parse(answer.headers.get("HX-Trigger")).said.text;
}"""


def test_a_second_person_approves_and_it_is_scheduled(
    console: Console, browser_pages: Callable[[Officer], Page]
) -> None:
    with console.sessions.begin() as db:
        db.add(Citizen(channel="telegram", address="1", step="listening", facts={}))
    author = browser_pages(console.officer("张敏", Role.PUBLISHER, Role.SUPERVISOR))
    address = written(console, author)

    expect(author.get_by_role("button", name="批准")).to_have_count(0)
    answer = author.evaluate(POST_APPROVAL)  # who makes up the button is refused all the same
    assert "不能批准自己写的" in answer
    assert newest(console).status == "submitted"

    second = browser_pages(console.officer("赵强", Role.PUBLISHER, Role.SUPERVISOR))
    second.goto(address)
    second.get_by_role("button", name="批准").click()
    expect(second.locator("#status")).to_have_text("已批准")
    campaigns.tick(console.service)

    second.reload()
    expect(second.locator("#status")).to_have_text("已排期")
    second.get_by_role("button", name="暂停").click()
    expect(second.locator("#status")).to_have_text("已暂停")
    second.get_by_role("button", name="继续").click()
    expect(second.locator("#status")).to_have_text("已排期")
    second.get_by_role("button", name="取消", exact=True).click()
    expect(second.locator("#status")).to_have_text("已取消")
    second.goto("/campaigns")
    expect(second.locator("tbody")).to_contain_text("每周贷款提醒")


def test_a_publisher_alone_may_enter(console: Console, client: Client) -> None:
    publisher = client(console.officer("张敏", Role.PUBLISHER))

    assert publisher.get("/campaigns").status_code == 200
    assert publisher.get("/campaigns/new").status_code == 200


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.SUPERVISOR, Role.ANALYST])
def test_nobody_but_publishers_and_admins_comes_near(
    console: Console, client: Client, role: Role
) -> None:
    officer = client(console.officer("李卫东", role))

    for path in ("/campaigns", "/campaigns/new", "/campaigns.csv", "/campaigns/1"):
        assert officer.get(path).status_code == 403
    for path in ("/campaigns", "/campaigns/1/approve", "/campaigns/1/correct"):
        assert officer.post(path, data={"title": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": ""}, "名称"),
        ({"text": ""}, "正文"),
        ({"text": "长" * 3501}, "正文"),
        ({"lang": "fr"}, "正文"),
        ({"districts": "火星"}, "districts"),
        ({"when": "at", "at": "2020-01-01T09:00"}, "过去"),
        ({"when": "at", "at": "soon"}, "soon"),
        ({"when": "cron", "cron": "0 0 31 2 *"}, "永远"),
        ({"when": "cron", "cron": "x"}, "cron"),
        ({"when": "weekly", "weekday": "someday"}, "someday"),
        ({"clock": "noon"}, "几点"),
        ({"clock": "99:99"}, "cron"),
        ({"expires": "2020-01-01T09:00"}, "截止"),
        ({"control": "70"}, "对照组"),
        ({"control": "many"}, "对照组"),
        ({"text_b": "长" * 3501}, "正文"),
        ({"poster": "yes", "text": "长" * 2000}, "海报"),
    ],
)
def test_what_is_wrong_with_a_draft_is_said_and_nothing_is_stored(
    console: Console, client: Client, change: dict[str, str], told: str
) -> None:
    publisher = client(console.officer("张敏", Role.ADMIN))
    good = {"title": "提醒", "text": "别转账", "lang": "zh", "when": "weekly", "weekday": "mon"}
    sent = {"csrf": csrf(publisher), **good, **change}

    answer = publisher.post("/campaigns", data=sent, headers={"hx-request": "true"})

    assert answer.status_code == 409
    assert told in answer.headers["hx-trigger"].encode().decode("unicode_escape")
    with console.sessions() as db:
        assert store.list_all(db) == []


def test_two_versions_a_control_group_and_a_poster_are_drafted_shown_and_counted(
    console: Console, browser_pages: Callable[[Officer], Page]
) -> None:
    page = browser_pages(console.officer("张敏", Role.PUBLISHER, Role.SUPERVISOR))
    page.goto("/campaigns/new")
    page.get_by_label("名称").fill("贷款")
    page.get_by_label("正文", exact=True).fill(
        "放款之前要交钱的，都是骗局。拿不准就拨 {hotline}。"
    )
    page.get_by_label("同时发一张海报").check()
    page.get_by_text("A/B 对比").click()
    page.get_by_label("B 自己写的话").fill("真银行放款前一分钱不收。拿不准就拨 {hotline}。")
    page.get_by_label("对照组").select_option("20%")
    page.get_by_role("button", name="存为草稿").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))

    made = newest(console)
    assert made.control == 0.2
    assert {name: parts["zh"]["poster"] for name, parts in made.variants.items()} == {  # type: ignore[index,attr-defined]
        "a": "yes",
        "b": "yes",
    }
    expect(page.get_by_alt_text("海报：放款之前要交钱的，都是骗局")).to_be_visible()
    loaded = "e => e.complete && e.naturalWidth"
    poster = page.get_by_alt_text("海报：真银行放款前一分钱不收")
    poster.scroll_into_view_if_needed()
    expect(page.locator("h2", has_text="B 组")).to_be_visible()
    page.wait_for_function("() => [...document.images].every(e => e.complete && e.naturalWidth)")
    assert poster.evaluate(loaded) == 1080
    expect(page.locator(".state-line")).to_contain_text("对照组 20%")


def test_a_poster_is_drawn_for_publishers_and_only_where_there_is_one(
    console: Console, client: Client
) -> None:
    publisher = client(console.officer("张敏", Role.ADMIN))
    good = {"title": "提醒", "text": "别转账。先打电话。", "lang": "zh", "when": "now"}
    for more in ({"poster": "yes"}, {}):
        sent = {"csrf": csrf(publisher), **good, **more}
        publisher.post("/campaigns", data=sent, headers={"hx-request": "true"})
    number = newest(console).id

    drawn = publisher.get(f"/campaigns/{number - 1}/poster/a/zh")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    assert drawn.content.startswith(b"\x89PNG")
    for path in (
        f"{number}/poster/a/zh",
        f"{number - 1}/poster/c/zh",
        f"{number - 1}/poster/a/fr",
    ):
        assert publisher.get(f"/campaigns/{path}").status_code == 404
    dispatcher = client(console.officer("李卫东", Role.DISPATCHER))
    assert dispatcher.get(f"/campaigns/{number - 1}/poster/a/zh").status_code == 403


def test_what_people_learnt_is_told_by_group_against_those_who_got_nothing(
    console: Console, browser_pages: Callable[[Officer], Page]
) -> None:
    author = console.officer("张敏", Role.PUBLISHER, Role.SUPERVISOR)
    number = tip_with_effect(console, author, console.officer("赵强", Role.PUBLISHER))
    page = browser_pages(author)

    page.goto(f"/campaigns/{number}")

    later = page.locator("table.skills", has_text="之后 60 天")
    expect(later.locator("tbody tr td:first-child")).to_have_text(["A 组", "B 组", "对照组"])
    cells = later.locator("tbody tr td:nth-child(3)").all_inner_texts()
    assert float(cells[0]) > float(cells[2])
    assert float(cells[1]) > float(cells[2])
    expect(page.locator("#opt-outs")).to_have_text("0")
    expect(page.locator("[data-chart] canvas")).to_have_count(2)


def test_an_offer_where_reports_rose_becomes_a_draft_once(
    console: Console, browser_pages: Callable[[Officer], Page]
) -> None:
    with console.sessions.begin() as db:
        found = rise.Found("武昌", "loan", 12, 2.5, 0.00002)
        rise.offer(db, found, now=console.service.clock())
    page = browser_pages(console.officer("张敏", Role.PUBLISHER, Role.SUPERVISOR))
    page.goto("/campaigns")

    page.get_by_role("button", name="生成草稿").click()

    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    assert newest(console).audience == {"districts": ["武昌"]}
    page.goto("/campaigns")
    expect(page.get_by_role("button", name="生成草稿")).to_have_count(0)
