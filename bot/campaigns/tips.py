"""The tip that fits one citizen, out of `content/`: what `/tips` and "a tip, please" give.

The kind of scam they last met comes first: a warning of the very kind one is about to meet works,
a general one hardly does. Then what they chose to tell us, then the day. Pure but for the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from actions.campaigns import lint
from actions.campaigns.content import Kind, Piece

CONTENT = Path(__file__).resolve().parents[2] / "content"
KINDS = frozenset({Kind.TIP, Kind.QUIZ, Kind.SEASON})  # an alert is for those it is sent to
MET, TOPIC, FITS = 8, 4, 1


@dataclass(frozen=True, slots=True)
class About:
    """What we may go by; all of it is given by choice, or None."""

    met: str | None = None  # the kind of scam they last told us of
    topics: frozenset[str] = frozenset()
    age: str | None = None
    occupation: str | None = None
    district: str | None = None


@cache
def shelf() -> dict[str, Piece]:
    """Return every piece by name."""
    return lint.load(CONTENT)


def choose(pieces: Iterable[Piece], about: About, *, day: date, nth: int = 0) -> Piece | None:
    """Return the piece that fits best on this day; `nth` goes on to the following ones."""
    fitting = [
        piece
        for piece in pieces
        if piece.kind in KINDS and piece.in_season(day) and _is_for(piece, about)
    ]
    fitting.sort(key=lambda piece: (-_score(piece, about), _draw(piece.name, day)))
    return fitting[nth % len(fitting)] if fitting else None


def _is_for(piece: Piece, about: About) -> bool:
    """Tell whether nothing we know speaks against it. Of topics only interest is known."""
    known = {
        "ages": about.age,
        "occupations": about.occupation,
        "districts": about.district,
    }
    return all(
        known.get(name) is None or known[name] in values for name, values in piece.audience.items()
    )


def _score(piece: Piece, about: About) -> int:
    score = MET if about.met and piece.type == about.met else 0
    if piece.type in about.topics:
        score += TOPIC
    audience = piece.audience
    for name, own in (("ages", about.age), ("occupations", about.occupation)):
        if name in audience:
            score += FITS if own else 0
    return score


def _draw(name: str, day: date) -> str:
    return hashlib.sha256(f"{day}:{name}".encode()).hexdigest()
