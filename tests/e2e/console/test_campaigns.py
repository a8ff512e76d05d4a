"""A weekly tip in the browser: written, refused to its author, approved by a second person."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from actions.campaigns import store
from actions.campaigns.models import Campaign
from actions.citizens.models import Citizen
from actions.officers.models import Officer, Role
from bot.campaigns import clock as campaigns

from .conftest import Client
from .desk import Console
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
    page.get_by_label("内容库").select_option(index=3)
    page.get_by_role("button", name="存为草稿").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#status")).to_have_text("等人批准")
    return page.url


def test_a_second_person_approves_and_it_is_scheduled(
    console: Console, browser_pages: Callable[[Officer], Page]
) -> None:
    with console.sessions.begin() as db:
        db.add(Citizen(channel="telegram", address="1", step="listening", facts={}))
    author = browser_pages(console.officer("张敏", Role.PUBLISHER, Role.SUPERVISOR))
    address = written(console, author)

    author.get_by_role("button", name="批准").click()
    expect(author.locator(".toast")).to_contain_text("不能批准自己写的")
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
