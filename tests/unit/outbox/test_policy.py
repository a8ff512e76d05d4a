"""What to do after a sending attempt."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from actions.outbox.models import Lane
from actions.outbox.policy import PATIENCE, GiveUp, RetryAt, Unavailable, next_attempt


@pytest.mark.parametrize(
    ("lane", "attempts", "seconds"),
    [
        (Lane.URGENT, 1, 1),
        (Lane.URGENT, 2, 2),
        (Lane.URGENT, 5, 15),
        (Lane.URGENT, 1000, 15),
        (Lane.REPLY, 1, 2),
        (Lane.REPLY, 2, 4),
        (Lane.WARNING, 2, 10),
        (Lane.BULK, 7, 320),
    ],
)
def test_the_wait_doubles_up_to_a_limit(
    now: datetime, lane: Lane, attempts: int, seconds: int
) -> None:
    again = next_attempt(Unavailable("away"), lane=lane, attempts=attempts, now=now)

    assert again == RetryAt(now + timedelta(seconds=seconds))


@pytest.mark.parametrize("lane", list(Lane))
def test_the_channels_own_wait_is_never_undercut(now: datetime, lane: Lane) -> None:
    flood = Unavailable("flood limit", wait=timedelta(hours=3))

    assert next_attempt(flood, lane=lane, attempts=1, now=now) == RetryAt(now + timedelta(hours=3))


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.WARNING, Lane.BULK])
def test_in_the_end_it_is_given_up(now: datetime, lane: Lane) -> None:
    last = PATIENCE[lane].attempts
    assert last is not None

    tried = next_attempt(Unavailable("away"), lane=lane, attempts=last, now=now)

    assert tried == GiveUp()


def test_an_urgent_message_is_never_given_up(now: datetime) -> None:
    tried = next_attempt(Unavailable("away"), lane=Lane.URGENT, attempts=10**9, now=now)

    assert isinstance(tried, RetryAt)
