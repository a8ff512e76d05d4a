"""What goes wrong on demand, and only where and as often as asked."""

from __future__ import annotations

import time

import httpx
import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from tests.double import BotApi, Citizen
from tests.double.people import Group
from tests.unit.double.conftest import Run


def test_the_next_calls_fail_and_the_one_after_them_does_not(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    api.fail_next(2, 500)

    for _ in range(2):
        with pytest.raises(NetworkError, match="Internal Server Error"):
            run(bot.send_message(1001, "a"))
    run(bot.send_message(1001, "b"))

    assert [message.text for message in citizen.messages] == ["b"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, BadRequest), (403, Forbidden), (429, RetryAfter), (502, NetworkError)],
)
def test_every_kind_of_refusal_can_be_had(
    api: BotApi, bot: Bot, run: Run, status: int, error: type[Exception]
) -> None:
    api.fail_next(status=status)

    with pytest.raises(error):
        run(bot.send_message(1001, "a"))
    assert api.calls[-1].status == status


def test_a_429_says_how_long_to_wait(api: BotApi, raw: httpx.Client) -> None:
    api.fail_next(status=429, retry_after=3600)

    assert raw.post("sendMessage", json={"chat_id": 1, "text": "a"}).json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 3600",
        "parameters": {"retry_after": 3600},
    }


def test_a_proxys_error_is_a_page_not_json(api: BotApi, raw: httpx.Client) -> None:
    api.fail_next(status=502)

    assert raw.post("getMe").headers["content-type"] == "text/html"


def test_a_refusal_can_have_its_own_words(api: BotApi, bot: Bot, run: Run) -> None:
    api.fail_next(status=403, description="Forbidden: user is deactivated")

    with pytest.raises(Forbidden, match="user is deactivated"):
        run(bot.send_message(1001, "a"))


def test_a_fault_meets_only_its_method_and_its_chat(api: BotApi, bot: Bot, run: Run) -> None:
    api.fail_next(method="sendMessage", chat_id=1001)

    run(bot.get_me())
    run(bot.send_message(2002, "a"))
    with pytest.raises(NetworkError):
        run(bot.send_message(1001, "a"))


def test_polls_meet_a_fault_only_when_it_names_them(api: BotApi, bot: Bot, run: Run) -> None:
    api.fail_next()
    run(bot.get_updates())
    api.fail_next(method="getUpdates")

    with pytest.raises(NetworkError):
        run(bot.get_updates())


def test_a_download_can_fail(api: BotApi, bot: Bot, run: Run, citizen: Citizen) -> None:
    sent = citizen.sends_document(b"x")
    file = run(bot.get_file(sent.raw["document"]["file_id"]))
    api.fail_next(method="file")

    with pytest.raises(NetworkError):
        run(file.download_as_bytearray())
    assert bytes(run(file.download_as_bytearray())) == b"x"


def test_a_hanging_call_is_carried_out_late(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    api.hang_next(seconds=0.2)
    since = time.monotonic()

    run(bot.send_message(1001, "a"))

    assert time.monotonic() - since > 0.2
    assert len(citizen.messages) == 1


@pytest.mark.parametrize(("done", "arrived"), [(False, 0), (True, 1)])
def test_who_hangs_up_first_has_sent_only_what_was_done(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, done: bool, arrived: int
) -> None:
    api.hang_next(seconds=5, done=done)

    with pytest.raises(TimedOut):
        run(bot.send_message(1001, "a", read_timeout=0.1))

    time.sleep(0.05)
    assert len(citizen.messages) == arrived
    assert api.calls[-1].status == 0


@pytest.mark.parametrize(("done", "arrived"), [(False, 0), (True, 1)])
def test_a_cut_connection_may_have_done_its_work(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, done: bool, arrived: int
) -> None:
    api.drop_next(done=done)

    with pytest.raises(NetworkError):
        run(bot.send_message(1001, "a"))

    assert len(citizen.messages) == arrived
    assert api.calls[-1].status == 0


def test_a_blocked_chat_refuses_until_it_is_unblocked(api: BotApi, bot: Bot, run: Run) -> None:
    api.block(1001)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        run(bot.send_message(1001, "a"))
    run(bot.send_message(2002, "a"))

    api.unblock(1001)
    run(bot.send_message(1001, "a"))
    assert api.pending_updates == 0


def test_a_citizen_who_blocks_the_bot_is_told_of(bot: Bot, run: Run, citizen: Citizen) -> None:
    citizen.blocks()
    with pytest.raises(Forbidden):
        run(bot.send_chat_action(1001, "typing"))
    citizen.unblocks()

    left, back = run(bot.get_updates())
    assert left.my_chat_member.new_chat_member.status == "kicked"
    assert back.my_chat_member.new_chat_member.status == "member"
    assert left.effective_user.id == 1001


def test_a_group_that_moved_says_where_to(api: BotApi, bot: Bot, run: Run) -> None:
    old = api.group(-77, kind="group")
    new = old.migrates()

    with pytest.raises(ChatMigrated) as moved:
        run(bot.send_message(-77, "a"))
    run(bot.send_message(moved.value.new_chat_id, "b"))

    assert isinstance(new, Group)
    assert new.id == moved.value.new_chat_id == -10077
    assert new.heard[-1].text == "b"
    away, here = run(bot.get_updates())
    assert away.message.migrate_to_chat_id == -10077
    assert here.message.migrate_from_chat_id == -77


def test_in_an_outage_nothing_is_answered_not_even_open_polls(
    api: BotApi, bot: Bot, run: Run
) -> None:
    api.outage(0.3, after=0.1)

    with pytest.raises(NetworkError):
        run(bot.get_updates(timeout=5))
    with pytest.raises(NetworkError):
        run(bot.get_me())

    time.sleep(0.35)
    run(bot.get_me())


def test_an_outage_can_answer_and_can_be_ended(api: BotApi, bot: Bot, run: Run) -> None:
    api.outage(status=500)
    with pytest.raises(NetworkError):
        run(bot.get_me())

    api.heal()

    run(bot.get_me())
