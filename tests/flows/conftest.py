"""Transcripts: what is said on the left, what must be in the answer below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest

from actions.officers.models import Officer
from tests.line import Line


@dataclass(slots=True)
class Play:
    """Plays a script line by line.

    市民: words            the citizen says it        按: money:yes      presses a button
    转发: words            forwards it                民警: claim        the officer presses
    /person               a command
    > words               is in the answer           < words            is not in it
    = money:no about yes  the buttons under it       ! words            reached the officers
    * live claimed        cause and status of the case; `*` alone: there is none
    """

    line: Line

    def __call__(self, script: str) -> None:
        answer = ""
        for number, text in enumerate(script.strip().splitlines(), start=1):
            kind, _, rest = text.strip().partition(" ")
            if not kind:
                continue
            if kind in self.CHECKS:
                where = f"line {number}: {text.strip()}\n--- answered ---\n{answer}"
                assert self._holds(kind, rest, answer), where
            else:
                answer = self._do(kind, rest)

    CHECKS: ClassVar = frozenset("><=!*")

    def _do(self, kind: str, rest: str) -> str:
        match kind:
            case "市民:" | "citizen:":
                return self.line.says(rest)
            case "转发:" | "forwards:":
                return self.line.says(rest, origin="user")
            case "按:" | "presses:":
                return self.line.presses(*rest.split(":"))
            case "民警:" | "officer:":
                verb, _, outcome = rest.partition(" ")
                self.line.officer(7, verb, outcome or None)
                return "\n".join(str(body["text"]) for body in self.line.heard)
        assert kind.startswith("/"), f"no such line: {kind} {rest}"
        return self.line.commands(kind[1:], rest)

    def _holds(self, kind: str, rest: str, answer: str) -> bool:
        match kind:
            case ">":
                return rest in answer
            case "<":
                return rest not in answer
            case "!":
                return rest in "\n".join(self.line.desk_heard)
            case "=":
                question, _, values = rest.partition(":")
                return self.line.buttons == [f"ask:{question}:{v}" for v in values.split()]
        case = self.line.case
        return (f"{case.cause} {case.status}" if case else "") == rest


@pytest.fixture
def play(line: Line, hire: Callable[..., Officer]) -> Play:
    hire(7, "李卫东")
    return Play(line)
