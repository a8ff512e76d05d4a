"""Pictures in the console: chosen or pasted, looked at, sent, and refused when they should be."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import func, select, update

from actions.cases import thread
from actions.cases.models import Case, Message, Picture
from actions.cases.pictures import LARGEST
from actions.cases.thread import Written
from actions.officers.models import Officer
from bot import clock, relay
from bot import desk as duty

from .conftest import Client
from .desk import LIVE, Console


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (240, 160), (20, 90, 160)).save(out, "PNG")
    return out.getvalue()


FILE: Any = {"name": "收款账户.png", "mimeType": "image/png", "buffer": png()}
LOADED = "(image) => image.complete && image.naturalWidth > 0"


def claimed(console: Console, officer: Officer) -> Case:
    console.says(LIVE)
    case = console.case()
    with console.sessions.begin() as db:
        own, by = db.get_one(Case, case.id), db.get_one(Officer, officer.id)
        duty.claim(db, console.service.desk, own, by=by, now=clock.now())
    return console.case()


@pytest.fixture
def officer(console: Console) -> Officer:
    return console.officer("李卫东")


@pytest.fixture
def page(console: Console, officer: Officer, enter: Callable[[Officer], Page]) -> Page:
    """The page of a case that the officer has claimed."""
    case = claimed(console, officer)
    page = enter(officer)
    page.goto(f"/cases/{case.code}")
    page.wait_for_selector("#state[data-state=live]")
    return page


def pictures(console: Console) -> int:
    with console.sessions() as db:
        return db.scalars(select(func.count()).select_from(Picture)).one()


def test_a_picture_is_chosen_looked_at_and_sent(console: Console, page: Page) -> None:
    page.locator("#picture").set_input_files(FILE)
    expect(page.locator("#chosen")).to_contain_text("收款账户.png")
    assert page.locator("#chosen img").evaluate(LOADED)
    page.locator("#reply").fill("是转到这个账户吗？")
    page.locator("#send").click()

    shown = page.locator(".entry.officer .picture img")
    expect(shown).to_be_visible()
    page.wait_for_function(f"({LOADED})(document.querySelector('.entry.officer .picture img'))")
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.locator(".entry.officer")).to_contain_text("发送中")
    assert pictures(console) == 1


def test_a_picture_is_thought_better_of(console: Console, page: Page) -> None:
    page.locator("#picture").set_input_files(FILE)
    page.locator("#drop-picture").click()
    expect(page.locator("#chosen")).to_be_hidden()
    page.locator("#reply").fill("在吗")
    page.locator("#send").click()

    expect(page.locator(".entry.officer")).to_contain_text("在吗")
    assert pictures(console) == 0


def test_a_screenshot_is_pasted(console: Console, page: Page) -> None:
    page.locator("#reply").evaluate(
        """(box, content) => {
          const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
          const held = new DataTransfer();
          held.items.add(new File([bytes], "image.png", { type: "image/png" }));
          box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true }));
        }""",
        base64.b64encode(png()).decode(),
    )
    expect(page.locator("#chosen")).to_contain_text("image.png")
    page.locator("#send").click()
    expect(page.locator(".entry.officer .picture")).to_be_visible()
    assert pictures(console) == 1


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}, "不是能发的图片"),
        ({"name": "a.png", "mimeType": "image/png", "buffer": bytes(LARGEST + 1)}, "图片太大了"),
        ({"name": "a.png", "mimeType": "image/png", "buffer": b"MZ" * 90}, "不是能发的图片"),
    ],
    ids=["another kind", "too large", "a program that says it is a picture"],
)
def test_what_cannot_be_sent_is_said_and_nothing_is_sent(
    console: Console, page: Page, file: Any, said: str
) -> None:
    page.locator("#picture").set_input_files(file)
    page.locator("#reply").fill("看这张")
    if page.locator("#chosen").is_visible():
        page.locator("#send").click()

    expect(page.locator("#toast .bad")).to_contain_text(said)
    expect(page.locator("#reply")).to_have_value("看这张")
    assert pictures(console) == 0
    expect(page.locator(".entry.officer")).to_have_count(0)


def test_what_is_written_and_chosen_survives_a_case_that_grows_worse(
    console: Console, page: Page
) -> None:
    page.locator("#picture").set_input_files(FILE)
    page.locator("#reply").fill("请把对方的")
    console.place(console.case(), discreet=True)  # other scripts, so the form is drawn anew
    console.says("他又打来了")

    expect(page.locator("#compose [data-script]").first).to_contain_text("要人过去看看吗")
    expect(page.locator("#reply")).to_have_value("请把对方的")
    expect(page.locator("#reply")).to_be_focused()
    expect(page.locator("#chosen")).to_contain_text("收款账户.png")
    page.locator("#send").click()
    expect(page.locator(".entry.officer .picture")).to_be_visible()


def test_a_picture_whose_channel_is_away_says_so(console: Console, page: Page) -> None:
    with console.sessions.begin() as db:
        case = db.get_one(Case, console.case().id)
        citizen = case.citizen
        assert citizen
        said = Written("他发来的", photo="an-id-of-the-channel")
        relay.hear(db, console.service.desk, case, said, citizen=citizen, now=clock.now())

    expect(page.locator(".entry.citizen .no-picture")).to_be_visible()
    expect(page.locator(".entry.citizen .picture img")).to_be_hidden()


def test_what_became_of_a_message_is_seen_beside_it(console: Console, page: Page) -> None:
    page.locator("#reply").fill("您在吗")
    page.locator("#send").click()
    entry = page.locator(".entry.officer")
    expect(entry).to_contain_text("发送中")
    with console.sessions() as db:
        code = db.scalars(select(Message.code).where(Message.author == "officer")).one()

    with console.sessions.begin() as db:
        thread.note_taken(db, code=code, now=clock.now())
    expect(entry).to_contain_text("已送达")
    console.says("在的")
    expect(entry).to_contain_text("市民已看到")
    with console.sessions.begin() as db:
        db.execute(update(Message).values(read_at=None, taken_at=None))
        thread.note_undelivered(db, code=code, why="blocked", now=clock.now())
    expect(entry).to_contain_text("没有送到：市民停用了机器人")


def test_a_tab_in_the_background_has_read_nothing(
    console: Console, officer: Officer, client: Client
) -> None:
    case = claimed(console, officer)
    console.says("在吗")
    owner, colleague = client(officer), client(console.officer("陈静"))
    parts, asked = f"/cases/{case.code}/parts", {"hx-request": "true"}

    def read() -> bool:
        with console.sessions() as db:
            last = select(Message.read_at).where(Message.author == "citizen")
            return db.scalars(last.order_by(Message.id.desc()).limit(1)).one() is not None

    owner.get(parts, headers={**asked, "x-visible": "hidden"})
    colleague.get(parts, headers={**asked, "x-visible": "visible"})
    assert not read()
    owner.get(parts, headers={**asked, "x-visible": "visible"})
    assert read()


def csrf(signed_in: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', signed_in.get("/").text)
    assert found
    return found[1]


def post(console: Console, by: httpx.Client, token: str, **headers: str) -> int:
    return by.post(
        f"/cases/{console.case().code}/reply",
        data={"csrf": token, "text": "看这张"},
        files={"picture": ("a.png", png(), "image/png")},
        headers=headers,
    ).status_code


def test_a_picture_that_somebody_else_sends_goes_nowhere(
    console: Console, officer: Officer, client: Client
) -> None:
    case = claimed(console, officer)
    console.place(case, district="武昌")
    owner, other = client(officer), client(console.officer("陈静", district="江汉"))
    colleague = client(console.officer("王磊"))

    answers = [
        post(console, client(None), ""),
        post(console, owner, "wrong"),
        post(console, owner, csrf(owner), origin="https://evil.example"),
        post(console, other, csrf(other)),
        post(console, colleague, csrf(colleague), **{"hx-request": "true"}),
    ]

    assert answers == [401, 403, 403, 404, 409]
    assert pictures(console) == 0
    whats = [entry.details["what"] for entry in console.recorded("console.refused")]
    assert whats == ["stranger", "csrf", "cross_site", "not_seen"]
    assert post(console, owner, csrf(owner)) == 303
    assert pictures(console) == 1


def test_a_picture_is_seen_only_by_those_who_see_the_case(
    console: Console, officer: Officer, client: Client
) -> None:
    case = claimed(console, officer)
    console.place(case, district="武昌")
    owner, other = client(officer), client(console.officer("陈静", district="江汉"))
    post(console, owner, csrf(owner))
    with console.sessions() as db:
        code = db.scalars(select(Message.code).where(Message.author == "officer")).one()
    address = f"/cases/{case.code}/pictures/{code}"

    assert owner.get(address).content == png()
    assert owner.get(address).headers["cache-control"] == "no-store"
    assert other.get(address).status_code == 404
    assert client(None).get(address).status_code == 303


def test_more_than_a_picture_is_not_even_read(
    console: Console, officer: Officer, client: Client
) -> None:
    case = claimed(console, officer)
    owner = client(officer)
    huge = {"picture": ("a.png", bytes(LARGEST + 200_000), "image/png")}
    answer = owner.post(f"/cases/{case.code}/reply", data={"csrf": csrf(owner)}, files=huge)
    assert answer.status_code == 413
