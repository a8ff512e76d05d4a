"""The flood limits: what passes, what is refused and how the violations are counted."""

from __future__ import annotations

import pytest
from telegram import Bot
from telegram.error import RetryAfter

from tests.double import BotApi, Citizen
from tests.double.limits import Limits, Rates
from tests.unit.double.conftest import Run


class Clock:
    """Time that moves only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_thirty_a_second_pass_over_all_chats_and_the_next_waits(clock: Clock) -> None:
    limits = Limits(Rates(), clock)

    waits = [limits.admit(chat, paid=False) for chat in range(1, 32)]
    clock.now += 1
    waits.append(limits.admit(99, paid=False))

    assert waits == [0] * 30 + [1, 0]
    assert limits.violations == {"overall": 1, "private": 0}


def test_a_sender_that_paces_itself_evenly_breaks_nothing(clock: Clock) -> None:
    limits = Limits(Rates(), clock)

    for number in range(300):
        assert limits.admit(number + 1, paid=False) == 0
        clock.now += 1 / 30


def test_one_a_second_passes_to_a_private_chat(clock: Clock) -> None:
    limits = Limits(Rates(), clock)

    assert limits.admit(1, paid=False) == 0
    assert limits.admit(2, paid=False) == 0
    clock.now += 0.5
    assert limits.admit(1, paid=False) == 1
    clock.now += 0.5
    assert limits.admit(1, paid=False) == 0
    assert limits.violations["private"] == 1


def test_a_burst_to_a_private_chat_passes_when_allowed(clock: Clock) -> None:
    limits = Limits(Rates(burst=3), clock)

    assert [limits.admit(1, paid=False) for _ in range(4)] == [0, 0, 0, 3]


def test_twenty_a_minute_pass_to_a_group(clock: Clock) -> None:
    limits = Limits(Rates(), clock)

    assert [limits.admit(-1, paid=False) for _ in range(21)] == [0] * 20 + [60]
    clock.now += 60
    assert limits.admit(-1, paid=False) == 0
    assert limits.violations["group"] == 1


def test_paid_messages_have_a_limit_of_their_own(clock: Clock) -> None:
    limits = Limits(Rates(paid=100), clock)

    assert not any(limits.admit(chat, paid=True) for chat in range(1, 101))
    assert limits.admit(500, paid=True) == 1
    assert limits.admit(501, paid=False) == 0
    assert limits.violations["paid"] == 1


@pytest.mark.parametrize(
    ("method", "edits_count", "counts"),
    [
        ("sendMessage", False, True),
        ("sendPhoto", False, True),
        ("copyMessage", False, True),
        ("forwardMessage", False, True),
        ("sendChatAction", False, False),
        ("editMessageText", False, False),
        ("editMessageText", True, True),
        ("answerCallbackQuery", True, False),
    ],
)
def test_only_messages_count(method: str, edits_count: bool, counts: bool) -> None:
    assert Limits(Rates(edits_count=edits_count)).counts(method) is counts


def test_a_flood_is_answered_with_429_and_counted(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    api.limit(burst=2)

    for _ in range(2):
        run(bot.send_message(1001, "a"))
    with pytest.raises(RetryAfter):
        run(bot.send_message(1001, "a"))

    assert len(citizen.messages) == 2
    assert api.violations == {"private": 1}
    api.unlimit()
    run(bot.send_message(1001, "a"))
    assert api.violations == {}


def test_a_paid_broadcast_goes_past_thirty_a_second(api: BotApi, bot: Bot, run: Run) -> None:
    api.limit()

    for chat_id in range(1, 41):
        run(bot.send_message(chat_id, "a", allow_paid_broadcast=True))

    assert api.violations == {}
