"""What the NLU server made of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entity:
    """A piece of the text: `amount`, `time`, `organisation`, `platform`, `payment_channel`."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """Calibrated probabilities; `types` is over the scam types given that it is a scam."""

    intent: str
    intent_confidence: float
    scam: float
    types: Mapping[str, float]
    stage: Mapping[str, float]
    signals: Mapping[str, float]
    entities: tuple[Entity, ...] = ()
    unclear: float = 0.0  # that nobody could tell from these words alone
