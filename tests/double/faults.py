"""Faults on demand: what goes wrong, for how many calls, and for which."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Literal

from tests.double.refused import Refused, too_many

Kind = Literal["answer", "hang", "drop"]

_WORDS = {
    400: "Bad Request: chat not found",
    403: "Forbidden: bot was blocked by the user",
    500: "Internal Server Error",
}


@dataclass(slots=True)
class Fault:
    """What the next calls meet. With `done`, the call is carried out and only its answer suffers.

    A fault without a method is for every call but getUpdates, whose number nobody can foresee.
    """

    kind: Kind
    left: int
    method: str | None = None
    chat_id: int | None = None
    status: int = 500
    description: str = ""
    retry_after: int = 1
    seconds: float = 0.0
    done: bool = False

    def hits(self, method: str, chat_id: int | str | None) -> bool:
        """Whether this call meets the fault."""
        asked = method != "getUpdates" if self.method is None else method == self.method
        return asked and (self.chat_id is None or self.chat_id == chat_id)

    def refusal(self) -> Refused:
        """The error that an answering fault gives."""
        if self.status == 429:
            return too_many(self.retry_after)
        words = self.description or _WORDS.get(self.status, "Bad Gateway")
        return Refused(words, self.status)


@dataclass(slots=True)
class Outage:
    """A time in which every call fails in the same way."""

    since: float
    until: float
    fault: Fault


class Faults:
    """Everything that is to go wrong, in the order it was asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._outage: Outage | None = None

    def add(self, fault: Fault) -> None:
        """Ask for a fault."""
        self._faults.append(fault)

    def outage(self, fault: Fault, *, after: float, seconds: float) -> None:
        """Ask for an outage."""
        since = monotonic() + after
        self._outage = Outage(since, since + seconds, fault)

    def heal(self) -> None:
        """Forget every fault."""
        self._faults.clear()
        self._outage = None

    def take(self, method: str, chat_id: int | str | None) -> Fault | None:
        """The fault this call meets, used up by one; None when all is well."""
        if self._outage is not None:
            now = monotonic()
            if now >= self._outage.until:
                self._outage = None
            elif now >= self._outage.since:
                return self._outage.fault
        for fault in self._faults:
            if fault.hits(method, chat_id):
                fault.left -= 1
                if fault.left <= 0:
                    self._faults.remove(fault)
                return fault
        return None
