"""The one path from a text to a verdict: chat messages and `fanzha assess` both take it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from actions.indicators import store as indicators
from actions.indicators.extract import Found, extract, is_official
from actions.triage.judge import judge
from actions.triage.judgement import Judgement
from actions.triage.understanding import Understanding


@dataclass(frozen=True, slots=True)
class Assessment:
    """A judgement with the indicators the text names."""

    judgement: Judgement
    indicators: tuple[Found, ...]


def assess(
    db: Session, text: str, *, understanding: Understanding | None, country: str
) -> Assessment:
    """Judge a text by the model, the rules and what earlier reports named."""
    found = extract(text, region=country)
    known = bool(found) and indicators.any_known(db, found)
    official = is_official(found)
    return Assessment(judge(text, understanding, known=known, official=official), found)
