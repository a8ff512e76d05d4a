"""An officer and a citizen talk through the bot; what each reads, and who may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select, text

from actions.audit import store as audit
from actions.audit.models import AuditEntry
from actions.cases import store as cases
from actions.cases import thread
from actions.cases.models import Case, Message, Outcome, Vanishing
from actions.officers import store as officers_list
from actions.officers.models import Officer, Role
from actions.outbox.models import OutboxMessage, Status
from actions.profiles import store as profiles
from bot import desk as duty
from bot import officer as officers_way
from bot import quietly, relay, texts
from bot.conversation.turn import Unreadable
from bot.database import Sessions
from bot.desk import Desk
from bot.inbound import Inbound, Words
from bot.inbox import receive
from bot.officer import OfficerSaid
from bot.presses import Press
from tests.line import Line

LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"
pytestmark = pytest.mark.usefixtures("noise")
_ids = count(1)


def answers(line: Line, words: str, *, by: int = 7, photo: str | None = None, **more: Any) -> bool:
    """Answer the card in the officers' chat."""
    assert line.case
    said = OfficerSaid(
        external_id=f"officer:{next(_ids)}",
        telegram_id=by,
        chat=line.desk.chat or "",
        private=False,
        text=words,
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


def test_what_a_citizen_presses_is_kept_among_what_they_say(on: Line) -> None:
    on.presses("money", "about")
    on.presses("quiet", "yes")
    with on.sessions() as db:
        assert on.case
        said = [each.text for each in thread.list_for_case(db, case_id=on.case.id)]
    assert said == ["钱转出去了吗？ → 正准备转", "是"]


def test_that_a_citizen_cannot_talk_and_can_again_is_recorded(on: Line) -> None:
    on.says("🤫")
    on.says("我可以说话了")
    with on.sessions() as db:
        assert on.case
        events = [each.event for each in audit.list_for_case(db, code=on.case.code)]
    assert [each for each in events if "went" in each] == ["case.went_quiet", "case.went_loud"]


def test_a_watched_citizens_word_stands_there_without_saying_what_it_is(on: Line) -> None:
    on.commands("word", "黄鹤楼")
    on.says("🤫")
    answers(on, "您现在安全吗？")
    header = bodies(on, on.address)[-1]["text"].splitlines()[0]
    assert header.endswith(" · 黄鹤楼")
    assert "暗号" not in header


def test_pictures_pass_both_ways(on: Line) -> None:
    answers(on, "看这张", photo="file-from-officer")
    assert bodies(on, on.address)[-1]["photo"] == "file-from-officer"

    message = Inbound(
        "telegram", "update:pic", on.address, Unreadable(showable=True), photo="file-from-citizen"
    )
    with on.sessions.begin() as db:
        receive(db, message, understanding=None, desk=on.desk, now=on.now)
    assert bodies(on, on.desk.chat or "")[-1]["photo"] == "file-from-citizen"
    assert bodies(on, on.address)[-1]["text"].startswith("已转给民警")


def sends(line: Line, content: Words | Unreadable, **more: Any) -> None:
    """Let the citizen send something that is no more than words."""
    message = Inbound("telegram", f"update:sent:{next(_ids)}", line.address, content, **more)
    with line.sessions.begin() as db:
        receive(db, message, understanding=None, desk=line.desk, now=line.now)


@pytest.mark.parametrize(
    ("attached", "named"),
    [("voice", "🎤 语音"), ("video", "🎬 视频"), ("file", "📎 文件"), ("place", "📍 位置")],
)
def test_what_we_cannot_read_is_named_to_the_officers_and_copied_to_them(
    on: Line, attached: str, named: str
) -> None:
    sends(on, Unreadable(showable=True), attached=attached, ref="55")

    told, copy = bodies(on, on.desk.chat or "")[-2:]
    assert on.case
    assert told["text"] == f"💬 {on.case.code} 市民：{named}"
    assert (copy["copies"], copy["from"], copy["text"]) == ("55", on.address, on.case.code)
    assert bodies(on, on.address)[-1]["text"].startswith("已转给民警")
    with on.sessions() as db:
        heard = db.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    assert (heard.text, heard.photo) == (named, None)


def test_a_picture_sent_as_a_file_is_copied_and_the_console_can_show_it(on: Line) -> None:
    sends(on, Words("他发来的警官证"), attached="image", photo="file-id", ref="55")

    told, copy = bodies(on, on.desk.chat or "")[-2:]
    assert told["text"].endswith("市民：🖼 图片\n他发来的警官证")
    assert "photo" not in told
    assert copy["copies"] == "55"
    with on.sessions() as db:
        heard = db.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    assert heard.photo == "file-id"


def test_a_card_names_numbers_and_links_in_words(line: Line) -> None:
    line.says("公安局让我把钱转到安全账户，电话还没挂，他的电话 13812345678，网站 bad.example.com")

    assert "线索：电话 +8613812345678 · 链接 bad.example.com" in line.desk_heard[-1]


def test_a_picture_with_the_words_that_open_a_case_reaches_the_officers(line: Line) -> None:
    sends(line, Words("公安局让我把钱转到安全账户，现在电话还没挂"), photo="screenshot", ref="5")

    card, picture = bodies(line, line.desk.chat or "")[-2:]
    assert "安全账户" in card["text"]
    assert picture["photo"] == "screenshot"


def test_without_a_case_a_voice_note_is_answered_by_what_we_can_read(line: Line) -> None:
    before = len(bodies(line, line.desk.chat or ""))

    sends(line, Unreadable(showable=True), attached="voice", ref="5")

    assert "暂时看不了" in bodies(line, line.address)[-1]["text"]
    assert len(bodies(line, line.desk.chat or "")) == before


def test_a_sticker_in_a_case_bothers_nobody(on: Line) -> None:
    before = len(bodies(on, on.desk.chat or ""))

    sends(on, Unreadable(), ref="5")

    assert len(bodies(on, on.desk.chat or "")) == before


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


def read_at(line: Line) -> list[bool]:
    """Whether each message of the case was read, in order."""
    assert line.case
    with line.sessions() as db:
        written = db.scalars(
            select(Message).where(Message.case_id == line.case.id).order_by(Message.id)
        )
        return [each.read_at is not None for each in written]


def marks(line: Line) -> list[dict[str, Any]]:
    with line.sessions() as db:
        rows = db.scalars(
            select(OutboxMessage.body)
            .where(OutboxMessage.recipient.startswith("mark:"))
            .order_by(OutboxMessage.id)
        )
        return [dict(body) for body in rows]


def test_what_was_written_counts_as_read_once_the_other_side_writes(on: Line) -> None:
    answers(on, "您在吗")
    assert read_at(on) == [False]
    on.says("在的")
    assert read_at(on) == [True, False]
    answers(on, "好")
    assert read_at(on) == [True, True, False]


@pytest.mark.parametrize("how", ["presses", "commands"])
def test_whatever_a_citizen_does_in_the_chat_shows_that_they_were_there(
    on: Line, how: str
) -> None:
    answers(on, "您在吗")
    getattr(on, how)("money" if how == "presses" else "help", *["no"][: how == "presses"])
    assert read_at(on)[0]


def test_what_another_citizen_does_does_not(on: Line) -> None:
    answers(on, "您在吗")
    Line(on.sessions, on.desk, on.now, address="4004").says("你好")
    assert read_at(on) == [False]


def test_eyes_under_the_officers_own_message_tell_that_the_citizen_was_there(on: Line) -> None:
    answers(on, "您在吗")  # message 55 of the officers' chat
    assert marks(on) == []
    on.presses("money", "no")
    assert marks(on) == [{"reacts": "👀", "chat": on.desk.chat, "answer": "55"}]
    on.presses("money", "no")
    assert len(marks(on)) == 1


def test_what_was_written_in_the_console_is_marked_where_the_officers_chat_shows_it(
    on: Line,
) -> None:
    with on.sessions.begin() as db:
        case, by = cases.find(db, code=on.case.code), officers_list.find(db, telegram_id=7)
        assert case
        assert by
        relay.write(db, on.desk, case, thread.Written("您在吗"), by=by, now=on.now)
    on.says("在的")
    (mark,) = marks(on)
    with on.sessions() as db:
        shown = db.scalars(
            select(OutboxMessage.body).where(OutboxMessage.dedup_key == mark["reply_to"])
        ).one()
    assert shown["text"].endswith("→ 市民：您在吗")


def test_eyes_under_the_citizens_message_tell_that_the_officer_has_read_it(on: Line) -> None:
    message = Inbound("telegram", "update:m", on.address, Words("在的"), ref="77")
    with on.sessions.begin() as db:
        receive(db, message, understanding=None, desk=on.desk, now=on.now)
    answers(on, "好")
    assert marks(on) == [{"reacts": "👀", "chat": on.address, "answer": "77"}]


def test_a_watched_citizen_sees_no_mark(on: Line) -> None:
    message = Inbound("telegram", "update:m", on.address, Words("🤫"), ref="77")
    with on.sessions.begin() as db:
        receive(db, message, understanding=None, desk=on.desk, now=on.now)
    answers(on, "好")
    assert marks(on) == []
    assert read_at(on) == [True, False]


def test_a_mark_waits_for_nobody_and_nobody_waits_for_it(on: Line) -> None:
    answers(on, "您在吗")
    on.presses("money", "no")
    with on.sessions() as db:
        mark = db.scalars(
            select(OutboxMessage).where(OutboxMessage.recipient.startswith("mark:"))
        ).one()
    assert mark.fleeting
    assert mark.expires_at == on.now + timedelta(minutes=1)


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


@pytest.mark.parametrize(
    ("became", "kept"),
    [
        pytest.param({"status": Status.WAITING}, 1, id="may still be sent"),
        pytest.param({"status": Status.SENDING}, 1, id="is on the wire"),
        pytest.param({"status": Status.FAILED}, 0, id="was refused"),
        pytest.param({"status": Status.EXPIRED}, 0, id="was too late"),
        pytest.param({"status": Status.SENT}, 0, id="has no name in its channel"),
        pytest.param(None, 0, id="is no longer there"),
    ],
)
def test_what_was_to_vanish_is_kept_in_mind_for_as_long_as_it_may_be_sent(
    line: Line, became: dict[str, Status] | None, kept: int
) -> None:
    line.says("🤫")
    with line.sessions.begin() as db:
        ours = select(OutboxMessage).where(OutboxMessage.recipient == line.address)
        for message in db.scalars(ours):
            if became is None:
                db.delete(message)
                continue
            message.status = became["status"]
            if kept == 0:
                message.settled_at = line.now

    for minutes in range(10, 60, 5):
        with line.sessions.begin() as db:
            quietly.sweep(db, now=line.now + timedelta(minutes=minutes))

    with line.sessions() as db:
        assert len(db.scalars(select(Vanishing)).all()) == kept
    assert not [body for body in bodies(line, line.address) if "delete" in body]


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


@pytest.mark.parametrize(
    ("role", "has", "has_not"),
    [
        (Role.DISPATCHER, "/handover", "/campaign"),
        (Role.PUBLISHER, "/campaign", "/handover"),
        (Role.ADMIN, "/handover", "/forget"),
        (Role.ANALYST, "/desk", "/campaign"),
    ],
)
def test_help_tells_officers_what_they_may_write(
    line: Line, hire: Callable[..., Officer], role: Role, has: str, has_not: str
) -> None:
    hire(70, "赵敏", role)
    said = OfficerSaid("private:help", 70, "70", private=True, command="help")
    with line.sessions.begin() as db:
        assert officers_way.take(db, line.desk, said, now=line.now)

    told = bodies(line, "70")[-1]["text"]
    assert has in told
    assert has_not not in told


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


# -- who may act where -----------------------------------------------------------------------


BUTTONS = [
    ("claim", None),
    ("release", None),
    ("close", "stopped"),
    ("keep", None),
    ("snooze", "m30"),
    ("reopen", None),
    ("scripts", None),
    ("say", "police_gov-1"),
    ("stop_pay", None),
]


def place(line: Line, district: str | None) -> None:
    with line.sessions.begin() as db:
        case = cases.find(db, code=line.case.code if line.case else "")
        assert case
        case.district = district


def station(line: Line, telegram_id: int, district: str | None) -> None:
    with line.sessions.begin() as db:
        officer = officers_list.find(db, telegram_id=telegram_id)
        assert officer
        officer.district = district


def standing(line: Line) -> list[Any]:
    """Everything a button could change."""
    with line.sessions() as db:
        tables = ("case", "timer", "message", "stop_payment", "capture", "outbox_message")
        return [tuple(r) for t in tables for r in db.execute(text(f'SELECT * FROM "{t}"'))]


def refusals(line: Line) -> list[tuple[str, str | None, object]]:
    with line.sessions() as db:
        rows = db.scalars(
            select(AuditEntry).where(AuditEntry.event == "case.refused").order_by(AuditEntry.id)
        )
        return [(each.actor, each.case_code, each.details["why"]) for each in rows]


@pytest.mark.parametrize(("verb", "value"), BUTTONS)
def test_a_press_by_an_officer_of_another_district_is_refused_and_recorded(
    line: Line, hire: Callable[..., Officer], verb: str, value: str | None
) -> None:
    officer = hire(8, "王芳")
    line.says(LIVE)
    place(line, "武昌")
    station(line, 8, "汉阳")
    before = standing(line)

    said = press(line, verb, value, by=8)

    assert said == "这起案件属于武昌辖区，由那边的同事处理，您不能操作。"
    assert standing(line) == before
    assert line.case
    assert refusals(line) == [(f"officer:{officer.id}", line.case.code, "another district")]


@pytest.mark.parametrize(
    ("case", "officer", "roles"),
    [
        pytest.param(None, "汉阳", [Role.DISPATCHER], id="a case of no known district"),
        pytest.param("武昌", None, [Role.DISPATCHER], id="an officer of no district"),
        pytest.param("武昌", "武昌", [Role.DISPATCHER], id="an officer of the district"),
        pytest.param("武昌", "汉阳", [Role.SUPERVISOR], id="a supervisor"),
        pytest.param("武昌", "汉阳", [Role.ADMIN], id="an admin"),
    ],
)
def test_a_case_is_open_to(
    line: Line,
    hire: Callable[..., Officer],
    case: str | None,
    officer: str | None,
    roles: list[Role],
) -> None:
    hire(8, "王芳", *roles)
    line.says(LIVE)
    place(line, case)
    station(line, 8, officer)

    assert press(line, "claim", by=8) == "已由您接手"
    assert refusals(line) == []


def test_the_owner_goes_on_when_the_case_turns_out_to_be_of_another_district(
    line: Line, hire: Callable[..., Officer]
) -> None:
    hire(8, "王芳")
    station(line, 8, "汉阳")
    line.says(LIVE)
    press(line, "claim", by=8)
    line.says("我在武昌区")
    assert line.case
    assert line.case.district == "武昌"
    assert "📍 武昌" in line.desk_heard[-2]

    answers(line, "我在", by=8)
    assert bodies(line, line.address)[-1]["text"].endswith("\n我在")
    assert press(line, "release", by=8) == "已退回，等待其他同事"
    assert "武昌辖区" in press(line, "claim", by=8)  # no longer theirs


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.ANALYST])
def test_an_officer_who_works_no_cases_is_refused_and_recorded(
    line: Line, hire: Callable[..., Officer], role: Role
) -> None:
    officer = hire(8, "王芳", role)
    line.says(LIVE)
    before = standing(line)

    assert press(line, "claim", by=8) == "抱歉，只有名单上的值班民警可以操作。"
    assert standing(line) == before
    assert [actor for actor, _, _ in refusals(line)] == [f"officer:{officer.id}"]


def test_an_answer_from_another_district_is_refused_and_recorded(
    on: Line, hire: Callable[..., Officer]
) -> None:
    hire(8, "王芳")
    place(on, "武昌")
    station(on, 8, "汉阳")
    before = len(bodies(on, on.address))

    answers(on, "我来说两句", by=8)

    assert len(bodies(on, on.address)) == before
    assert on.desk_heard[-1].startswith("这起案件属于武昌辖区")
    assert [why for *_, why in refusals(on)] == ["another district"]


def test_a_case_is_not_handed_to_an_officer_of_another_district(
    on: Line, hire: Callable[..., Officer]
) -> None:
    colleague = hire(8, "王芳")
    place(on, "武昌")
    station(on, 8, "汉阳")
    words = f"/handover {on.case.code} {colleague.badge}"
    answers(on, words, command="handover", argument=f"{on.case.code} {colleague.badge}")
    assert on.case.owner is None or on.case.owner_id != colleague.id
    assert on.desk_heard[-1] == "王芳不在这起案件的辖区，不能移交。"


def test_a_case_is_of_the_district_that_its_citizen_lives_in(line: Line) -> None:
    line.says("你好")
    with line.sessions.begin() as db:
        assert line.citizen
        profiles.get(db, citizen_id=line.citizen.id).district = "江岸"
    line.says(LIVE)
    assert line.case
    assert line.case.district == "江岸"


# -- two citizens in one case ----------------------------------------------------------------


@pytest.fixture
def both(on: Line) -> Line:
    """Another citizen, whose case Li has merged into the first one's."""
    first = on.case
    other = Line(on.sessions, on.desk, on.now, address="1002")
    other.says(LIVE)
    assert first
    assert other.case
    with on.sessions.begin() as db:
        by = officers_list.find(db, telegram_id=7)
        case, into = cases.find(db, code=other.case.code), cases.find(db, code=first.code)
        assert by
        assert case
        assert into
        duty.merge(db, on.desk, case, into=into, by=by, now=on.now)
    return other


def test_an_answer_to_the_second_citizens_message_goes_to_them(on: Line, both: Line) -> None:
    both.says("他又打来了")
    shown = on.desk_heard[-1]
    code = re.search(r"M-\w{6}", shown)
    assert code
    said = OfficerSaid(
        external_id="officer:both",
        telegram_id=7,
        chat=on.desk.chat or "",
        private=False,
        text="别接",
        about=re.findall(r"C-\w{5}", shown)[0],
        answers=code.group(),
        ref="56",
    )
    with on.sessions.begin() as db:
        assert officers_way.take(db, on.desk, said, now=on.now)

    assert bodies(on, both.address)[-1]["text"].endswith("\n别接")
    assert "别接" not in str(bodies(on, on.address))


def test_both_citizens_hear_how_the_case_ended(on: Line, both: Line) -> None:
    with on.sessions.begin() as db:
        who = {"address": on.address, "channel": on.channel}
        claimed = select(Case).where(Case.status == "claimed", Case.citizen.has(**who))
        case = db.scalars(claimed).one()
        by = officers_list.find(db, telegram_id=7)
        assert by
        duty.close(db, on.desk, case, Outcome.STOPPED, by=by, now=on.now)

    for address in (on.address, both.address):
        assert bodies(on, address)[-1]["text"].endswith("这次我们帮上忙了吗？")
