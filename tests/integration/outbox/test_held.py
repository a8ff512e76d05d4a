"""What a sending worker holds without knowing it goes back; what it knows of stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import Session

from actions.outbox import store
from actions.outbox.claim import Claimed
from actions.outbox.models import Status
from bot.held import Held

if TYPE_CHECKING:
    from conftest import Box


def claim(box: Box, held: Held, *, holder: str = "me", heard: bool = True) -> list[Claimed]:
    """Claim whatever is due; the answer may be lost after it was stored."""
    try:
        with held.claiming() as claimed:
            with box.sessions.begin() as db:
                asked = {"channels": ["telegram"], "limit": 10, "now": box.clock.now}
                claimed += store.claim(db, holder=holder, **asked)
            if not heard:
                raise ConnectionError
    except ConnectionError:
        return []
    return claimed


def test_what_is_known_to_be_held_stays(box: Box) -> None:
    message, held = box.put("一"), Held()
    claim(box, held)
    assert held.put_back(box.sessions, holder="me") == 0
    assert box.state(message)[0] == Status.SENDING


@pytest.mark.parametrize("others", ["known", "another's"])
def test_a_claim_that_was_not_heard_goes_back_and_nothing_else_does(box: Box, others: str) -> None:
    held, first = Held(), box.put("一", to="1")
    claim(box, held if others == "known" else Held(), holder="me" if others == "known" else "you")
    second = box.put("二", to="2")
    claim(box, held, heard=False)

    assert held.put_back(box.sessions, holder="me") == 1

    assert box.state(first)[0] == Status.SENDING
    assert box.state(second)[0] == Status.WAITING
    assert held.put_back(box.sessions, holder="me") == 0


def test_what_was_left_alone_goes_back(box: Box) -> None:
    held, message, other = Held(), box.put("一", to="1"), box.put("二", to="2")
    by_id = {each.id: each for each in claim(box, held)}
    held.leave((message, by_id[message].attempts))

    assert held.put_back(box.sessions, holder="me") == 1

    assert box.state(message)[0] == Status.WAITING
    assert box.state(other)[0] == Status.SENDING


@pytest.mark.parametrize("cut", [False, True], ids=["in time", "and the connection is cut"])
def test_what_is_left_alone_while_others_go_back_goes_back_next(box: Box, cut: bool) -> None:
    held, first, second = Held(), box.put("一", to="1"), box.put("二", to="2")
    attempts = {each.id: each.attempts for each in claim(box, held)}
    held.leave((first, attempts[first]))

    class Slow:
        """Sessions of a database that takes its time to put messages back."""

        @contextmanager
        def begin(self) -> Iterator[Session]:
            with box.sessions.begin() as db:
                yield db
                held.leave((second, attempts[second]))
                if cut:
                    raise ConnectionError

    with suppress(ConnectionError):
        held.put_back(Slow(), holder="me")  # type: ignore[arg-type]

    assert held.put_back(box.sessions, holder="me") == (2 if cut else 1)
    assert {box.state(each)[0] for each in (first, second)} == {Status.WAITING}


def test_nothing_goes_back_in_the_middle_of_a_claim(box: Box) -> None:
    held, message = Held(), box.put("一")
    held.leave((0, 0))
    with held.claiming() as claimed:
        with box.sessions.begin() as db:
            asked = {"channels": ["telegram"], "limit": 10, "now": box.clock.now}
            claimed += store.claim(db, holder="me", **asked)
        assert held.put_back(box.sessions, holder="me") == 0
    assert held.put_back(box.sessions, holder="me") == 0
    assert box.state(message)[0] == Status.SENDING
