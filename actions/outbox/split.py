"""Cut a long text where a reader would pause. Pure."""

from __future__ import annotations

import re

LONGEST = 4096  # characters a channel takes in one message, counted as UTF-16 does
LONGEST_CAPTION = 1024  # the same below a picture

# Better places first: between paragraphs, lines, sentences, parts of a sentence, words.
_PAUSES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[。！？…]+[”’」』）]*|[.!?]+[\"')]*(?=\s)"),
    re.compile(r"[，、；：]|[,;:](?=\s)"),
    re.compile(r"\s"),
)


def length(text: str) -> int:
    """Return how long a text is to the channel: an emoji counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, *, longest: int = LONGEST) -> list[str]:
    """Return the text in parts that are short enough, none of them empty."""
    parts = []
    while length(text) > longest:
        end = _end(text, longest)
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    if text or not parts:
        parts.append(text)
    return [part for part in parts if part] or [text]


def _end(text: str, longest: int) -> int:
    room = longest
    while length(text[:room]) > longest:
        room -= (length(text[:room]) - longest + 1) // 2
    for pause in _PAUSES:
        ends = [each.end() for each in pause.finditer(text, 0, room)]
        if ends and ends[-1] > room // 2:
            return ends[-1]
    return room
