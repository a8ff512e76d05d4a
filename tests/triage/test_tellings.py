"""Tellings in several short messages (`tellings.yml`) through the model, the rules and the talk.

As with the named cases: what a careful officer would say after the last line, and `open` where we
still get it wrong. Whether an officer is put on it counts at whatever line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.reports.store import LINES
from actions.triage import wording
from actions.triage.judge import judge
from actions.triage.judgement import Judgement, ScamType, Stage, Verdict
from bot.conversation import flow
from bot.conversation.intents import everyday
from bot.conversation.turn import FileReport, OpenCase, Said, Session
from bot.nlu.client import NluClient

Case = Mapping[str, Any]
TELLINGS: list[Case] = yaml.safe_load(
    (Path(__file__).parent / "tellings.yml").read_text(encoding="utf-8")
)
MOST_OPEN = 0.2  # measured: 15 of 100
DRIFT = 5  # a training on another machine moves what stands on a threshold


@dataclass(frozen=True)
class Told:
    """What came of a telling."""

    judgement: Judgement
    escalated: bool


async def _tell(nlu: NluClient, lines: list[str]) -> Told:
    session, before, escalated = Session(), list[str](), False
    for line in lines:
        model, whole = await nlu.parse(line), None
        own, plain = judge(line, model), wording.plain(line)
        if before:
            together = "\n".join((*before[-LINES:], line))
            whole = judge(together, await nlu.parse(together))
        turn = flow.advance(session, Said(line, own, everyday(plain, model, own), whole=whole))
        session = turn.session
        before += [line] if any(isinstance(each, FileReport) for each in turn.effects) else []
        if any(isinstance(each, OpenCase) for each in turn.effects):
            session, escalated = replace(session, case="C-7K3M9"), True
    assert session.matter
    return Told(session.matter, escalated)


@pytest.fixture(scope="session")
def told(rasa: str) -> list[Told]:
    """What came of each telling, in their order."""

    async def tell() -> list[Told]:
        client = NluClient(rasa, budget=10.0)
        try:
            return [await _tell(client, each["lines"]) for each in TELLINGS]
        finally:
            await client.aclose()

    return asyncio.run(tell())


def _any_of(answers: object) -> list[object]:
    return answers if isinstance(answers, list) else [answers]


def _faults(case: Case, told: Told) -> list[str]:
    """Return what an officer would say differently."""
    judgement, stages = told.judgement, _any_of(case["stage"])
    faults = []
    if judgement.verdict not in _any_of(case["verdict"]):
        faults.append(f"called {judgement.verdict}")
    if judgement.type not in (None, *_any_of(case["type"])) and case["type"]:
        faults.append(f"of type {judgement.type}")
    if told.escalated and Stage.LIVE not in stages:
        faults.append("an officer for nothing")
    if not told.escalated and stages == [Stage.LIVE]:
        faults.append("no officer")
    return faults


def test_each_telling_ends_as_an_officer_would_say(told: list[Told]) -> None:
    wrong = {
        " / ".join(case["lines"]): (faults, case["why"])
        for case, came in zip(TELLINGS, told, strict=True)
        if "open" not in case and (faults := _faults(case, came))
    }

    assert all(each.judgement.nlu == "rasa" for each in told)
    assert len(wrong) <= DRIFT, wrong


def test_no_more_tellings_are_open_than_were() -> None:
    assert sum("open" in case for case in TELLINGS) / len(TELLINGS) <= MOST_OPEN


def test_no_telling_of_a_fraud_under_way_is_waved_off(told: list[Told]) -> None:
    live = [
        (case, came)
        for case, came in zip(TELLINGS, told, strict=True)
        if case["stage"] == Stage.LIVE
    ]
    waved_off = [case["lines"] for case, came in live if came.judgement.verdict == Verdict.NO_SIGN]

    assert len(live) == 50
    assert waved_off == []


def test_every_telling_speaks_our_words() -> None:
    for case in TELLINGS:
        assert set(_any_of(case["verdict"])) <= set(Verdict), case["lines"]
        assert set(_any_of(case["stage"])) <= set(Stage), case["lines"]
        assert set(_any_of(case["type"])) <= {*ScamType, None}, case["lines"]
