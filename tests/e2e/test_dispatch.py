"""A live fraud from the citizen's message to the outcome, and whom the desk refuses.

The real service and the Bot API double. Nobody waits for an alert's minutes: what a timer counts
from is moved back in the database.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from actions.officers import store as officers
from actions.officers.models import Role
from tests.double import BotApi, BotApiDouble, Citizen, Group, Message

if TYPE_CHECKING:
    from conftest import Database, Host, Service

DISPATCH = -1001096110
LI, WANG, CHEN, ZHAO, SUN, STRANGER = 7_001, 7_002, 7_003, 7_004, 7_005, 66_667
LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"
CARD, TO_CARD = "6222021234567890128", "6228481234567890122"
PICTURE = b"\xff\xd8\xff\xe0" + bytes(200)
_people = count(50_001)


def luhn(number: str) -> str:
    """Return the number with its last digit put right."""
    digits = [int(digit) for digit in number[:-1]][::-1]
    total = sum(d if n % 2 else sum(divmod(d * 2, 10)) for n, d in enumerate(digits))
    return number[:-1] + str(-total % 10)


@dataclass
class World:
    """A running service, its database, and everybody on Telegram."""

    api: BotApi
    db: Database
    service: Service

    @property
    def desk(self) -> Group:
        return self.api.known_group(DISPATCH)

    def person(self, id_: int | None = None) -> Citizen:
        return self.api.citizen(id_ or next(_people), first_name="某人")

    def opens(self, citizen: Citizen, words: str = LIVE) -> tuple[Message, str]:
        """Let a citizen tell of a live fraud; return the card and the case's code."""
        said = f"{words}，{citizen.id}"
        citizen.says(said)
        card = self.desk.wait_for(lambda m: said in m.text and bool(m.buttons), since=0)
        found = re.search(r"C-[0-9A-Z]{5}", card.text)
        assert found
        return card, found.group()

    def waits(self, code: str, seconds: int) -> None:
        """Let the case have waited this much longer."""
        moved = text(
            "UPDATE timer SET since = since - :gone, due_at = due_at - :gone"
            ' WHERE case_id = (SELECT id FROM "case" WHERE code = :code)'
        )
        with self.db.engine.begin() as connection:
            connection.execute(moved, {"gone": timedelta(seconds=seconds), "code": code})

    def events(self, code: str) -> list[str]:
        with self.db.engine.connect() as connection:
            asked = text("SELECT event FROM audit_entry WHERE case_code = :code ORDER BY id")
            return list(connection.scalars(asked, {"code": code}))

    def case(self, code: str, column: str) -> object:
        return self.db.value(f"SELECT {column} FROM \"case\" WHERE code = '{code}'")

    def message_with(self, place: Citizen | Group, kind: str = "document") -> Message:
        return place.wait_for(lambda m: kind in m.raw)


@pytest.fixture(scope="module")
def world(module_host: Host, new_database: Callable[[], Database]) -> Iterator[World]:
    with BotApiDouble() as api:
        api.group(DISPATCH)
        db = new_database()
        with db.sessions.begin() as session:
            for id_, name, role, district in (
                (WANG, "王芳", Role.DISPATCHER, None),
                (CHEN, "陈建国", Role.SUPERVISOR, None),
                (ZHAO, "赵强", Role.DISPATCHER, "武昌"),
                (SUN, "孙丽", Role.DISPATCHER, "汉阳"),
            ):
                officers.add(session, telegram_id=id_, name=name, roles=[role], district=district)
        service = module_host.start(
            DATABASE_URL=db.url,
            TELEGRAM_TOKEN=api.token,
            TELEGRAM_API=api.url,
            DISPATCH_CHAT_ID=str(DISPATCH),
            TELEGRAM_RATE="0",  # a group takes 20 messages a minute, and these are many cases
        )
        service.wait_until_running()
        yield World(api, db, service)
        assert service.stop() == 0
        assert "Traceback" not in service.said


@pytest.fixture
def li(world: World) -> Citizen:
    return world.person(LI)


@pytest.fixture
def citizen(world: World) -> Citizen:
    return world.person()


def test_a_live_fraud_from_the_message_to_whether_it_helped(world: World, li: Citizen) -> None:
    citizen, wang, chen = world.person(), world.person(WANG), world.person(CHEN)
    desk = world.desk
    li.says("/duty 8")
    li.wait_for("李卫东 在岗")
    card, code = world.opens(citizen)

    # Nobody claims it: first who is on duty hears of it in private, then the supervisor.
    world.waits(code, 60)
    alarm = li.wait_for(f"🚨🚨 {code}")
    assert LIVE in alarm.text
    desk.wait_for(f"⏰ {code}")
    world.waits(code, 60)
    world.waits(code, 60)
    chen.wait_for(f"🚨🚨🚨 {code}", timeout=10, since=0)
    assert not [message for message in wang.heard if code in message.text]  # not on duty

    # The officer claims it where they were told.
    assert li.presses(f"case:{code}:claim", alarm).wait_for_answer()["text"] == "已由您接手"  # type: ignore[union-attr]
    citizen.wait_for("👮 李警官")
    card = desk.wait_for(lambda m: m.id == card.id and "李卫东" in m.text, since=0)

    # They talk: who it is, and proof of it.
    desk.replies(li, card, "请先挂断电话，我在这里")
    told = citizen.wait_for("请先挂断电话，我在这里")
    badge = re.search(r"P-[0-9A-Z]{5}", told.text)
    ours = re.search(r"M-[0-9A-Z]{6}", told.text)
    assert badge
    assert ours
    assert "李警官" in told.text.splitlines()[0]
    citizen.sends_photo(PICTURE, "他发来的截图")
    shown = world.message_with(desk, "photo")
    assert code in shown.text
    assert "他发来的截图" in shown.text
    citizen.sends_voice()
    heard = world.message_with(desk, "voice")
    assert code in heard.text
    assert "forward_origin" not in heard.raw  # officers do not learn whose it was
    for genuine in (code, badge.group(), ours.group()):
        citizen.says(f"/verify {genuine}")
        citizen.wait_for(f"✅ {genuine}")
    other = world.person()
    other.says(f"/verify {ours.group()}")
    other.wait_for("⚠️")

    # The money.
    desk.presses(li, f"case:{code}:stop_pay", card).wait_for_answer()
    _fill_in(li)
    draft = li.wait_for(lambda m: "转账金额：20,000" in m.text)
    assert luhn(CARD) not in str([message.text for message in li.messages])
    li.presses(f"case:{code}:stop_pay:send", draft).wait_for_answer()  # type: ignore[union-attr]
    forms = [world.message_with(li)]
    assert forms[0].raw["document"]["file_name"].startswith(code)
    sent = desk.wait_for(f"🏦 {code} 止付申请已填好", since=0)
    desk.presses(li, f"case:{code}:stop_pay:accepted", sent).wait_for_answer()
    taken = desk.wait_for(f"🏦 {code} 银行已受理", since=0)
    desk.presses(li, f"case:{code}:stop_pay:frozen", taken).wait_for_answer()
    li.wait_for("冻结了多少")
    li.says("18000")
    desk.wait_for(f"✅ {code} 已冻结 18,000", since=0)

    # The end.
    desk.presses(li, f"case:{code}:close:stopped", card).wait_for_answer()
    asked = citizen.wait_for("这次我们帮上忙了吗", since=0)
    citizen.presses("ask:helped:yes", asked)
    desk.wait_for(f"👍 {code}", since=0)
    assert (world.case(code, "outcome"), world.case(code, "helped")) == ("stopped", True)
    desk.replies(li, card, "还有一句")
    desk.wait_for("这一步现在做不了")
    events = world.events(code)
    for event in (
        "case.opened",
        "case.alerted",
        "case.claimed",
        "message.to_citizen",
        "message.from_citizen",
        "case.closed",
        "case.helped",
    ):
        assert event in events


def _fill_in(officer: Citizen) -> None:
    ten_minutes_ago = "10分钟前"
    for question, answer in (
        ("开户银行", "工商银行"),
        ("卡号或账号", luhn(CARD)),
        ("户名", "陈女士"),
        ("市民的电话", "13971234567"),
        ("转了多少", "2万"),
        ("什么时候转的", ten_minutes_ago),
        ("收款银行", "农业银行"),
        ("收款账号", luhn(TO_CARD)),
        ("收款户名", "-"),
        ("订单号", "A20260506"),
    ):
        officer.wait_for(question)
        officer.says(answer)


def test_one_who_is_watched_is_asked_quietly_and_what_was_read_goes(
    world: World, li: Citizen, citizen: Citizen
) -> None:
    citizen.says("他在我旁边，我不方便说话")
    first = citizen.wait_for("看完的消息会自己消失")
    calls = world.api.calls_of("sendMessage", citizen.id)
    assert all(call.params.get("disable_notification") for call in calls)
    card = world.desk.wait_for(lambda m: "🤫" in m.text and bool(m.buttons), since=0)
    found = re.search(r"C-[0-9A-Z]{5}", card.text)
    assert found
    code = found.group()
    world.desk.presses(li, f"case:{code}:claim", card).wait_for_answer()
    citizen.wait_for("有新进展")
    world.desk.replies(li, card, "您现在安全吗？")
    asked = citizen.wait_for("您现在安全吗？")
    assert "警" not in asked.text

    citizen.presses("ask:quiet:no", asked)
    world.desk.wait_for(f"💬 {code} 市民：否", since=0)
    citizen.presses("ask:read:ok", asked)
    _until(lambda: asked.id not in {m.id for m in citizen.messages})
    _until(lambda: first.id not in {m.id for m in citizen.messages}, 25)


def test_a_strangers_press_and_reply_and_a_colleagues_change_nothing(
    world: World, li: Citizen, citizen: Citizen
) -> None:
    card, code = world.opens(citizen)
    stranger, wang, desk = world.person(STRANGER), world.person(WANG), world.desk

    press = desk.presses(stranger, f"case:{code}:claim", card)
    assert "名单上的值班民警" in press.wait_for_answer()["text"]
    desk.replies(stranger, card, "把钱转给我")
    desk.wait_for("名单上的值班民警")
    assert world.case(code, "status") == "open"
    assert world.events(code) == ["case.opened", "case.refused", "case.refused"]

    desk.presses(li, f"case:{code}:claim", card).wait_for_answer()
    citizen.wait_for("已经接手", since=0)
    desk.replies(wang, card, "我来说两句")
    desk.wait_for("由 李卫东 负责")
    lost = desk.presses(wang, f"case:{code}:claim", card)
    assert "李卫东 已在" in lost.wait_for_answer()["text"]
    heard = [message.text for message in citizen.heard]
    assert not [words for words in heard if "把钱转给我" in words or "我来说两句" in words]


def test_a_press_from_another_district_changes_nothing(world: World, citizen: Citizen) -> None:
    here, elsewhere, desk = world.person(ZHAO), world.person(SUN), world.desk
    card, code = world.opens(citizen, f"我在武昌区，{LIVE}")
    assert "📍 武昌" in card.text

    refused = desk.presses(elsewhere, f"case:{code}:claim", card).wait_for_answer()
    said = "这起案件属于武昌辖区，由那边的同事处理，您不能操作。"
    assert refused == {"text": said, "show_alert": True}
    desk.replies(elsewhere, card, "我来说两句")
    desk.wait_for("这起案件属于武昌辖区")
    elsewhere.says(f"/reopen {code}")
    elsewhere.wait_for("这起案件属于武昌辖区")
    assert world.case(code, "status") == "open"
    assert world.events(code) == ["case.opened", *["case.refused"] * 3]

    taken = desk.presses(here, f"case:{code}:claim", card).wait_for_answer()
    assert taken == {"text": "已由您接手", "show_alert": False}
    heard = [message.text for message in citizen.heard]
    assert not [words for words in heard if "我来说两句" in words]


def test_a_case_of_no_known_district_is_everybodys(world: World, citizen: Citizen) -> None:
    card, code = world.opens(citizen)
    pressed = world.desk.presses(world.person(SUN), f"case:{code}:claim", card)
    assert pressed.wait_for_answer()["text"] == "已由您接手"


def test_what_was_read_is_marked_on_both_sides(
    world: World, li: Citizen, citizen: Citizen
) -> None:
    card, code = world.opens(citizen)
    desk = world.desk
    desk.presses(li, f"case:{code}:claim", card).wait_for_answer()
    written = desk.replies(li, card, "您在吗")
    citizen.wait_for("您在吗")
    assert "reaction" not in _now(desk, written)

    answer = citizen.says("在的")
    _until(lambda: _eyes(desk, written))
    assert not _eyes(citizen, answer)
    desk.replies(li, card, "好，别挂")
    _until(lambda: _eyes(citizen, answer))


def _now(place: Citizen | Group, message: Message) -> dict[str, Any]:
    return next(m.raw for m in place.messages if m.id == message.id)


def _eyes(place: Citizen | Group, message: Message) -> bool:
    return _now(place, message).get("reaction") == [{"type": "emoji", "emoji": "👀"}]


def test_a_picture_from_the_console_reaches_the_citizen_and_both_chats_show_it(
    world: World, li: Citizen, citizen: Citizen
) -> None:
    card, code = world.opens(citizen)
    world.desk.presses(li, f"case:{code}:claim", card).wait_for_answer()
    li.says("/desk")
    link = re.search(r"(http://\S+)/sign-in#(\S+)", li.wait_for("值班台").text)
    assert link
    address, token = link.groups()
    with httpx.Client(base_url=address, headers={"origin": address}, trust_env=False) as browser:
        browser.post("/sign-in", data={"token": token})
        page = browser.get(f"/cases/{code}").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)
        assert csrf
        fields = {"csrf": csrf[1], "text": "是这个人吗？"}
        sent = browser.post(
            f"/cases/{code}/reply", data=fields, files={"picture": ("a.png", png(), "image/png")}
        )
        assert sent.status_code == 303

        shown = world.message_with(citizen, "photo")
        assert shown.text.endswith("\n是这个人吗？")
        assert "李警官" in shown.text
        echoed = world.desk.wait_for(
            lambda m: "photo" in m.raw and "是这个人吗" in m.text, since=0
        )
        assert echoed.text.startswith(f"👮 {code} 李卫东 → 市民：")
        _until(lambda: world.db.value("SELECT count(*) FROM picture") == 0)
        page = browser.get(f"/cases/{code}").text
        picture = re.search(rf'src="(/cases/{code}/pictures/M-\w{{6}})"', page)
        assert picture
        answer = browser.get(picture[1])
        assert (answer.headers["content-type"], answer.content) == ("image/png", png())


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (20, 90, 160)).save(out, "PNG")
    return out.getvalue()


def test_an_officer_hears_that_the_citizen_has_stopped_the_bot(
    world: World, li: Citizen, citizen: Citizen
) -> None:
    card, code = world.opens(citizen)
    world.desk.presses(li, f"case:{code}:claim", card).wait_for_answer()
    citizen.wait_for("已经接手", since=0)
    citizen.blocks()
    world.desk.replies(li, card, "您在吗")
    world.desk.wait_for(f"⚠️ {code}：刚才的话没有送到，市民停用了机器人")
    assert "message.undelivered" in world.events(code)


def test_an_officers_commands(world: World, li: Citizen, citizen: Citizen) -> None:
    wang, desk = world.person(WANG), world.desk
    _, code = world.opens(citizen)
    for place_says in (lambda words: li.says(words), lambda words: desk.says(li, words)):
        place_says("/duty 8")
        place_says("/roster")
    li.wait_for("现在在岗", since=0)
    desk.wait_for("现在在岗", since=0)
    li.says("/duty 99")
    li.wait_for("1 到 24")

    desk.says(li, "/desk")
    desk.wait_for("只在私聊里给")
    li.says("/desk")
    link = re.search(r"http://\S+/sign-in#\S+", li.wait_for("值班台").text)
    assert link
    assert httpx.get(link.group(), timeout=5, trust_env=False).status_code == 200
    token = link.group().partition("#")[2]
    kept = f"SELECT count(*) FROM outbox_message WHERE body::text LIKE '%{token}%'"
    _until(lambda: world.db.value(kept) == 0)

    li.says(f"/snooze {code} 30")
    li.wait_for("这一步现在做不了")
    card = desk.wait_for(lambda m: code in m.text and bool(m.buttons), since=0)
    desk.presses(li, f"case:{code}:claim", card).wait_for_answer()
    li.says(f"/snooze {code} 30")
    li.wait_for("30 分钟后提醒您")
    li.says(f"/handover {code} 没有这个人")
    li.wait_for("请写：/handover")
    li.says(f"/handover {code} 王芳")
    wang.wait_for(code, since=0)
    citizen.wait_for("👮 王警官", since=0)
    li.says("/merge")
    li.wait_for("请写：/merge")
    wang_card = desk.wait_for(lambda m: m.id == card.id and "王芳" in m.text, since=0)
    desk.presses(wang, f"case:{code}:close:false_alarm", wang_card).wait_for_answer()
    li.says(f"/reopen {code}")
    li.wait_for("已重新打开")
    li.says("/offduty")
    li.wait_for("已下岗")


def test_a_citizen_has_no_officers_commands(world: World, citizen: Citizen) -> None:
    citizen.says("/desk")
    answer = citizen.wait_for()
    assert "sign-in" not in answer.text
    citizen.says("/duty 8")
    citizen.wait_for()
    assert "在岗" not in " ".join(message.text for message in citizen.heard)


def _until(true: Callable[[], Any], timeout: float = 8) -> None:
    until = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_where_the_chat_keeps_topics_a_case_has_its_own(
    host: Host, new_database: Callable[[], Database]
) -> None:
    with BotApiDouble() as api:
        group = api.group(DISPATCH, forum=True)
        db = new_database()
        service = host.start(
            DATABASE_URL=db.url,
            TELEGRAM_TOKEN=api.token,
            TELEGRAM_API=api.url,
            DISPATCH_CHAT_ID=str(DISPATCH),
        )
        service.wait_until_running()
        world, li = World(api, db, service), api.citizen(LI, first_name="卫东")
        citizen = world.person()
        card, code = world.opens(citizen)
        group.presses(li, f"case:{code}:claim", card).wait_for_answer()
        topic = group.wait_for(lambda m: "forum_topic_created" in m.raw, since=0)
        assert topic.raw["forum_topic_created"]["name"].startswith(code)

        named = f"SELECT external_ref FROM outbox_message WHERE dedup_key = 'case:{code}:topic'"
        _until(lambda: db.value(named))
        citizen.says("他让我别挂")
        told = group.wait_for("他让我别挂")
        assert told.raw["message_thread_id"] == topic.id
        group.says(li, "请挂断", reply_to=topic.id, message_thread_id=topic.id)
        citizen.wait_for("请挂断")
        group.presses(li, f"case:{code}:close:stopped").wait_for_answer()
        group.wait_for(lambda m: "forum_topic_closed" in m.raw, since=0)
        assert service.stop() == 0
