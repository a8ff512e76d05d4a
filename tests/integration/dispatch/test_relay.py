"""An officer and a citizen talk through the bot; what each reads, and who may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from actions.cases import store as cases
from actions.cases import thread
from actions.cases.models import Message, Vanishing
from actions.officers import store as officers_list
from actions.officers.models import Officer
from actions.outbox.models import OutboxMessage, Status
from bot import officer as officers_way
from bot import quietly, relay, texts
from bot.conversation.turn import Unreadable
from bot.database import Sessions
from bot.desk import Desk, Press
from bot.inbox import Inbound, receive
from bot.officer import OfficerSaid
from tests.line import Line

LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"
pytestmark = pytest.mark.usefixtures("noise")
_ids = count(1)


@pytest.fixture
def li(hire: Callable[..., Officer]) -> Officer:
    return hire(7, "李卫东")


@pytest.fixture
def on(line: Line, li: Officer) -> Line:
    """A citizen whose case Li has claimed."""
    line.says(LIVE)
    line.officer(li.telegram_id, "claim")
    return line


def answers(line: Line, text: str, *, by: int = 7, photo: str | None = None, **more: Any) -> bool:
    """Answer the card in the officers' chat."""
    assert line.case
    said = OfficerSaid(
        external_id=f"officer:{next(_ids)}",
        telegram_id=by,
        chat=line.desk.chat or "",
        private=False,
        text=text,
        photo=photo,
        about=line.case.code,
        ref="55",
        **more,
    )
    line.now += timedelta(seconds=1)
    with line.sessions.begin() as db:
        return officers_way.take(db, line.desk, said, now=line.now)


def bodies(line: Line, recipient: str) -> list[dict[str, Any]]:
    with line.sessions() as db:
        rows = db.scalars(
            select(OutboxMessage.body)
            .where(OutboxMessage.recipient == recipient)
            .order_by(OutboxMessage.id)
        )
        return [dict(body) for body in rows]


def press(line: Line, verb: str, value: str | None = None, *, by: int = 7) -> str:
    assert line.case
    with line.sessions.begin() as db:
        pressed = Press(by, line.case.code, verb, value)
        return officers_way.press(db, line.desk, pressed, now=line.now)


def test_the_citizen_reads_a_short_name_a_badge_and_the_words(on: Line, li: Officer) -> None:
    answers(on, "请您先挂断电话")

    last = bodies(on, on.address)[-1]["text"]
    assert last.startswith(f"👮 李警官（{li.badge}） · 案件 {on.case.code} · M-")
    assert last.endswith("\n请您先挂断电话")
    assert "李卫东" not in last


def test_the_citizens_words_go_to_the_card_and_they_get_a_receipt(on: Line) -> None:
    answer = on.says("他说要给我发传票")

    assert answer == f"已转给民警（案件 {on.case.code}）。"
    assert on.desk_heard[-1] == f"💬 {on.case.code} 市民：他说要给我发传票"


def test_thanks_and_greetings_go_to_the_officer_too(on: Line) -> None:
    assert on.says("谢谢").startswith("已转给民警")
    assert on.desk_heard[-1].endswith("市民：谢谢")


def test_while_a_person_is_on_the_bot_says_no_more_than_one_line_for_safety(on: Line) -> None:
    answer = on.says("他让我共享屏幕，马上要转账了，电话没挂")
    lines = answer.splitlines()
    assert lines[0].startswith("已转给民警")
    assert len(lines) == 2
    assert lines[1].startswith("🛑 ")


def test_pictures_pass_both_ways(on: Line) -> None:
    answers(on, "看这张", photo="file-from-officer")
    assert bodies(on, on.address)[-1]["photo"] == "file-from-officer"

    message = Inbound(
        "telegram", "update:pic", on.address, Unreadable(picture=True), photo="file-from-citizen"
    )
    with on.sessions.begin() as db:
        receive(db, message, understanding=None, desk=on.desk, now=on.now)
    assert bodies(on, on.desk.chat or "")[-1]["photo"] == "file-from-citizen"
    assert bodies(on, on.address)[-1]["text"].startswith("已转给民警")


def test_only_the_owner_writes_and_a_stranger_is_refused(
    on: Line, hire: Callable[..., Officer]
) -> None:
    hire(8, "王芳")
    before = len(bodies(on, on.address))
    answers(on, "我来说", by=8)
    answers(on, "我是路人", by=666)

    assert len(bodies(on, on.address)) == before
    heard = on.desk_heard[-2:]
    assert "由 李卫东 负责" in heard[0]
    assert heard[1] == "抱歉，只有名单上的值班民警可以操作。"


def test_what_was_written_counts_as_read_once_the_other_side_writes(on: Line) -> None:
    answers(on, "您在吗")
    on.says("在的")
    with on.sessions() as db:
        ours, theirs = db.scalars(
            select(Message).where(Message.case_id == on.case.id).order_by(Message.id)
        ).all()
    assert ours.read_at == on.now
    assert theirs.read_at is None


def test_writing_counts_as_being_at_it(on: Line) -> None:
    answers(on, "我在查")
    with on.sessions() as db:
        case = cases.find(db, code=on.case.code)
        assert case
        timer = thread.status.timers.find(db, case_id=case.id)
    assert timer
    assert timer.since == on.now


def test_the_relay_ends_with_the_case_and_asks_whether_it_helped(on: Line) -> None:
    on.officer(7, "close", "stopped")
    assert on.heard[-1]["text"].endswith("这次我们帮上忙了吗？")
    assert on.buttons == ["ask:helped:yes", "ask:helped:no"]

    before = len(bodies(on, on.address))
    answers(on, "还有一句")
    assert len(bodies(on, on.address)) == before
    assert on.desk_heard[-1] == "案件状态已变，这一步现在做不了。"

    assert "别的" not in on.presses("helped", "no")
    assert on.case.helped is False
    assert on.buttons == ["ask:do:person"]


def test_a_script_is_one_tap_and_reads_in_the_citizens_language(on: Line) -> None:
    press(on, "scripts")
    rows = bodies(on, on.desk.chat or "")[-1]["buttons"]
    assert rows[0][0]["data"] == f"case:{on.case.code}:say:police_gov-1"
    with on.sessions.begin() as db:
        from actions.citizens.models import Citizen

        citizen = db.get_one(Citizen, on.case.citizen_id)
        citizen.language = "en"
    assert press(on, "say", "police_gov-1") == "已发给市民"
    assert "call 110 yourself" in bodies(on, on.address)[-1]["text"]


def test_every_type_has_scripts_in_both_languages() -> None:
    from actions.triage.judgement import ScamType

    for language in texts.LANGUAGES:
        keys = texts.catalogue(language)
        for kind in ScamType:
            assert f"script.{kind}.1" in keys, (language, kind)


def test_an_officers_message_repeats_the_citizens_own_word(on: Line) -> None:
    assert "黄鹤楼" in on.commands("word", "黄鹤楼")
    answers(on, "请放心")
    assert "暗号：黄鹤楼" in bodies(on, on.address)[-1]["text"]
    on.commands("word", "off")
    answers(on, "请放心")
    assert "暗号" not in bodies(on, on.address)[-1]["text"]


def test_verify_knows_our_cases_officers_and_messages(on: Line, li: Officer) -> None:
    answers(on, "请放心")
    code = bodies(on, on.address)[-1]["text"].split("\n")[0].split(" · ")[-1]

    assert on.commands("verify", on.case.code.lower()).startswith("✅")
    assert "李警官" in on.commands("verify", li.badge)
    assert on.commands("verify", code).startswith(f"✅ {code}")


@pytest.mark.parametrize("code", ["C-22222", "P-22222", "M-222222", "hello", "'; DROP TABLE"])
def test_verify_says_when_a_code_is_not_ours(on: Line, code: str) -> None:
    assert on.commands("verify", code).startswith("⚠️")


def test_a_message_to_somebody_else_is_not_verified(on: Line) -> None:
    answers(on, "请放心")
    code = bodies(on, on.address)[-1]["text"].split("\n")[0].split(" · ")[-1]
    other = Line(on.sessions, on.desk, on.now, address="4004")
    assert other.commands("verify", code).startswith("⚠️")


# -- discreet mode ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["我不方便说话", "🤫", "他在我旁边", "I can't talk", "she's standing next to me"]
)
def test_words_that_one_cannot_talk_bring_a_person_quietly(line: Line, words: str) -> None:
    line.says(words)

    assert line.case
    assert line.case.discreet
    body = line.heard[-1]
    assert body["silent"] is True
    shown = str(body)
    for word in ("诈骗", "民警", "警", "scam", "police", "officer"):
        assert word not in shown
    assert "🤫" in line.desk_heard[-1]


@pytest.mark.parametrize(
    "words",
    [
        "领导说他不方便说话，让我先转两万",
        "客服说系统不能说话，只能打字，这是骗局吗",
        "他说他在旁边的银行等我，让我过去转账给他办理解冻手续，我还没有去，现在要怎么办才好",
    ],
)
def test_a_story_about_somebody_who_cannot_talk_is_no_sign(line: Line, words: str) -> None:
    line.says(words)
    assert line.citizen
    assert line.citizen.discreet_since is None


def test_a_watched_citizen_is_asked_in_everyday_words_and_answers_count(line: Line) -> None:
    line.says(LIVE)
    line.presses("quiet", "on")
    assert "ask:money:yes" in line.buttons
    assert "已经付了吗？" in line.heard[-1]["text"]
    line.presses("money", "yes")
    assert any("→ 已经转了" in text for text in line.desk_heard)


def test_what_a_watched_citizen_has_read_is_deleted(line: Line) -> None:
    line.says("🤫")
    ours = _sent(line, "reply:", ref="901")
    line.presses("read", "ok")
    with line.sessions.begin() as db:
        quietly.sweep(db, now=line.now)
    assert {"delete": "901"} in bodies(line, line.address)
    assert ours


def test_unread_messages_go_after_ten_minutes_and_their_own_after_seconds(line: Line) -> None:
    line.says("🤫")
    _sent(line, "reply:", ref="901")
    message = Inbound("telegram", "update:q", line.address, Unreadable(), ref="77")
    with line.sessions.begin() as db:
        receive(db, message, understanding=None, desk=line.desk, now=line.now)
        quietly.sweep(db, now=line.now + timedelta(seconds=16))
    gone = [body["delete"] for body in bodies(line, line.address) if "delete" in body]
    assert sorted(gone) == ["77", "901"]


def test_a_watched_citizens_officer_writes_without_a_title(line: Line, li: Officer) -> None:
    line.says("🤫")
    line.officer(7, "claim")
    answers(line, "要人过去看看吗？")
    body = bodies(line, line.address)[-1]
    assert body["silent"] is True
    assert body["text"].startswith(f"{li.badge} · M-")
    assert "警" not in body["text"]
    with line.sessions() as db:
        case = cases.find(db, code=line.case.code)
        assert case
        assert [each.key for each in relay.scripts(case, line.desk)] == [
            "quiet.1",
            "quiet.2",
            "quiet.3",
            "quiet.4",
        ]


def test_one_who_may_talk_again_is_spoken_to_as_before(line: Line) -> None:
    line.says("🤫")
    assert "恢复正常说话" in line.says("我可以说话了")
    assert line.citizen
    assert line.citizen.discreet_since is None
    assert line.case
    assert not line.case.discreet
    assert "silent" not in line.heard[-1]


def test_everything_goes_with_a_citizen_who_is_forgotten(line: Line, li: Officer) -> None:
    line.says("🤫")
    line.officer(7, "claim")
    answers(line, "您在吗")
    line.says("我可以说话了")
    line.officer(7, "close", "false_alarm")
    line.presses("forget", "yes")
    with line.sessions() as db:
        assert db.scalars(select(Message).where(Message.case_id == line.case.id)).all() == []
        assert db.scalars(select(Vanishing)).all() == []


# -- officers' own commands ------------------------------------------------------------------


def test_an_officer_goes_on_duty_and_off_by_command(line: Line, li: Officer) -> None:
    line.says(LIVE)
    answers(line, "/duty 8", command="duty", argument="8")
    answers(line, "/roster", command="roster")
    answers(line, "/offduty", command="offduty")
    on, roster, off = line.desk_heard[-3:]
    assert on.startswith("🟢 李卫东 在岗，到 ")
    assert f"• 李卫东 {li.badge}" in roster
    assert off.startswith("⚪ 李卫东")


def test_the_sign_in_link_is_given_in_private_only(line: Line, li: Officer, desk: Desk) -> None:
    line.desk = replace(desk, console="https://desk.example")
    line.says(LIVE)
    answers(line, "/desk", command="desk")
    assert line.desk_heard[-1].startswith("登录链接只在私聊里给")
    said = OfficerSaid("private:1", 7, "7", private=True, command="desk")
    with line.sessions.begin() as db:
        assert officers_way.take(db, line.desk, said, now=line.now)
    assert "https://desk.example/sign-in#" in bodies(line, "7")[-1]["text"]


def test_a_citizens_command_is_not_an_officers(line: Line) -> None:
    said = OfficerSaid("private:2", 31337, "31337", private=True, command="duty")
    with line.sessions.begin() as db:
        assert not officers_way.take(db, line.desk, said, now=line.now)


def _sent(line: Line, prefix: str, *, ref: str) -> bool:
    """Let the newest message to the citizen have been sent."""
    with line.sessions.begin() as db:
        message = db.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.recipient == line.address,
                OutboxMessage.dedup_key.startswith(prefix),
            )
            .order_by(OutboxMessage.id.desc())
            .limit(1)
        ).one()
        message.status, message.external_ref = Status.SENT, ref
        return True


def test_a_script_of_another_type_is_refused(on: Line) -> None:
    before = len(bodies(on, on.address))
    assert press(on, "say", "loan-1") == "案件状态已变，这一步现在做不了。"
    assert len(bodies(on, on.address)) == before


def test_a_case_is_not_merged_into_one_of_another_district(
    line: Line, hire: Callable[..., Officer], sessions: Sessions
) -> None:
    hire(8, "王芳")
    codes = []
    for address in ("7101", "7102"):
        citizen = Line(sessions, line.desk, line.now, address=address)
        citizen.says("公安局让我把钱转到安全账户，现在电话还没挂")
        assert citizen.case
        codes.append(citizen.case.code)
    with sessions.begin() as db:
        officer = officers_list.find(db, telegram_id=8)
        theirs = cases.find(db, code=codes[1])
        assert officer
        assert theirs
        officer.district, theirs.district = "武昌区", "汉阳区"

    for order in (codes, codes[::-1]):
        with sessions.begin() as db:
            asked = OfficerSaid(
                f"update:merge:{order[0]}",
                8,
                "8",
                private=True,
                command="merge",
                argument=" ".join(order),
            )
            assert officers_way.take(db, line.desk, asked, now=line.now)

    with sessions() as db:
        found = [cases.find(db, code=code) for code in codes]
        assert [case.status for case in found if case] == ["open", "open"]
