"""What each head is asked, of which texts, and the right answers: the labels of our texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

SIGNALS = (
    "asked_pay",
    "on_line",
    "screen",
    "code",
    "app",
    "secret",
    "threat",
    "profit",
    "isolated",
    "paid",
    "details",
)
UNCLEAR = "unclear"  # the intent of texts of which nobody could tell
# Greetings and wishes are one in eighteen of our harmless texts; each counts so many times.
SAID_OFTEN = 5
HEADS = ("signals", "types", "talk", "stage", UNCLEAR, "scam")  # the longest to learn first


@dataclass(frozen=True)
class Question:
    """One out of many answers (exclusive), or a yes or no for each; a row for each text asked."""

    classes: tuple[str, ...]
    exclusive: bool
    rows: NDArray[np.intp]
    right: NDArray[np.bool_]

    def __getitem__(self, some: NDArray[np.bool_]) -> Question:
        return Question(self.classes, self.exclusive, self.rows[some], self.right[some])


def questions(examples: Sequence[Message]) -> dict[str, Question]:
    """Turn intents, stages and signals into what each head is asked."""
    intents = np.array([m.get(INTENT) for m in examples])
    metadata = [(m.get("metadata") or {}).get("example") or {} for m in examples]
    stages = np.array([d.get("stage", "none") for d in metadata])
    signs = np.array([[s in (d.get("signals") or ()) for s in SIGNALS] for d in metadata])
    is_scam = stages != "none"
    unclear = intents == UNCLEAR
    is_talk = ~is_scam & ~unclear
    # A general question about a scam is neither; it is left out of this head only. What nobody
    # could tell stands in it twice, as a scam and as none: the truth is even odds.
    told = np.r_[np.flatnonzero(stages != "query"), np.flatnonzero(unclear)]
    judged = is_scam[told]
    judged[len(told) - unclear.sum() :] = True
    return {
        "stage": _one_of(stages, ~unclear),
        "types": _one_of(intents, is_scam),
        "scam": Question(("scam",), False, told, judged[:, None]),
        "signals": Question(SIGNALS, False, np.flatnonzero(is_scam), signs[is_scam]),
        "talk": _one_of(intents, np.where(intents == "none", 1, SAID_OFTEN) * is_talk),
        UNCLEAR: Question((UNCLEAR,), False, np.arange(len(intents)), unclear[:, None]),
    }


def _one_of(labels: NDArray[np.str_], times: NDArray[np.generic]) -> Question:
    """Ask each text as many times as said, or not at all."""
    rows = np.repeat(np.arange(len(labels)), times)
    classes = np.unique(labels[rows])
    return Question(tuple(map(str, classes)), True, rows, labels[rows, None] == classes)


def held_out(examples: Sequence[Message]) -> NDArray[np.bool_]:
    """Return which texts the encoder is never tuned on: one in twenty, to calibrate by."""
    return np.array([crc32((m.get(TEXT) or "").encode()) % 20 == 0 for m in examples])
