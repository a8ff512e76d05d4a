"""Transcripts: what is said on the left, what must be in the answer below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
            where = f"line {number}: {text.strip()}\n--- answered ---\n{answer}"
            match kind:
                case "":
                    continue
                case "市民:" | "citizen:":
                    answer = self.line.says(rest)
                case "转发:" | "forwards:":
                    answer = self.line.says(rest, origin="user")
                case "按:" | "presses:":
                    answer = self.line.presses(*rest.split(":"))
                case "民警:" | "officer:":
                    verb, _, outcome = rest.partition(" ")
                    self.line.officer(7, verb, outcome or None)
                    answer = "\n".join(str(body["text"]) for body in self.line.heard)
                case ">":
                    assert rest in answer, where
                case "<":
                    assert rest not in answer, where
                case "=":
                    question, _, values = rest.partition(":")
                    expected = [f"ask:{question}:{value}" for value in values.split()]
                    assert self.line.buttons == expected, where
                case "!":
                    assert rest in "\n".join(self.line.desk_heard), where
                case "*":
                    case = self.line.case
                    assert (f"{case.cause} {case.status}" if case else "") == rest, where
                case _:
                    assert kind.startswith("/"), f"no such line: {text}"
                    answer = self.line.commands(kind[1:], rest)


@pytest.fixture
def play(line: Line, hire: Callable[..., Officer]) -> Play:
    hire(7, "李卫东")
    return Play(line)
