"""A stop-payment request: guided, checked, encrypted, and seen whole by few."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import status, stop_payment
from actions.cases.figures import figures
from actions.cases.models import Case, PaymentState, Status, StopPayment
from actions.officers import store as officers_list
from actions.officers.models import Officer, Role
from actions.outbox.models import OutboxMessage
from actions.vault import Vault
from bot import desk as duty
from bot import officer as officers_way
from bot import stop_pay
from bot.database import Sessions
from bot.desk import Desk
from bot.officer import OfficerSaid
from bot.presses import Press
from tests.line import Line

LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"
CARD, OTHER = "6222021234567890128", "6228481234567890122"
ANSWERS = [CARD, "陈女士", "13971234567", "2万", "15:05", "农业银行", OTHER, "-", "A20260506"]
pytestmark = pytest.mark.usefixtures("noise")


def luhn(number: str) -> str:
    """Return the number with its last digit put right."""
    for last in "0123456789":
        from stdnum import luhn as check

        if check.is_valid(number[:-1] + last):
            return number[:-1] + last
    raise AssertionError


CARD, OTHER = luhn(CARD), luhn(OTHER)
ANSWERS[0], ANSWERS[6] = CARD, OTHER


@pytest.fixture
def vault() -> Vault:
    return Vault(b"k" * 32)


@pytest.fixture
def case(line: Line, desk: Desk, vault: Vault, hire: Callable[..., Officer]) -> Line:
    """A citizen whose case officer 7 has claimed."""
    hire(7, "李卫东")
    hire(8, "王芳")
    line.desk = replace(desk, vault=vault, webhook=True)
    line.says(LIVE)
    line.officer(7, "claim")
    return line


def says(case: Line, words: str, by: int = 7) -> None:
    case.now += timedelta(seconds=1)
    said = OfficerSaid(f"p:{case.now}:{words}", by, str(by), private=True, text=words, ref="9")
    with case.sessions.begin() as db:
        officers_way.take(db, case.desk, said, now=case.now)


def press(case: Line, value: str | None = None, by: int = 7) -> str:
    assert case.case
    case.now += timedelta(seconds=1)
    with case.sessions.begin() as db:
        pressed = Press(by, case.case.code, "stop_pay", value)
        return officers_way.press(db, case.desk, pressed, now=case.now)


def private(case: Line, officer: int = 7) -> list[dict[str, Any]]:
    with case.sessions() as db:
        rows = db.scalars(
            select(OutboxMessage.body)
            .where(OutboxMessage.recipient == str(officer))
            .order_by(OutboxMessage.id)
        )
        return [dict(body) for body in rows]


def filled(case: Line) -> None:
    press(case)
    for words in ("工商银行", *ANSWERS):
        says(case, words)


def request(case: Line) -> StopPayment:
    with case.sessions() as db:
        found = db.scalars(select(StopPayment)).one()
        assert found.case.code
        return found


def test_the_officer_is_asked_field_by_field_and_shown_the_whole(case: Line) -> None:
    assert press(case).startswith("请到私聊里继续")
    assert private(case)[-1]["text"].endswith("市民的开户银行或支付平台？")
    for words in ("工商银行", *ANSWERS):
        says(case, words)

    shown = [body for body in private(case) if "text" in body][-1]
    assert "转账金额：20,000" in shown["text"]
    assert f"••••{CARD[-4:]}" in shown["text"]
    assert "还剩 4 分钟" in shown["text"]  # 15:05 here, and it is 15:30 and some seconds
    assert CARD not in str(private(case))
    assert [b["data"].split(":")[-1] for b in shown["buttons"][0]] == ["send", "form"]


def test_numbers_are_deleted_from_the_chat_they_were_typed_in(case: Line) -> None:
    press(case)
    says(case, "工商银行")
    assert {"delete": "9"} in private(case)


@pytest.mark.parametrize(
    ("before", "words", "said"),
    [
        (1, CARD[:-1] + str((int(CARD[-1]) + 1) % 10), "有一位不对"),
        (1, "12", "8 到 30 位"),
        (3, "12345", "不是有效的电话"),
        (4, "很多", "没看懂金额"),
        (5, "16:05", "还没到"),
        (5, "刚才", "没看懂时间"),
        (5, "2026-01-01 10:00", "超过 30 天"),
        (7, "hello", "不像卡号"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason_and_asked_again(
    case: Line, before: int, words: str, said: str
) -> None:
    press(case)
    for each in ("工商银行", *ANSWERS)[:before]:
        says(case, each)
    says(case, words)
    last = [body for body in private(case) if "text" in body][-1]["text"]
    assert said in last
    assert len(last.splitlines()) == 2


def test_nothing_of_it_can_be_read_in_the_database(case: Line) -> None:
    filled(case)
    press(case, "send")
    with case.sessions() as db:
        for table in ("stop_payment", "outbox_message", "audit_entry", "capture", "message"):
            rows = str(db.execute(text(f'SELECT t::text FROM "{table}" t')).all())
            for secret in (CARD, OTHER, "陈女士", "A20260506", "13971234567"):
                mine = rows.replace("我的电话是13971234567", "").replace("+8613971234567", "")
                assert secret not in mine, (table, secret)


def test_without_the_citys_system_nobody_is_told_that_it_was_sent(case: Line) -> None:
    case.desk = replace(case.desk, webhook=False)
    filled(case)

    assert "还没有发给任何人" in press(case, "send")
    assert "由承办民警转给银行" in case.desk_heard[-1]
    with case.sessions() as db:
        assert not db.scalars(
            select(OutboxMessage).where(OutboxMessage.channel == "webhook")
        ).all()


def test_it_goes_out_by_webhook_and_as_a_pdf_and_a_table_for_the_owner(
    case: Line, vault: Vault
) -> None:
    filled(case)
    assert press(case, "send").startswith("已发出")

    with case.sessions() as db:
        post = db.scalars(select(OutboxMessage).where(OutboxMessage.channel == "webhook")).one()
    sent = json.loads(vault.open(b64decode(post.body["sealed"]), at="outbox_message:body"))
    assert (sent["event"], sent["account"], sent["amount"]) == (
        "stop_payment.sent",
        CARD,
        "2000000",
    )
    files = [body for body in private(case) if "document" in body]
    assert [f["document"].rsplit(".", 1)[1] for f in files] == ["pdf", "csv"]
    table = b64decode(vault.open(b64decode(files[1]["sealed"]), at="outbox_message:body"))
    assert f"账号,{CARD}" in table.decode("utf-8-sig")
    page = b64decode(vault.open(b64decode(files[0]["sealed"]), at="outbox_message:body"))
    assert page.startswith(b"%PDF-1.4")
    assert "紧急止付申请表".encode("utf-16-be").hex().upper().encode() in page


def test_an_incomplete_request_is_not_sent(case: Line) -> None:
    press(case)
    says(case, "工商银行")
    press(case, "send")
    assert request(case).state == PaymentState.DRAFTED


def test_only_the_owner_and_supervisors_see_whole_numbers(
    case: Line, sessions: Sessions, vault: Vault, hire: Callable[..., Officer], now: datetime
) -> None:
    filled(case)
    hire(4, "陈主任", Role.SUPERVISOR)
    with sessions.begin() as db:
        officers = {o.telegram_id: o for o in db.scalars(select(Officer))}
        row = db.scalars(select(StopPayment)).one()
        seen = {n: stop_payment.view(db, vault, row, by=officers[n], now=now) for n in (4, 7, 8)}
    assert [seen[n].whole for n in (4, 7, 8)] == [True, True, False]
    assert seen[7].values["account"] == CARD
    assert seen[8].values["account"] == f"••••{CARD[-4:]}"
    with sessions() as db:
        events = [e.event for e in audit.list_for_case(db, code=case.case.code)]
    assert events.count("stop_payment.seen") == 2


def test_a_colleague_cannot_begin_fill_send_or_get_the_form(case: Line) -> None:
    assert "由 李卫东 负责" in press(case, by=8)
    filled(case)
    assert "由 李卫东 负责" in press(case, "send", by=8)
    press(case, "form", by=8)
    assert [body for body in private(case, 8) if "document" in body] == []
    assert request(case).state == PaymentState.DRAFTED


def test_what_the_bank_answers_is_kept_and_told_without_numbers(case: Line) -> None:
    filled(case)
    press(case, "send")
    press(case, "accepted")
    press(case, "frozen")
    says(case, "30000")  # more than was sent
    assert request(case).state == PaymentState.ACCEPTED
    says(case, "18000")
    assert request(case).state == PaymentState.FROZEN
    assert case.desk_heard[-1] == f"✅ {case.case.code} 已冻结 18,000"
    assert frozen(case) == 1_800_000


def frozen(case: Line) -> int:
    """What the statistics say was frozen, in cents."""
    day, zone = timedelta(days=1), case.desk.region.timezone
    with case.sessions() as db:
        by, vault = officers_list.find(db, telegram_id=7), case.desk.vault
        assert by
        assert vault
        told = figures(db, vault, by, since=case.now - day, until=case.now + day, zone=zone)
    return told.frozen_cents


def merge_into_the_next(case: Line) -> None:
    """Let another citizen call, and Li go on with their case for both."""
    merged = case.case
    case.address = "1002"
    case.says(LIVE)
    case.officer(7, "claim")
    assert merged
    assert case.case
    with case.sessions.begin() as db:
        gone, into = db.get_one(Case, merged.id), db.get_one(Case, case.case.id)
        by = officers_list.find(db, telegram_id=7)
        assert by
        duty.merge(db, case.desk, gone, into=into, by=by, now=case.now)


def test_a_request_of_a_merged_case_is_worked_on_in_the_other(case: Line) -> None:
    filled(case)
    press(case, "send")
    merge_into_the_next(case)

    press(case, "frozen")
    says(case, "18000")

    assert request(case).state == PaymentState.FROZEN
    assert case.desk_heard[-1] == f"✅ {case.case.code} 已冻结 18,000"
    assert frozen(case) == 1_800_000


@pytest.mark.parametrize("in_another", [False, True], ids=["in their case", "in another's"])
def test_it_goes_with_a_citizen_who_is_forgotten_wherever_it_was_worked_on(
    case: Line, *, in_another: bool
) -> None:
    if in_another:
        filled(case)
        mine = case.case
        merge_into_the_next(case)
        press(case, "send")
        case.officer(7, "close", "stopped")
    else:
        filled(case)
        press(case, "send")
        mine = case.case
        case.officer(7, "close", "stopped")
    assert mine
    with case.sessions.begin() as db:  # all of it has left
        db.execute(text("DELETE FROM outbox_message WHERE fleeting"))
        db.execute(text("UPDATE outbox_message SET status = 'sent', settled_at = now()"))
        names = "SELECT count(*) FROM outbox_message WHERE body::text LIKE '%陈女士%'"
        posts = "SELECT count(*) FROM outbox_message WHERE channel = 'webhook' AND body ? 'sealed'"
        assert db.scalar(text(names))
        assert db.scalar(text(posts)) == 1

    case.address = "1001"
    case.presses("forget", "yes")

    with case.sessions() as db:
        assert db.get_one(Case, mine.id).citizen_id is None
        assert db.scalar(text(names)) == 0
        assert db.scalar(text(posts)) == 0


def test_a_refusal_keeps_its_reason_and_ends_it(case: Line) -> None:
    filled(case)
    press(case, "send")
    press(case, "refused")
    says(case, "对方账户已销户")
    assert request(case).state == PaymentState.REFUSED
    assert press(case, "accepted") == "案件状态已变，这一步现在做不了。"


def test_a_field_cannot_be_changed_once_it_was_sent(case: Line, vault: Vault) -> None:
    filled(case)
    press(case, "send")
    with case.sessions.begin() as db:
        row = db.scalars(select(StopPayment)).one()
        owner = db.get_one(Officer, row.drafted_by)
        rules = stop_pay.rules(case.desk.region)
        with pytest.raises(status.IllegalMove):
            stop_payment.fill(db, vault, row, "amount", "1", rules=rules, by=owner, now=case.now)


@contextmanager
def who_has_read(case: Line) -> Iterator[tuple[Session, StopPayment, Officer]]:
    """Somebody who has read the request, and acts only after what others do meanwhile."""
    with case.sessions.begin() as db:
        read, by = db.scalars(select(StopPayment)).one(), officers_list.find(db, telegram_id=7)
        assert by
        assert read.worked_in.status == Status.CLAIMED
        yield db, read, by


def test_a_request_that_two_send_at_once_goes_out_once(case: Line, vault: Vault) -> None:
    filled(case)

    with who_has_read(case) as (db, read, by):
        press(case, "send")
        with pytest.raises(status.IllegalMove):
            stop_pay.send(db, case.desk, vault, read, by=by, now=case.now)

    with case.sessions() as db:
        bodies = [str(body) for body in db.scalars(select(OutboxMessage.body))]
        assert len([body for body in bodies if "stop_payment.sent" in body]) == 1
        assert case.case
        noted = [entry.event for entry in audit.list_for_case(db, code=case.case.code)]
        assert noted.count("stop_payment.sent") == 1


def test_of_two_answers_noted_at_once_the_first_stands(case: Line) -> None:
    filled(case)
    press(case, "send")

    with who_has_read(case) as (db, read, by):
        press(case, "frozen")
        says(case, "18000")
        with pytest.raises(status.IllegalMove):
            stop_pay.note_answer(db, case.desk, read, "refused", "已销户", by=by, now=case.now)

    assert request(case).state == PaymentState.FROZEN
    assert request(case).refused_why is None
    assert frozen(case) == 1_800_000


def test_cancelling_keeps_the_draft_and_lets_one_go_on(case: Line) -> None:
    press(case)
    says(case, "工商银行")
    with case.sessions.begin() as db:
        said = OfficerSaid("c", 7, "7", private=True, command="cancel")
        officers_way.take(db, case.desk, said, now=case.now)
    says(case, "这句话是我作为普通人说的")  # no capture: not a field
    press(case)
    assert private(case)[-1]["text"].endswith("市民的卡号或账号？（发来的号码会从聊天里删掉）")


def test_a_case_that_is_closed_meanwhile_asks_no_further(case: Line) -> None:
    press(case)
    case.officer(7, "close", "paid")
    says(case, "工商银行")
    assert private(case)[-1]["text"] == "案件状态已变，这一步现在做不了。"

    before = private(case)
    says(case, "这句话是我作为普通人说的")  # no capture: not a field
    assert private(case) == before


def test_skip_may_be_typed_and_is_nobodys_name(case: Line) -> None:
    press(case)
    for words in ("工商银行", ANSWERS[0], "跳过"):
        says(case, words)

    assert private(case)[-1]["text"].endswith("市民的电话？")
    assert request(case).holder is None
