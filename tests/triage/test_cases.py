"""Named cases (`cases.yml`) through the model and the rules together.

A case says what a careful officer would: `verdict`, `type` and `stage` are one answer or a list
of those one could defend. `open` marks one that we still get wrong, and says how: on record.
A mistake found in use becomes a case here first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.triage.judge import judge
from actions.triage.judgement import Judgement, ScamType, Stage, Verdict
from bot.nlu.client import NluClient

Case = Mapping[str, Any]
CASES: list[Case] = yaml.safe_load(
    (Path(__file__).parent / "cases.yml").read_text(encoding="utf-8")
)
MOST_OPEN = 0.12  # measured: 35 of 350
DRIFT = 5  # a training on another machine moves what stands on a threshold


@pytest.fixture(scope="session")
def judged(rasa: str) -> dict[str, Judgement]:
    """Every case's judgement, by its name."""

    async def ask() -> dict[str, Judgement]:
        client = NluClient(rasa, budget=10.0)
        try:
            return {
                case["name"]: judge(case["text"], await client.parse(case["text"]))
                for case in CASES
            }
        finally:
            await client.aclose()

    return asyncio.run(ask())


def _any_of(answers: object) -> list[object]:
    return answers if isinstance(answers, list) else [answers]


def _faults(case: Case, judgement: Judgement) -> list[str]:
    """Return what an officer would say differently."""
    asked = {"verdict": judgement.verdict, "type": judgement.type, "stage": judgement.stage}
    return [
        f"{what}: {said}, not {case[what]}"
        for what, said in asked.items()
        if case.get(what) and said not in _any_of(case[what])
    ]


def test_each_case_is_judged_as_an_officer_would(judged: dict[str, Judgement]) -> None:
    wrong = {
        case["name"]: (faults, case["why"])
        for case in CASES
        if "open" not in case and (faults := _faults(case, judged[case["name"]]))
    }

    assert all(judgement.nlu == "rasa" for judgement in judged.values())
    assert len(wrong) <= DRIFT, wrong


def test_no_more_cases_are_open_than_were() -> None:
    assert sum("open" in case for case in CASES) / len(CASES) <= MOST_OPEN


def test_no_fraud_under_way_is_waved_off_even_where_its_case_is_open(
    judged: dict[str, Judgement],
) -> None:
    live = [case for case in CASES if case.get("stage") == Stage.LIVE]
    waved_off = [c["name"] for c in live if judged[c["name"]].verdict == Verdict.NO_SIGN]

    assert len(live) > 80
    assert waved_off == []


def test_every_case_has_a_name_of_its_own_and_speaks_our_words() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert set(_any_of(case["verdict"])) <= set(Verdict), case["name"]
        assert set(_any_of(case.get("stage", "none"))) <= {*Stage, None}, case["name"]
        assert set(_any_of(case.get("type"))) <= {*ScamType, None}, case["name"]
        assert case["why"], case["name"]


def test_every_type_is_there_and_what_is_no_fraud_foremost() -> None:
    for kind in ScamType:
        assert sum(kind in _any_of(case.get("type")) for case in CASES) >= 8, kind
    harmless = [c for c in CASES if set(_any_of(c["verdict"])) & {"no_sign"}]
    assert len(harmless) >= len(CASES) / 4
