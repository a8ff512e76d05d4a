"""What is said to a few words about something else than scams."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.triage.judgement import Judgement, ScamType, Signal, Stage, Verdict
from bot.conversation import flow
from bot.conversation.turn import FileReport, Said, Session

NOTHING = Judgement(
    verdict=Verdict.NO_SIGN,
    type=None,
    stage=Stage.NONE,
    escalate=False,
    confidence=0.01,
    reasons=(),
    signals=frozenset(),
    nlu="rasa",
)


def keys(text: str, judgement: Judgement) -> list[str]:
    turn = flow.advance(Session(), Said(text, judgement))
    assert isinstance(turn.effects[0], FileReport)
    return [line.key for line in turn.prompts[0].lines if line.key]


@pytest.mark.parametrize("text", ["今天天气真好", "哈哈哈", "我想学做热干面", "tell me a joke"])
def test_a_joke_is_answered_in_two_sentences_that_promise_nothing(text: str) -> None:
    assert keys(text, NOTHING) == ["verdict.no_sign", "careful.brief"]


@pytest.mark.parametrize(
    ("text", "judgement"),
    [
        ("今天天气真好", replace(NOTHING, confidence=0.05)),
        ("今天天气真好", replace(NOTHING, nlu="rules")),
        ("【顺丰】您的快件已到小区门口的驿站，请凭取件码领取", NOTHING),
        ("验证码 384756 收到了", replace(NOTHING, signals=frozenset({Signal.CODE}))),
        ("13971234567", NOTHING),
        ("https://abc.example/x", NOTHING),
        ("刷单是什么", replace(NOTHING, type=ScamType.BRUSHING, stage=Stage.QUERY)),
    ],
    ids=[
        "less sure",
        "rules alone",
        "more than a few words",
        "a sign in it",
        "a number alone",
        "a link alone",
        "a question about scams",
    ],
)
def test_anything_else_is_told_the_three_things_to_do(text: str, judgement: Judgement) -> None:
    said = keys(text, judgement)

    assert "careful.brief" not in said
    assert "steps.open" in said


def test_what_nobody_could_tell_is_asked_about_however_short_it_is() -> None:
    said = keys("3000 今天", replace(NOTHING, verdict=Verdict.UNCLEAR))

    assert said == ["verdict.unclear", "reason.unclear", "unclear.ask"]
