"""The training texts: enough of each, no copies, templates or contradictions, nobody's data."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import pytest
import yaml

from actions.triage.judgement import ScamType, Signal, Stage
from bot.nlu.train import TEXTS

EVERYDAY = (
    *("greet", "thanks", "help", "ask_tip", "person", "stop"),
    *("language", "is_it_you", "affirm", "deny", "forget"),
)
VOICES = {
    *("first", "relative", "pasted", "forwarded_chat", "transcript", "voice_note", "typo"),
    *("dialect", "hktw", "elderly", "teen", "denial", "panic", "terse", "formal", "long", "mixed"),
}
NEAR = 0.7
RUN = 3
Example = tuple[str, str, dict[str, Any], str]  # intent, language, metadata, text


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    found = []
    for file in sorted(TEXTS.glob("*.yml")):
        language = file.name.split(".")[1]
        for group in yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            found += [
                (group["intent"], language, each["metadata"], each["text"])
                for each in group["examples"]
            ]
    return found


def test_every_type_has_enough_texts_in_both_languages(examples: list[Example]) -> None:
    counts = Counter((intent, language) for intent, language, _, _ in examples)

    for kind in ScamType:
        assert counts[kind, "zh"] >= 150, kind
        assert counts[kind, "en"] >= 60, kind
    for intent in EVERYDAY:
        assert counts[intent, "zh"] >= 40, intent
        assert counts[intent, "en"] >= 20, intent
    assert counts["none", "zh"] >= 900
    assert counts["none", "en"] >= 400


def test_every_text_says_its_stage_voice_and_signals_in_known_words(
    examples: list[Example],
) -> None:
    for intent, _, metadata, text in examples:
        assert metadata["stage"] in set(Stage), text
        assert metadata["voice"] in VOICES, text
        assert set(metadata["signals"]) <= set(Signal), text
        assert (metadata["stage"] == Stage.NONE) == (intent not in set(ScamType)), text


def test_no_two_texts_are_nearly_the_same(examples: list[Example]) -> None:
    pieces = [_pieces(text) for _, _, _, text in examples]
    where: dict[str, list[int]] = defaultdict(list)
    near = []
    for i, mine in enumerate(pieces):
        shared = Counter(j for piece in mine for j in where[piece])
        near += [
            (examples[i][3], examples[j][3])
            for j, n in shared.items()
            if n / (len(mine) + len(pieces[j]) - n) > NEAR
        ]
        for piece in mine:
            where[piece].append(i)

    assert near == []


def _pieces(text: str) -> set[str]:
    text = re.sub(r"\s+", "", text.lower())
    return {text[i : i + 5] for i in range(max(1, len(text) - 4))}


def test_the_same_text_never_stands_under_two_labels(examples: list[Example]) -> None:
    labels = defaultdict(set)
    for intent, _, _, text in examples:
        labels[re.sub(r"\W+", "", text.lower())].add(intent)

    assert {text: intents for text, intents in labels.items() if len(intents) > 1} == {}


def test_no_more_than_three_texts_of_a_type_begin_alike(examples: list[Example]) -> None:
    begin = Counter(
        (intent, language, text[:6] if language == "zh" else tuple(text.lower().split()[:3]))
        for intent, language, _, text in examples
        if intent not in EVERYDAY
    )

    def most(intent: str) -> int:
        """What is harmless stands against every type: each may greet the dear customer thrice."""
        return RUN * len(ScamType) if intent == "none" else RUN

    assert {start: n for start, n in begin.items() if n > most(start[0])} == {}


REAL_LOOKING = {
    "mobile": re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    "card": re.compile(r"(?<!\d)[3-6]\d{15,18}(?!\d)"),
    "identity": re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx](?!\d)"),
    "nric": re.compile(r"\b[STFG]\d{7}[A-Z]\b"),
    "phone abroad": re.compile(r"\+\d{1,3}[ -]?\d{3,4}[ -]?\d{4}(?!\d)"),
}


def test_no_text_holds_what_could_be_a_persons_number(examples: list[Example]) -> None:
    suspects = [
        (name, text)
        for name, pattern in REAL_LOOKING.items()
        for _, _, _, text in examples
        for found in pattern.findall(text)
        if not re.search(r"(\d)\1{3}", found)  # 13800000000 is nobody's
    ]

    assert suspects == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("mobile", "打13912345678", id="mobile"),
        pytest.param("card", "卡号6222021234567890123", id="card"),
        pytest.param("identity", "身份证42010619900307123X", id="identity"),
    ],
)
def test_the_lint_finds_a_number_when_there_is_one(name: str, text: str) -> None:
    assert REAL_LOOKING[name].search(text)
