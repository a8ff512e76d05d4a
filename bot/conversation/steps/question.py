"""What every question has in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from actions.triage import wording
from bot.conversation.turn import Choice, Line, Prompt

LONGEST_ANSWER = 48  # columns; longer words describe something and are judged as such


@dataclass(frozen=True, slots=True)
class Question:
    """One fact to learn. `words` maps a value to the pattern of free words that mean it,
    the most specific first.
    """

    name: str
    values: tuple[str, ...]
    words: Mapping[str, re.Pattern[str]]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The buttons, one a value."""
        return tuple(Choice(self.name, v, f"{self.name}.choice.{v}") for v in self.values)

    @property
    def line(self) -> Line:
        """The question itself."""
        return Line(f"{self.name}.ask")

    def ask(self) -> Prompt:
        """Return the question as a message of its own."""
        return Prompt((self.line,), self.choices)

    def ask_again(self, opening: str = "ask_again") -> Prompt:
        """Return the question to somebody who said "mm" to it: that is none of its answers."""
        return Prompt((Line(opening), self.line), self.choices)

    def understand(self, plain: str) -> str | None:
        """Return the value that short free words stand for, or None."""
        if wording.columns(plain) > LONGEST_ANSWER:
            return None
        return wording.first_said(plain, self.words)


# "嗯", "好" and "ok" say that one has read, not that it is so.
YES = r"^(?:是|是的|对|对的|有|yes|yeah|yep|yup|y)[\s。.!,~了的啊呀]*$"
NO = r"^(?:不|都?没|都?没有|都?没有呢|还没|还没有|都?不是|不用|no|nope|not yet|n|none|none of (?:these|those|them)|neither|nothing)[\s。.!,~了的啊呀]*$"
NOT_GONE = (
    r"(?:没|未|不)(?!有人|太)[^。，,人]{0,4}(?:转|付|给|交|汇|充|打(?!电话|字|110|扰))"
    r"|(?:haven't|have not|didn't|did not|not|never) (?:yet )?(?:paid|pay|sent|send|transferr?ed|transfer)"
)
