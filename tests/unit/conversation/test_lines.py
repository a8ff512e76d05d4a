"""What is told in several short lines is judged as a whole; an answer to us is an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.triage.judgement import Judgement, ScamType, Signal, Stage, Verdict
from bot.conversation import flow
from bot.conversation.turn import OpenCase, Said, Session, Turn

NOTHING = Judgement(
    verdict=Verdict.NO_SIGN,
    type=None,
    stage=Stage.NONE,
    escalate=False,
    confidence=0.1,
    reasons=("reason.no_sign",),
    signals=frozenset(),
)
UNCLEAR = replace(NOTHING, verdict=Verdict.UNCLEAR, confidence=0.4, reasons=("reason.unclear",))
LOAN = replace(
    NOTHING,
    verdict=Verdict.SCAM,
    type=ScamType.LOAN,
    stage=Stage.CONTACTED,
    confidence=0.9,
    reasons=("reason.type.loan",),
)
MAYBE_LOAN = replace(LOAN, verdict=Verdict.SUSPICIOUS, confidence=0.6)
POLICE = replace(LOAN, type=ScamType.POLICE_GOV, reasons=("reason.type.police_gov",))
SOME_SCAM = replace(LOAN, type=ScamType.GAME, sure=False, reasons=())
LOST = replace(LOAN, stage=Stage.LOSS, signals=frozenset({Signal.PAID}))


def live(judgement: Judgement) -> Judgement:
    return replace(judgement, stage=Stage.LIVE, escalate=True)


def told(
    before: Judgement | None,
    own: Judgement,
    whole: Judgement,
    *,
    text: str = "他说的",
    step: str = "",
) -> Turn:
    facts = {"matter": before.to_facts(), "answers": {}} if before else {}
    session = Session(facts=facts) if not step else Session(step=step, facts=facts)
    return flow.advance(session, Said(text, own, whole=whole))


def keys(turn: Turn) -> list[str]:
    return [line.key for line in turn.prompts[0].lines]


def opens_case(turn: Turn) -> bool:
    return any(isinstance(each, OpenCase) for each in turn.effects)


@pytest.mark.parametrize(
    ("before", "own", "whole"),
    [
        (UNCLEAR, NOTHING, live(POLICE)),
        (UNCLEAR, live(LOAN), POLICE),  # a fraud by the whole, under way by the last line
        (LOAN, NOTHING, live(LOAN)),
        (LOAN, live(POLICE), NOTHING),  # a verdict was given: nobody waves it off
        (None, NOTHING, live(LOAN)),
    ],
)
def test_it_is_urgent_by_the_whole(
    before: Judgement | None, own: Judgement, whole: Judgement
) -> None:
    turn = told(before, own, whole)

    assert opens_case(turn)
    assert keys(turn)[0] == "urgent.open"


@pytest.mark.parametrize(
    ("before", "own", "whole"),
    [
        (UNCLEAR, live(LOAN), NOTHING),  # "he wants it by the first", of the rent
        (NOTHING, live(LOAN), UNCLEAR),
        (None, live(LOAN), NOTHING),
        (LOAN, NOTHING, LOAN),
        (LOST, NOTHING, LOST),
    ],
)
def test_and_is_not_where_only_the_line_sounds_so(
    before: Judgement | None, own: Judgement, whole: Judgement
) -> None:
    assert not opens_case(told(before, own, whole))


def test_a_line_that_adds_nothing_leaves_the_verdict_as_it_is() -> None:
    assert keys(told(LOAN, NOTHING, LOAN))[0] == "still.scam"
    assert keys(told(MAYBE_LOAN, UNCLEAR, MAYBE_LOAN))[0] == "still.suspicious"


@pytest.mark.parametrize(
    ("before", "own", "whole", "held"),
    [
        (LOAN, NOTHING, POLICE, POLICE.type),  # it turns out to be of another kind
        (MAYBE_LOAN, NOTHING, LOAN, LOAN.type),  # now we are sure
        (LOAN, NOTHING, replace(LOAN, signals=frozenset({Signal.APP})), LOAN.type),
        (LOAN, SOME_SCAM, SOME_SCAM, LOAN.type),  # of no kind in particular: the matter is known
    ],
)
def test_one_that_adds_something_is_told_of(
    before: Judgement, own: Judgement, whole: Judgement, held: ScamType
) -> None:
    turn = told(before, own, whole)

    assert keys(turn)[0] == "verdict.scam"
    assert turn.session.matter
    assert turn.session.matter.type == held


def test_no_line_makes_a_scam_a_suspicion_again() -> None:
    turn = told(LOAN, NOTHING, MAYBE_LOAN)

    assert turn.session.matter
    assert turn.session.matter.verdict == Verdict.SCAM


def test_who_goes_on_while_we_cannot_tell_is_listened_to() -> None:
    turn = told(UNCLEAR, UNCLEAR, UNCLEAR)

    assert keys(turn) == ["telling.go_on", "unclear.ask"]
    assert [each.value for each in turn.prompts[0].choices] == ["pay", "code", "app", "nothing"]
    assert keys(told(None, UNCLEAR, UNCLEAR))[0] != "telling.go_on"  # they have only begun


def test_an_answer_to_a_question_of_ours_is_an_answer() -> None:
    turn = told(LOAN, NOTHING, live(LOAN), text="还没有", step="money")

    assert turn.session.answers == {"money": "no"}
    assert not opens_case(turn)


def test_what_they_want_is_an_answer_unless_the_whole_says_more() -> None:
    answered = told(UNCLEAR, NOTHING, UNCLEAR, text="让我转钱", step="unclear")
    assert answered.session.answers["unclear"] == "pay"

    turn = told(UNCLEAR, NOTHING, POLICE, text="让我转钱", step="unclear")
    assert turn.session.matter
    assert turn.session.matter.type == ScamType.POLICE_GOV


def test_thanks_are_thanks_whatever_went_before() -> None:
    said = Said("谢谢", NOTHING, intent="thanks", whole=live(LOAN))

    assert not opens_case(flow.advance(Session(facts={"matter": LOAN.to_facts()}), said))


def test_in_an_open_case_each_line_counts_by_itself() -> None:
    session = Session(facts={"matter": live(LOAN).to_facts()}, case="C-7K3M9")

    turn = flow.advance(session, Said("他说的", NOTHING, whole=live(LOAN)))

    assert keys(turn)[0] == "case.passed_on"


def test_what_is_under_way_is_not_undone_by_other_words() -> None:
    session = Session(facts={"matter": live(LOAN).to_facts()}, case="C-7K3M9")

    after = flow.advance(
        session, Said("他用我的游戏账号要挟我，说要曝光给所有人看，我好怕", POLICE)
    ).session
    assert after.matter == live(LOAN)
    more = flow.advance(
        session, Said("公安的人就在电话里，叫我马上把钱转到安全账户", live(POLICE))
    )
    assert more.session.matter
    assert more.session.matter.type == POLICE.type
