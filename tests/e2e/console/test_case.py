"""Working a case in the browser: claim, talk, stop the payment, close."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import select

from actions.audit import store as audit
from actions.cases.models import Case, Message, PaymentState, StopPayment
from actions.officers.models import Officer, Role
from actions.outbox.models import OutboxMessage
from bot import clock
from bot import desk as duty

from .conftest import Client
from .desk import LIVE, Console

CARD = "6222020200112233446"


def claimed(console: Console, officer: Officer, citizen: str = "1001") -> Case:
    """Return a case that this officer has claimed."""
    console.says(LIVE, citizen=citizen)
    case = console.case(citizen)
    with console.sessions.begin() as db:
        own, by = db.get_one(Case, case.id), db.get_one(Officer, officer.id)
        duty.claim(db, console.service.desk, own, by=by, now=clock.now())
    return console.case(citizen)


def test_what_comes_again_and_again_is_one_line_of_the_timeline(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    console.says(LIVE)
    code = console.case().code
    with console.sessions.begin() as db:
        for event in ("case.nobody_alerted",) * 3 + ("case.kept", "case.nobody_alerted"):
            audit.record(db, event, actor=audit.SYSTEM, now=clock.now(), case_code=code)
    page = enter(console.officer("李卫东"))

    page.goto(f"/cases/{code}")

    lines = page.locator(".entry.event", has_text="没有人可以提醒")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("共 3 次，最近一次")
    expect(lines.last).not_to_contain_text("次")


def test_an_officer_claims_talks_and_closes(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    console.says(LIVE)
    code = console.case().code
    page = enter(console.officer("李卫东"))
    page.goto(f"/cases/{code}")

    page.locator("#do-claim").click()
    expect(page.locator("#casehead")).to_contain_text("您在处理")
    page.locator("#reply").fill("您好，我是值班民警，先把电话挂掉。")
    page.locator("#send").click()
    expect(page.locator(".entry.officer")).to_contain_text("先把电话挂掉")
    expect(page.locator("#reply")).to_have_value("")
    console.says("好的，挂了")
    expect(page.locator(".entry.citizen").last).to_contain_text("好的，挂了")
    page.locator("#casehead").get_by_text("结案", exact=True).first.click()
    page.locator("#close-stopped").click()
    expect(page.locator("#casehead.closed")).to_contain_text("止付成功")

    assert console.case().outcome == "stopped"
    with console.sessions() as db:
        sent = [
            str(body.get("text", ""))
            for body in db.scalars(
                select(OutboxMessage.body).where(OutboxMessage.recipient == "1001")
            )
        ]
    assert any("先把电话挂掉" in text for text in sent)


def test_a_script_is_put_into_the_answer_and_not_yet_sent(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("李卫东")
    case = claimed(console, officer)
    page = enter(officer)
    page.goto(f"/cases/{case.code}")

    page.locator("[data-script]").first.click()

    expect(page.locator("#reply")).not_to_have_value("")
    with console.sessions() as db:
        assert db.scalars(select(Message).where(Message.author == "officer")).all() == []


def test_what_the_officer_is_writing_survives_what_the_citizen_says_meanwhile(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("李卫东")
    case = claimed(console, officer)
    page = enter(officer)
    page.goto(f"/cases/{case.code}")
    page.wait_for_selector("#state[data-state=live]")

    page.locator("#reply").fill("请把对方的")
    console.says("他又打来了，我怎么办")
    expect(page.locator(".entry.citizen").last).to_contain_text("他又打来了")

    expect(page.locator("#reply")).to_have_value("请把对方的")
    expect(page.locator("#reply")).to_be_focused()


def test_a_case_is_handed_over_snoozed_released_and_reopened(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer, colleague = console.officer("李卫东"), console.officer("陈静")
    case = claimed(console, officer)
    page = enter(officer)
    page.goto(f"/cases/{case.code}")

    page.locator("#casehead").get_by_text("稍后提醒", exact=True).click()
    page.get_by_role("button", name="30 分钟").click()
    expect(page.locator("#timeline")).to_contain_text("再提醒")
    page.locator("#casehead").get_by_text("移交", exact=True).first.click()
    page.locator("#to").select_option(str(colleague.id))
    page.locator("#do-hand_over").click()
    expect(page.locator("#casehead")).to_contain_text("陈静 在处理")

    assert console.case().owner_id == colleague.id


def test_two_cases_become_one(console: Console, enter: Callable[[Officer], Page]) -> None:
    officer = console.officer("李卫东")
    case, other = claimed(console, officer), claimed(console, officer, "1002")
    page = enter(officer)
    page.goto(f"/cases/{case.code}")

    page.locator("#casehead").get_by_text("并案", exact=True).first.click()
    page.locator("#into").fill(other.code[2:].lower())
    page.locator("#do-merge").click()

    expect(page.locator("#casehead")).to_contain_text(other.code)
    assert console.case("1001").merged_into_id == other.id


def test_a_stop_payment_request_is_checked_sent_and_answered(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("李卫东")
    case = claimed(console, officer)
    page = enter(officer)
    page.goto(f"/cases/{case.code}")

    page.locator("#begin-payment").click()
    page.wait_for_url("**/payments/*")
    page.locator("#f-bank").fill("工商银行")
    page.locator("#f-account").fill(CARD[:-1] + "0")
    page.locator("#f-amount").fill("5万")
    page.locator("#f-paid_at").fill("5分钟前")
    page.locator("#send-payment").click()
    expect(page.locator("#e-account")).to_be_visible()
    expect(page.locator("#e-to_account")).to_contain_text("要填")
    expect(page.locator("#f-amount")).to_have_value("50,000")
    page.locator("#f-account").fill(luhn(CARD))
    page.locator("#f-to_account").fill("98765432109")
    page.locator("#send-payment").click()
    expect(page.locator("#payment-state")).to_have_text("已发出")
    expect(page.locator("#countdown")).to_have_text(re.compile(r"^2[45]:\d\d$"))
    page.locator("#frozen").fill("32000")
    page.locator("#frozen-payment").click()
    expect(page.locator("#payment-state")).to_have_text("已冻结")

    with console.sessions() as db:
        request = db.scalars(select(StopPayment)).one()
        assert request.state == PaymentState.FROZEN
        assert b"98765432109" not in (request.to_account or b"")
    for kind, magic in (("pdf", "%PDF"), ("csv", "")):
        with page.expect_download() as got:
            page.get_by_role("link", name=kind.upper()).click()
        assert got.value.path().read_bytes().startswith(magic.encode())


def luhn(card: str) -> str:
    """Return the card with the check digit it should have."""
    from stdnum import luhn

    return card[:-1] + str(luhn.calc_check_digit(card[:-1]))


def test_a_colleague_sees_no_whole_number(console: Console, client: Client) -> None:
    officer = console.officer("李卫东")
    case = claimed(console, officer)
    owner = client(officer)
    page = owner.get(f"/cases/{case.code}").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    fields = {"csrf": token[1], "account": luhn(CARD), "to_account": "98765432109", "then": "keep"}
    owner.post(f"/cases/{case.code}/payments", data={"csrf": token[1]})
    with console.sessions() as db:
        number = db.scalars(select(StopPayment.id)).one()
    assert owner.post(f"/cases/{case.code}/payments/{number}", data=fields).status_code == 200

    colleague = client(console.officer("陈静"))
    seen = colleague.get(f"/cases/{case.code}/payments/{number}").text

    assert luhn(CARD) in owner.get(f"/cases/{case.code}/payments/{number}").text
    assert "98765432109" not in seen
    assert "2109" in seen
    assert colleague.get(f"/cases/{case.code}/payments/{number}/pdf").status_code == 403


def test_what_the_bank_answers_is_told_in_the_officers_chat(
    console: Console, client: Client
) -> None:
    officer = console.officer("李卫东")
    case = claimed(console, officer)
    with console.sessions.begin() as db:
        db.add(
            StopPayment(
                case_id=case.id, state="sent", drafted_by=officer.id, drafted_at=clock.now()
            )
        )
    with console.sessions() as db:
        number = db.scalars(select(StopPayment.id)).one()
    owner = client(officer)
    token = re.search(r'name="csrf" value="([^"]+)"', owner.get(f"/cases/{case.code}").text)
    assert token

    answer = {"csrf": token[1], "answer": "accepted"}
    owner.post(f"/cases/{case.code}/payments/{number}/answer", data=answer)

    with console.sessions() as db:
        told = db.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1)).one()
    assert told.recipient == str(console.service.desk.chat)
    assert case.code in str(told.body["text"])
    assert "受理" in str(told.body["text"])


def test_a_case_shows_the_other_cases_that_name_its_number(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    for citizen, district in (("1", "武昌"), ("2", "武昌"), ("3", "江汉")):
        console.says(LIVE + "，对方电话13812345678", citizen=citizen)
        console.place(console.case(citizen), district=district)
    page = enter(console.officer("李卫东", district="武昌"))

    page.goto(f"/cases/{console.case('1').code}")

    expect(page.locator("#leads")).to_contain_text(console.case("2").code)
    expect(page.locator("#leads")).not_to_contain_text(console.case("3").code)
    expect(page.locator("#leads")).to_contain_text("其他辖区 1 件")


def test_a_case_is_found_by_a_part_of_a_phone_and_by_its_code(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    console.says(LIVE + "，对方电话13812345678", citizen="1")
    console.says(LIVE, citizen="2")
    page = enter(console.officer("李卫东"))
    page.goto("/search")

    page.locator("#q").fill("12345678")
    expect(page.locator("#found tbody tr")).to_have_count(1)
    expect(page.locator("#found")).to_contain_text(console.case("1").code)
    page.locator("#q").fill(console.case("2").code[2:].lower())
    expect(page.locator("#found")).to_contain_text(console.case("2").code)
    page.locator("#q").fill("没有这个")
    expect(page.locator("#found")).to_contain_text("没有找到")


def test_an_officer_goes_on_duty_and_a_supervisor_plans_the_next(
    console: Console, enter: Callable[[Officer], Page]
) -> None:
    officer = console.officer("周敏", Role.SUPERVISOR)
    page = enter(officer)
    page.goto("/roster")
    expect(page.locator("#duty")).to_contain_text("现在没有人在岗")

    page.get_by_role("button", name="上岗 8 小时").click()

    expect(page.locator("#duty tbody")).to_contain_text("周敏")
    expect(page.locator("#go-off")).to_be_visible()
