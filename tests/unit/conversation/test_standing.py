"""What is said to words that come after a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.triage import wording
from actions.triage.judgement import Judgement, ScamType, Signal, Stage, Verdict
from bot.conversation import flow, standing
from bot.conversation.turn import Said, Session

POLICE = Judgement(
    verdict=Verdict.SCAM,
    type=ScamType.POLICE_GOV,
    stage=Stage.LIVE,
    escalate=True,
    confidence=0.9,
    reasons=(),
    signals=frozenset({Signal.ON_LINE}),
)
PAID = replace(POLICE, type=ScamType.EXTORTION, confidence=0.6, signals=frozenset({Signal.PAID}))
NOTHING = replace(
    POLICE,
    verdict=Verdict.NO_SIGN,
    type=None,
    stage=Stage.NONE,
    escalate=False,
    signals=frozenset(),
)


def test_the_line_for_safety_is_of_the_matter_and_not_of_the_few_words_alone() -> None:
    session = Session(facts={"matter": POLICE.to_facts()}, case="C-7K3M9", officer_on=True)

    turn = flow.advance(session, Said("已经转了3万，刚刚", PAID))

    assert [line.key for line in turn.prompts[0].lines] == ["case.passed_to_officer", "now.bank"]


def test_few_words_of_no_kind_in_particular_belong_to_the_matter_before_them() -> None:
    vague = replace(PAID, sure=False)  # a guess at extortion
    session = Session(facts={"matter": POLICE.to_facts()}, case="C-7K3M9")

    turn = flow.advance(session, Said("好的 已经转了3万", vague))

    keys = [line.key for line in turn.prompts[0].lines]
    assert keys[1:4] == ["now.hang_up", "now.bank", "now.police"]
    assert "why.open" not in keys  # they have read why
    assert keys[-1] == "when.ask"


def test_words_of_a_kind_of_their_own_are_another_matter() -> None:
    assert standing.continued(POLICE, PAID, "他拿录像要我付钱，我付了") == PAID


@pytest.mark.parametrize(
    "text",
    [
        *("他不是骗子", "怎么可能是假的", "她不会骗我", "我相信他"),
        *("他人满好的", "你们机器人懂什么"),
        *(
            "我就是爱他，你们警察管不着",
            "小王比我儿子还亲",
            "he loves me",
            "No he is not like that",
        ),
        *("he's not a scammer", "this isn't a scam", "she would never lie", "i trust him"),
    ],
)
def test_a_denial_is_met_with_a_question_that_breaks_the_script(text: str) -> None:
    prompt = standing.answer(POLICE, text, in_case=False)

    assert "interrupt.police_gov" in [line.key for line in prompt.lines]


@pytest.mark.parametrize("text", ["我不知道他是谁", "他的电话是多少", "she is a scammer", "嗯嗯"])
def test_what_is_no_denial_is_not_met_as_one(text: str) -> None:
    prompt = standing.answer(POLICE, text, in_case=False)

    assert [line.key for line in prompt.lines] == ["still.scam"]


@pytest.mark.parametrize(
    ("before", "text", "in_case"),
    [
        (None, "555", False),  # there is nothing to stand
        (NOTHING, "555", False),
        (POLICE, "招商银行提醒我这个月的账单已经出来了", False),  # long enough for a matter
    ],
)
def test_where_nothing_stands_the_words_are_judged_by_themselves(
    before: Judgement | None, text: str, in_case: bool
) -> None:
    assert not standing.holds(before, NOTHING, text, in_case=in_case)


def test_a_general_question_about_another_kind_is_answered_for_itself() -> None:
    asked = replace(NOTHING, type=ScamType.BRUSHING, stage=Stage.QUERY)

    assert not standing.holds(POLICE, asked, "刷单怎么骗人的", in_case=False)
    assert standing.holds(
        POLICE, replace(asked, type=ScamType.POLICE_GOV), "怎么办", in_case=False
    )
    assert standing.holds(POLICE, asked, "刷单怎么骗人的", in_case=True)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("民警什么时候打给我", "case.waiting"),
        ("我等了十分钟了没人", "case.waiting"),
        ("how long until someone calls me", "case.waiting"),
        ("他一直在催我", "case.pressed"),
        ("好，我挂了", "well_done.in_case"),
        ("我不转了", "well_done.in_case"),
        ("I hung up", "well_done.in_case"),
        ("我好怕", "case.passed_on"),
    ],
)
def test_what_a_few_words_mean_in_an_open_case(text: str, key: str) -> None:
    prompt = standing.answer(POLICE, wording.plain(text), in_case=True)

    assert [line.key for line in prompt.lines] == [key]


@pytest.mark.parametrize(
    "text",
    [
        *("我点了确认", "交了", "复核过了，钱出去了", "已经转了", "他在转我的钱"),
        *("i gave it", "I sent it", "he is moving my money???"),
    ],
)
def test_money_that_has_just_gone_in_the_middle_of_it_calls_for_the_bank(text: str) -> None:
    session = Session(facts={"matter": POLICE.to_facts()}, case="C-7K3M9")

    turn = flow.advance(session, Said(text, NOTHING))

    keys = [line.key for line in turn.prompts[0].lines]
    assert (keys[0], "now.bank" in keys) == ("urgent.open", True)


@pytest.mark.parametrize("text", ["还没转", "他说别人都退群了", "我打了110", "转人工"])
def test_what_has_not_gone_does_not(text: str) -> None:
    assert standing.continued(POLICE, NOTHING, wording.plain(text)) == NOTHING


def test_a_code_that_was_given_calls_for_a_new_password() -> None:
    asked = replace(POLICE, signals=frozenset({Signal.CODE}))

    prompt = standing.answer(asked, "我念了", in_case=True)

    assert [line.key for line in prompt.lines if line.key] == [
        *("urgent.also", "now.code", "case.passed_on")
    ]


def test_who_would_pay_a_blackmailer_is_asked_why_he_should_stop() -> None:
    blackmail = replace(POLICE, type=ScamType.EXTORTION)

    hoped = standing.answer(blackmail, "我给他转5000他是不是就删了？", in_case=True)
    other = standing.answer(POLICE, "我给他转5000他是不是就删了？", in_case=True)

    assert "interrupt.extortion" in [line.key for line in hoped.lines]
    assert [line.key for line in other.lines] == ["case.passed_on"]


def test_few_words_do_not_change_what_kind_of_fraud_it_is() -> None:
    love = replace(POLICE, type=ScamType.ROMANCE, stage=Stage.CONTACTED, escalate=False)

    assert standing.continued(love, PAID, "he is on video with me").type == ScamType.ROMANCE
    assert standing.continued(love, PAID, "i paid the blackmailer").type == ScamType.EXTORTION


def test_a_new_grave_verdict_takes_the_place_of_the_old_one() -> None:
    assert not standing.holds(POLICE, PAID, "钱转了", in_case=True)
