"""A list of people at risk in the browser: checked, brought once, and what came of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from actions.citizens.models import Citizen
from actions.officers.models import Officer, Role
from actions.warnings.models import Warning

from .conftest import Client
from .desk import Console
from .scene import warned
from .test_refusals import csrf


def file(content: str | bytes) -> dict[str, object]:
    said = content.encode() if isinstance(content, str) else content
    return {"name": "list.csv", "mimeType": "text/csv", "buffer": said}


def stored(console: Console) -> int:
    with console.sessions() as db:
        return db.scalars(select(func.count(Warning.id))).one()


@pytest.fixture
def soon(console: Console) -> str:
    """A list whose lines are in order but for the last two."""
    with console.sessions.begin() as db:
        for n in (11, 12):
            db.add(Citizen(channel="telegram", address=str(n), step="listening", facts={}))
    day = (console.service.clock() + timedelta(days=3)).strftime("%Y-%m-%d")
    return (
        "\ufefftelegram_id,level,type,expires\r\n"
        f"11,high,loan,{day}T23:59:59\r\n12,low,game,{day}T23:59:59\r\n"
        f"13,urgent,loan,{day}\r\n14,low,shoes,{day}\r\n"
    )


def test_a_list_is_checked_first_then_brought_and_never_twice(
    console: Console, browser_pages: Callable[[Officer], Page], soon: str
) -> None:
    page = browser_pages(console.officer("吴昊", Role.ANALYST, Role.SUPERVISOR))
    page.goto("/warnings")

    page.get_by_label("名单文件").set_input_files(file(soon))  # type: ignore[arg-type]
    page.get_by_role("button", name="只检查").click()

    expect(page.locator("#came")).to_contain_text("2 行可以，2 行有问题")
    expect(page.locator(".complaints li")).to_have_count(2)
    expect(page.locator(".complaints")).to_contain_text("第 4 行")
    assert stored(console) == 0

    page.get_by_label("名单文件").set_input_files(file(soon))  # type: ignore[arg-type]
    page.get_by_role("button", name="导入并预警").click()

    expect(page.locator("#came")).to_contain_text("已预警 2 人")
    assert stored(console) == 2

    page.get_by_label("名单文件").set_input_files(file(soon))  # type: ignore[arg-type]
    page.get_by_role("button", name="导入并预警").click()

    expect(page.get_by_role("alert")).to_contain_text("imported before")
    assert stored(console) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"name,level\n1,high\n", b"telegram_id,level,type,expires"],
    ids=["empty", "not UTF-8", "other columns", "no line"],
)
def test_a_file_that_is_no_list_warns_nobody(
    console: Console, client: Client, content: bytes
) -> None:
    analyst = client(console.officer("吴昊", Role.ADMIN))

    answer = analyst.post(
        "/warnings",
        data={"csrf": csrf(analyst), "do": "import"},
        files={"file": ("list.csv", content, "text/csv")},
    )

    assert answer.status_code == 200
    assert stored(console) == 0


def test_the_rate_is_told_with_its_interval_in_figures_chart_and_csv(
    console: Console, browser_pages: Callable[[Officer], Page], client: Client
) -> None:
    analyst = console.officer("吴昊", Role.ANALYST, Role.SUPERVISOR)
    warned(console, analyst)
    page = browser_pages(analyst)

    page.goto("/warnings")

    expect(page.locator("#rate")).to_have_text("89.0%")
    expect(page.locator(".figures")).to_contain_text("79.8%–94.3%")
    expect(page.locator("[data-chart] canvas")).to_have_count(2)
    told = client(analyst).get("/warnings.csv")
    rows = list(csv.DictReader(io.StringIO(told.text.removeprefix("\ufeff"))))
    assert len(rows) == 9  # three kinds at three levels
    assert sum(int(row["warnings"]) for row in rows) == 106
    assert all(float(row["low"]) <= float(row["rate"]) <= float(row["high"]) for row in rows)


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.PUBLISHER])
def test_nobody_but_those_who_bring_lists_comes_near(
    console: Console, client: Client, role: Role
) -> None:
    officer = client(console.officer("李卫东", role))

    assert officer.get("/warnings").status_code == 403
    assert officer.get("/warnings.csv").status_code == 403
    assert officer.post("/warnings", data={"do": "import"}).status_code == 403


def test_an_analyst_alone_may_enter(console: Console, client: Client) -> None:
    analyst = client(console.officer("吴昊", Role.ANALYST))

    assert analyst.get("/warnings").status_code == 200
    assert analyst.get("/").status_code in (303, 307, 403)
