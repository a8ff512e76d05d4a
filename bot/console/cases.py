"""The case that a page is about, and what an officer hears when it refuses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from actions.cases import pictures, status, store, thread
from actions.cases.access import may_see
from actions.cases.models import Case
from bot.console.asking import Ask, NotDone, Refused
from bot.console.refusals import Why

_SAID: Mapping[type[Exception], str] = {
    status.IllegalMove: "illegal",
    status.TooLong: "too_long",
    thread.NobodyThere: "nobody_there",
    thread.Empty: "empty",
    pictures.NotAPicture: "not_a_picture",
    pictures.TooLarge: "picture_too_large",
}
_SAID_TYPES = tuple(_SAID)


def find(ask: Ask) -> Case:
    """Return the case that the address names, or refuse: not there and not theirs are the same."""
    case = store.find(ask.db, code=ask.path("code").upper())
    if case is None:
        raise Refused(Why.NOT_SEEN)
    if not may_see(ask.officer, case):
        raise Refused(Why.NOT_SEEN, case_code=case.code)
    return case


@contextmanager
def refusing(ask: Ask, case: Case, *, verb: str = "") -> Iterator[None]:
    """Say why something could not be done to a case; then nothing has changed."""
    back = f"/cases/{case.code}"
    try:
        yield
    except status.NotAllowed:
        raise Refused(Why.ROLE, case_code=case.code) from None
    except status.AlreadyOwned as fact:
        key = "desk.press.owned" if verb == "claim" else "desk.press.not_yours"
        said = ask.say(key, officer=fact.owner, since=ask.desk.at(fact.since))
        raise NotDone(said, back=back) from None
    except thread.TooLong as fact:
        said = ask.say("console.not_done.words_too_long", longest=str(fact.longest))
        raise NotDone(said, back=back) from None
    except _SAID_TYPES as fact:
        raise NotDone(ask.say(f"console.not_done.{_SAID[type(fact)]}"), back=back) from None
