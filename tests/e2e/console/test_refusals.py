"""What must not happen: refused, recorded, and nothing has changed."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import text

from actions.cases.models import Case
from actions.officers.models import Officer, Role
from bot import clock
from bot import desk as duty

from .conftest import Client
from .desk import LIVE, Console

POSTS = (
    *("claim", "release", "keep", "hand_over", "snooze"),
    *("merge", "reopen", "close", "reply", "payments"),
)
PAGES = ("/", "/queue", "/search?q=C", "/statistics", "/roster", "/trail")


def state(console: Console) -> list[tuple[object, ...]]:
    """Return everything an officer could change."""
    with console.sessions() as db:
        return [
            tuple(row)
            for table in ("case", "message", "stop_payment", "outbox_message", "timer", "shift")
            for row in db.execute(text(f'SELECT * FROM "{table}" ORDER BY 1'))
        ]


def csrf(signed_in: httpx.Client) -> str:
    """Return what our own page would send along."""
    found = re.search(r'name="csrf" value="([^"]+)"', signed_in.get("/").text)
    assert found
    return found[1]


def whats(console: Console) -> list[object]:
    """Return what was refused, in order."""
    return [entry.details["what"] for entry in console.recorded("console.refused")]


def test_a_stranger_changes_nothing(console: Console, client: Client) -> None:
    console.says(LIVE)
    code, before = console.case().code, state(console)
    stranger = client(None)

    answers = {
        verb: stranger.post(f"/cases/{code}/{verb}", data={"a": "b"}).status_code for verb in POSTS
    }

    assert answers == dict.fromkeys(POSTS, 401)
    assert state(console) == before
    assert whats(console) == ["stranger"] * len(POSTS)


def test_a_stranger_sees_nothing(console: Console, client: Client) -> None:
    console.says(LIVE)
    code = console.case().code

    stranger = client(None)
    answers = [stranger.get(path) for path in (*PAGES, f"/cases/{code}")]

    assert {answer.status_code for answer in answers} == {303}
    assert not any("洗钱" in answer.text or code in answer.text for answer in answers)
    assert whats(console) == ["stranger"] * len(answers)
    assert stranger.get("/events").status_code == 401


def test_an_officer_of_another_district_changes_nothing(console: Console, client: Client) -> None:
    console.says(LIVE)
    case = console.case()
    console.place(case, district="武昌")
    other = client(console.officer("陈静", district="江汉"))
    sent = {"csrf": csrf(other), "text": "你好"}
    before = state(console)

    answers = {
        verb: other.post(f"/cases/{case.code}/{verb}", data=sent).status_code for verb in POSTS
    }

    assert answers == dict.fromkeys(POSTS, 404)
    assert state(console) == before
    assert whats(console) == ["not_seen"] * len(POSTS)
    assert {entry.case_code for entry in console.recorded("console.refused")} == {case.code}


def test_an_officer_of_another_district_sees_no_trace_of_the_case(
    console: Console, client: Client
) -> None:
    console.says(LIVE + "，对方电话13812345678")
    case = console.case()
    console.place(case, district="武昌")
    other = client(console.officer("陈静", district="江汉"))

    pages = (
        "/",
        "/queue",
        "/search",
        "/search?q=13812345678",
        f"/search?q={case.code}",
        "/statistics",
    )
    seen = [path for path in pages if f"/cases/{case.code}" in other.get(path).text]

    assert seen == []
    assert other.get(f"/cases/{case.code}").status_code == 404


def test_a_forged_cookie_opens_nothing(console: Console, client: Client) -> None:
    console.says(LIVE)
    forger = client(None)
    forger.cookies.set("fanzha_desk", "A" * 43)
    before = state(console)

    seen = forger.get("/")
    done = forger.post(f"/cases/{console.case().code}/claim", data={"csrf": "A" * 43})

    assert (seen.status_code, done.status_code) == (303, 401)
    assert state(console) == before
    assert whats(console) == ["forged", "forged"]


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        pytest.param({"origin": "https://evil.example"}, "cross_site", id="another site"),
        pytest.param({"origin": "null"}, "cross_site", id="a hidden site"),
        pytest.param({"sec-fetch-site": "cross-site"}, "cross_site", id="told by the browser"),
        pytest.param({}, "csrf", id="without our page's token"),
        pytest.param({"x-csrf-token": "wrong"}, "csrf", id="with a wrong token"),
    ],
)
def test_a_post_that_our_page_did_not_send_changes_nothing(
    console: Console, client: Client, headers: dict[str, str], what: str
) -> None:
    console.says(LIVE)
    officer = client(console.officer("李卫东"))
    token = csrf(officer) if what == "cross_site" else ""
    before = state(console)

    answer = officer.post(
        f"/cases/{console.case().code}/claim", data={"csrf": token}, headers=headers
    )

    assert answer.status_code == 403
    assert state(console) == before
    assert whats(console) == [what]


def test_a_token_of_another_session_is_no_good(console: Console, client: Client) -> None:
    console.says(LIVE)
    mine = client(console.officer("李卫东"))
    theirs = csrf(client(console.officer("陈静")))

    answer = mine.post(f"/cases/{console.case().code}/claim", data={"csrf": theirs})

    assert answer.status_code == 403
    assert console.case().owner_id is None


def test_a_page_of_another_site_cannot_claim_in_the_officers_browser(
    console: Console, context: BrowserContext, enter: Callable[[Officer], Page]
) -> None:
    console.says(LIVE)
    enter(console.officer("李卫东"))
    page = context.new_page()
    target = f"{console.address}/cases/{console.case().code}/claim"
    page.route(
        "http://evil.test/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method="post" action="{target}"><button>win</button></form>',
        ),
    )

    page.goto("http://evil.test/")
    with page.expect_response("**/claim") as answer:
        page.get_by_role("button").click()

    assert answer.value.status in (401, 403)
    assert console.case().owner_id is None
    assert whats(console)[-1] in ("cross_site", "stranger")


def test_no_other_site_may_frame_the_console_or_run_scripts_in_it(
    console: Console, client: Client
) -> None:
    answer = client(None).get("/sign-in")

    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


def test_a_citizens_words_are_shown_as_words(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    console.says(LIVE + '<img src=x onerror="document.title=1"><script>document.title=2</script>')
    page = enter(console.officer("李卫东"))

    page.goto(f"/cases/{console.case().code}")

    expect(page.locator(".bubble").first).to_contain_text("<script>")
    assert page.locator(".bubble script, .bubble img").count() == 0


@pytest.mark.parametrize("number", ["²", "٣", "9" * 40, "-1", "x"])
def test_what_is_no_number_names_nothing(console: Console, client: Client, number: str) -> None:
    console.says(LIVE)
    code = console.case().code
    signed_in = client(console.officer("周敏", *Role))
    token = csrf(signed_in)

    assert signed_in.get(f"/trail?before={number}").status_code == 200
    assert signed_in.get(f"/cases/{code}/payments/{number}").status_code == 404
    assert signed_in.get(f"/campaigns/{number}").status_code == 404
    for path, field in ((f"/cases/{code}/hand_over", "to"), ("/roster/plan", "officer")):
        answer = signed_in.post(path, data={"csrf": token, field: number})
        assert answer.status_code < 500, path


def test_a_sign_in_is_no_way_to_send_us_megabytes(console: Console) -> None:
    here = {"origin": console.address, "sec-fetch-site": "same-origin"}
    large = {"token": "x" * 100_000}

    assert httpx.post(f"{console.address}/sign-in", data=large, headers=here).status_code == 413


def test_only_supervisors_read_the_audit_log(console: Console, client: Client) -> None:
    dispatcher = client(console.officer("李卫东"))
    supervisor = client(console.officer("周敏", Role.SUPERVISOR))

    assert dispatcher.get("/trail").status_code == 403
    assert "▲ 值班台拒绝了一次请求" in supervisor.get("/trail?only=refused").text


def test_the_audit_log_is_read_in_words_of_the_officers_language(
    console: Console, client: Client
) -> None:
    dispatcher = console.officer("李卫东")
    console.says(LIVE)
    with console.sessions.begin() as db:
        case = db.get_one(Case, console.case().id)
        by = db.get_one(Officer, dispatcher.id)
        duty.claim(db, console.service.desk, case, by=by, now=clock.now())
    client(dispatcher).get("/trail")
    supervisor = client(console.officer("Zhou", Role.SUPERVISOR, language="en"))

    read = supervisor.get("/trail").text

    assert "李卫东 took the case" in read
    assert "not for their role · GET /trail" in read
    assert re.search(r"Citizen \d+", read)
    assert [e for e in ("case.claimed", "console.refused", "citizen:") if e in read] == []
