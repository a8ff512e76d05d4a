"""Copies of texts as hurried thumbs write them: letters swapped, lost or doubled, an emoji between.

A model that has only met tidy texts changes its mind over a slip of the thumb. One in five of ours
is learnt a second time with slips in it; which one and which slips hangs on the text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from zlib import crc32

SHARE = 0.2
LETTERS_A_SLIP = 40
TOO_SHORT = 4  # a slip in three letters makes another word of them
EMOJI = "😭🙏😂❗💔😡👍🥺"

Letters = list[str]


def slipped(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the copies, each with the place of its text among those given."""
    for at, text in enumerate(texts):
        chance = Random(crc32(text.encode()))  # noqa: S311  the same at every training
        if chance.random() < SHARE and len(text) >= TOO_SHORT:
            yield at, slip(text, chance)


def slip(text: str, chance: Random) -> str:
    """Return the text with a slip in every forty letters, and at least one."""
    letters = list(text)
    for _ in range(max(1, len(text) // LETTERS_A_SLIP)):
        at = chance.randrange(len(letters) - 1)
        chance.choice(SLIPS)(letters, at, chance)
    return "".join(letters)


def _swap(letters: Letters, at: int, chance: Random) -> None:
    letters[at : at + 2] = reversed(letters[at : at + 2])


def _lose(letters: Letters, at: int, chance: Random) -> None:
    del letters[at]


def _double(letters: Letters, at: int, chance: Random) -> None:
    letters.insert(at, letters[at])


def _feel(letters: Letters, at: int, chance: Random) -> None:
    letters.insert(at, chance.choice(EMOJI))


SLIPS: Sequence[Callable[[Letters, int, Random], None]] = (_swap, _lose, _double, _feel)
