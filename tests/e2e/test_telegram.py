"""Citizens and officers on Telegram, in both modes, with the real service between them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.double import BotApi, Citizen, Group, Message

if TYPE_CHECKING:
    from conftest import Database, Service

    LineUp = tuple[BotApi, Database, Service]

LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"
SECRET_WORDS = "绿萝巷十七号"
NAME = "欧阳晓岚"
DISPATCH = -1001096110
OFFICER = 7_001
_people = count(20_001)
# The door is the webhook's; long polling has none.
by_webhook = pytest.mark.parametrize("line_up", ["webhook"], indirect=True, scope="module")


@pytest.fixture
def api(line_up: LineUp) -> BotApi:
    return line_up[0]


@pytest.fixture
def citizen(api: BotApi) -> Citizen:
    return api.citizen(next(_people), first_name=NAME)


@pytest.fixture
def officer(api: BotApi) -> Citizen:
    return api.citizen(OFFICER, first_name="卫东")


@pytest.fixture
def desk(api: BotApi) -> Group:
    return api.known_group(DISPATCH)


def card_of(desk: Group, citizen: Citizen, words: str) -> tuple[Message, str]:
    card = desk.wait_for(lambda m: words in m.text and bool(m.buttons), since=0)
    found = re.search(r"C-[0-9A-Z]{5}", card.text)
    assert found
    return card, found.group()


def wait_until(true: Callable[[], object], timeout: float = 8) -> None:
    until = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_citizen_asks_and_is_answered(citizen: Citizen) -> None:
    citizen.says("上个月刷单做任务，垫了两万多提不出来")

    answer = citizen.wait_for("刷单返利")
    assert "拨 110 报案" in answer.text
    assert [data for _, data in answer.buttons] == [
        *("ask:when:today", "ask:when:earlier", "ask:when:not")
    ]


def test_an_update_that_cannot_be_read_stops_nobody_and_its_words_are_nowhere(
    api: BotApi, citizen: Citizen, line_up: LineUp
) -> None:
    half = {"message_id": 1, "date": 1, "chat": {"id": next(_people), "type": "private"}}
    api.update({"message": {**half, "from": {"id": 1}, "text": f"我住在{SECRET_WORDS}"}})

    citizen.says("上个月刷单做任务，垫了两万多提不出来")

    citizen.wait_for("刷单返利")
    wait_until(lambda: line_up[1].value("SELECT count(*) FROM inbox_update WHERE raw IS NOT NULL"))
    assert SECRET_WORDS not in line_up[2].said


def test_a_button_is_confirmed_and_its_answer_taken(citizen: Citizen) -> None:
    citizen.says("上个月刷单做任务，垫了两万多提不出来")
    citizen.wait_for("刷单返利")

    press = citizen.presses("ask:when:earlier")

    citizen.wait_for("不是您的错")
    press.wait_for_answer()  # type: ignore[union-attr]


def test_a_live_fraud_goes_to_an_officer_and_to_its_end(
    citizen: Citizen, officer: Citizen, desk: Group, line_up: LineUp
) -> None:
    words = f"{LIVE}，我在{SECRET_WORDS}，{citizen.id}"
    citizen.says(words)
    urgent = citizen.wait_for("请先停下")
    card, code = card_of(desk, citizen, words)
    assert code in urgent.text
    assert [data for _, data in card.buttons] == [f"case:{code}:claim"]

    claimed = desk.presses(officer, f"case:{code}:claim", card)
    assert claimed.wait_for_answer()["text"] == "已由您接手"
    citizen.wait_for("已经接手")
    edited = desk.wait_for(lambda m: m.id == card.id and "李卫东" in m.text, since=0)
    ends = {f"case:{code}:close:{o}" for o in ("stopped", "paid", "false_alarm", "unreachable")}
    assert ends | {f"case:{code}:release"} <= {data for _, data in edited.buttons}

    citizen.says("他又打来了，我没接")
    citizen.wait_for("已转给民警")
    desk.wait_for(lambda m: code in m.text and "他又打来了" in m.text, since=0)

    desk.presses(officer, f"case:{code}:close:stopped", edited).wait_for_answer()
    citizen.wait_for("钱已止付或冻结")
    closed = desk.wait_for(lambda m: m.id == card.id and "结案" in m.text, since=0)
    assert closed.buttons == []
    db = line_up[1]
    assert db.value(f"SELECT outcome FROM \"case\" WHERE code = '{code}'") == "stopped"


def test_a_stranger_is_refused_politely_and_nothing_changes(
    api: BotApi, citizen: Citizen, desk: Group, line_up: LineUp
) -> None:
    words = f"{LIVE}，{citizen.id}"
    citizen.says(words)
    card, code = card_of(desk, citizen, words)

    press = desk.presses(api.citizen(66_666, first_name="路人"), f"case:{code}:claim", card)

    assert "名单上的值班民警" in press.wait_for_answer()["text"]
    db = line_up[1]
    assert db.value(f"SELECT status FROM \"case\" WHERE code = '{code}'") == "open"


def test_a_press_of_an_old_card_tells_who_has_the_case(
    citizen: Citizen, officer: Citizen, desk: Group
) -> None:
    words = f"{LIVE}，{citizen.id}"
    citizen.says(words)
    card, code = card_of(desk, citizen, words)
    desk.presses(officer, f"case:{code}:claim", card).wait_for_answer()

    again = desk.presses(officer, f"case:{code}:claim", card)

    assert "李卫东 已在" in again.wait_for_answer()["text"]


def test_who_blocked_us_is_marked_and_unmarked_when_they_write(
    api: BotApi, citizen: Citizen, line_up: LineUp
) -> None:
    db = line_up[1]
    blocked = f"SELECT blocked_at IS NOT NULL FROM citizen WHERE address = '{citizen.id}'"
    api.fail_next(status=403, method="sendMessage", chat_id=citizen.id)

    citizen.says("明天武汉下雨吗")
    wait_until(lambda: db.value(blocked))
    citizen.says("明天武汉下雨吗")
    citizen.wait_for("没看出")

    assert db.value(blocked) is False


def test_a_flood_limit_delays_a_reply_and_does_not_lose_it(api: BotApi, citizen: Citizen) -> None:
    api.fail_next(status=429, retry_after=1, method="sendMessage", chat_id=citizen.id)

    citizen.says("明天武汉下雨吗")

    citizen.wait_for("没看出", timeout=15)


def test_a_connection_that_is_cut_loses_nothing(api: BotApi, citizen: Citizen) -> None:
    api.drop_next(method="sendMessage", chat_id=citizen.id)

    citizen.says(f"{LIVE}，{citizen.id}")

    citizen.wait_for("请先停下", timeout=15)


def test_what_telegram_refuses_is_given_up_and_the_next_goes_on(
    api: BotApi, citizen: Citizen
) -> None:
    api.fail_next(status=400, method="sendMessage", chat_id=citizen.id)

    citizen.says("明天武汉下雨吗")
    citizen.says("谢谢")

    citizen.wait_for("不客气")


def test_whatever_a_citizen_sends_is_answered(citizen: Citizen) -> None:
    citizen.sends_sticker()
    citizen.wait_for("看不了")
    citizen.sends_voice()
    citizen.wait_for("看不了")
    citizen.forwards("您的贷款已通过，请先缴纳保证金解冻账户")
    citizen.wait_for("虚假贷款")
    message = citizen.says("你好")
    citizen.wait_for("机器人")
    citizen.edits("请问刷单是怎么骗人的", message)
    citizen.wait_for("这类骗局叫")
    citizen.says("/nonsense")
    citizen.wait_for("没有这个指令")


def test_the_longest_message_is_answered_and_its_card_fits(citizen: Citizen, desk: Group) -> None:
    citizen.says(f"{citizen.id}，{LIVE}" + "，快来" * 1300)

    citizen.wait_for("请先停下")
    desk.wait_for(lambda m: str(citizen.id) in m.text, since=0)


def test_a_group_hears_us_only_when_it_asks(api: BotApi, citizen: Citizen) -> None:
    group = api.group(-(10**12) - citizen.id, title="邻里群")

    group.says(citizen, "公安局让我转账到安全账户")
    group.says(citizen, f"@{api.bot['username']} 请问刷单是怎么骗人的")

    group.wait_for("私聊")
    assert len(group.heard) == 1


def test_machines_hear_that_we_are_up_and_ready(line_up: LineUp) -> None:
    service = line_up[2]

    assert service.get("/healthz").json() == {"status": "up"}
    ready = service.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert (ready.json()["database"], ready.json()["nlu"]) == ("up", "off")
    assert "process_resident_memory_bytes" in service.get("/metrics").text


@by_webhook
def test_nobody_but_telegram_may_post(api: BotApi, line_up: LineUp) -> None:
    url = api.calls_of("setWebhook")[0].params["url"]
    before = line_up[1].value("SELECT count(*) FROM received_message")

    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
        body = {"update_id": 1, "message": {"text": LIVE}}
        reply = httpx.post(url, json=body, headers=headers, trust_env=False)
        assert reply.status_code == 403

    assert line_up[1].value("SELECT count(*) FROM received_message") == before
    refused = "SELECT sum((details->>'count')::int) FROM audit_entry WHERE event='webhook.refused'"
    assert line_up[1].value(refused) == 1  # the second within a second is told with the next


@by_webhook
def test_an_update_that_is_posted_again_changes_nothing_and_is_recorded(
    api: BotApi, line_up: LineUp, citizen: Citizen, desk: Group, officer: Citizen
) -> None:
    door = api.calls_of("setWebhook")[0].params
    url, secret = door["url"], door["secret_token"]
    citizen.says(f"{LIVE}，{citizen.id}")
    card, code = card_of(desk, citizen, f"，{citizen.id}")

    def press(update: int) -> int:
        query = {
            "id": f"press-{update}",
            "from": {"id": OFFICER, "is_bot": False, "first_name": "卫东"},
            "chat_instance": "1",
            "data": f"case:{code}:claim",
        }
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        body = {"update_id": update, "callback_query": query}
        return httpx.post(url, json=body, headers=headers, trust_env=False).status_code

    case = f"SELECT status FROM \"case\" WHERE code = '{code}'"
    replays = "SELECT count(*) FROM audit_entry WHERE event = 'update.repeated'"
    assert (press(777_001), line_up[1].value(case)) == (200, "claimed")
    card = desk.wait_for(lambda m: m.id == card.id and "李卫东" in m.text, since=0)
    desk.presses(officer, f"case:{code}:release", card).wait_for_answer()
    before = int(str(line_up[1].value(replays)))
    assert (press(777_001), line_up[1].value(case)) == (200, "open")
    assert line_up[1].value(replays) == before + 1


def test_what_was_logged_names_nobody_and_quotes_nothing(line_up: LineUp) -> None:
    """Runs last: the log has all of the above in it."""
    api, _, service = line_up

    said = service.said
    assert "outbox.settled" in said  # it does tell of what went wrong
    for private in (LIVE[:8], SECRET_WORDS, NAME, api.token, api.token.partition(":")[2], "刷单"):
        assert private not in said
    assert "Traceback" not in said
