"""From what was understood to a verdict; answers raise the urgency or place it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.triage.judge import judge, reconsider
from actions.triage.judgement import Judgement, ScamType, Signal, Stage, Verdict
from actions.triage.understanding import Understanding


def seen(scam: float, **stage: float) -> Understanding:
    return Understanding("loan", 0.9, scam, {"loan": 0.8, "prize": 0.2}, stage, {})


@pytest.mark.parametrize(
    ("scam", "verdict"),
    [
        (1.0, Verdict.SCAM),
        (0.8, Verdict.SCAM),
        (0.79, Verdict.SUSPICIOUS),
        (0.55, Verdict.SUSPICIOUS),
        (0.54, Verdict.UNCLEAR),
        (0.25, Verdict.UNCLEAR),
        (0.24, Verdict.NO_SIGN),
        (0.0, Verdict.NO_SIGN),
    ],
)
def test_the_thresholds_of_the_verdicts(scam: float, verdict: Verdict) -> None:
    assert judge("一段话", seen(scam)).verdict == verdict


@pytest.mark.parametrize(
    ("stages", "stage"),
    [
        pytest.param({"live": 0.4, "loss": 0.6}, Stage.LIVE, id="two in five live"),
        pytest.param({"live": 0.39, "query": 0.3}, Stage.QUERY, id="not likely enough live"),
        pytest.param({"loss": 0.9}, Stage.CONTACTED, id="nobody says that anything has gone"),
        pytest.param({"live": 0.4, "none": 0.5}, Stage.CONTACTED, id="likelier nothing goes on"),
        pytest.param({"query": 0.9}, Stage.QUERY, id="a question"),
        pytest.param({"none": 0.9}, Stage.CONTACTED, id="a scam is never at no stage"),
        pytest.param({}, Stage.CONTACTED, id="nothing is known of the stage"),
    ],
)
def test_the_stage_of_a_scam(stages: dict[str, float], stage: Stage) -> None:
    judgement = judge("一段话", seen(0.9, **stages))

    assert judgement.stage == stage
    assert judgement.escalate == (stage == Stage.LIVE)


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("上个月刷单被骗了三千", Stage.LOSS),
        ("已经转了三千", Stage.LOSS),
        ("I was scammed last week", Stage.LOSS),
        ("刚刚转了三千", Stage.LIVE),
        ("半小时前给他汇过去的三万，汇过去了", Stage.LIVE),
        ("I just sent him $500", Stage.LIVE),
        ("刚打了110", Stage.CONTACTED),
        ("他要我转三千", Stage.CONTACTED),
    ],
)
def test_money_has_gone_where_the_words_say_so_and_may_be_stopped_within_the_hour(
    words: str, stage: Stage
) -> None:
    assert judge(words, seen(0.9, loss=0.8, contacted=0.2)).stage == stage


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("公安局打电话让我转账到安全账户", Verdict.SCAM),
        ("The police officer says I should move my money to a safe account", Verdict.SCAM),
        ("世上没有安全账户，让您把钱转到所谓安全账户的都是假的", Verdict.NO_SIGN),
        ("凡是让您把钱转到安全账户的，一律是诈骗", Verdict.NO_SIGN),
        ("我想知道转账到安全账户是什么意思", Verdict.NO_SIGN),
    ],
)
def test_a_safe_account_is_a_scam_by_itself(words: str, verdict: Verdict) -> None:
    assert judge(words, seen(0.1, contacted=0.9)).verdict == verdict


@pytest.mark.parametrize(
    ("words", "scam", "verdict"),
    [
        ("мне позвонили из банка и просят код", 0.08, Verdict.UNCLEAR),
        ("警察から電話があり、お金を振り込めと", 0.6, Verdict.SUSPICIOUS),
        ("как продлить регистрацию", 0.01, Verdict.NO_SIGN),
        ("my bank asks for a code", 0.08, Verdict.NO_SIGN),
        ("ʕ•ᴥ•ʔ", 0.08, Verdict.NO_SIGN),
    ],
)
def test_in_a_script_that_we_were_not_taught_less_makes_us_ask(
    words: str, scam: float, verdict: Verdict
) -> None:
    assert judge(words, seen(scam)).verdict == verdict


@pytest.mark.parametrize(
    ("words", "kind", "stage"),
    [
        ("刷单", "brushing", Stage.QUERY),
        ("杀猪盘", "romance", Stage.QUERY),
        ("你好", None, Stage.NONE),
        ("刷单的钱我昨天都退给他们了", None, Stage.NONE),
    ],
)
def test_a_kind_that_is_named_and_no_more_is_asked_about(
    words: str, kind: str | None, stage: Stage
) -> None:
    asked = judge(words, seen(0.1, none=0.9))

    assert (asked.verdict, asked.type, asked.stage) == ("no_sign", kind, stage)


def test_a_link_of_a_government_is_no_sign_by_itself() -> None:
    asked = seen(0.97, contacted=0.9)

    assert judge("https://www.gov.cn/ 这个真的吗", asked, official=True).verdict == "no_sign"
    told = judge("https://www.gov.cn/ 让我把验证码告诉他", asked, official=True)
    assert told.verdict == "scam"
    lost = judge("我被骗了五万，看了 https://www.gov.cn/ 也没用", asked, official=True)
    assert lost.verdict == "scam"


def test_words_that_say_now_lower_the_bar_for_live() -> None:
    likely = seen(0.9, live=0.3, contacted=0.6)

    assert judge("他叫我正在柜台等", likely).stage == Stage.LIVE
    assert judge("他叫我等", likely).stage == Stage.CONTACTED


@pytest.mark.parametrize("words", ["三万", "3万5", "10分钟前", "$500", "10 mins ago"])
def test_a_sum_or_a_time_alone_is_no_story(words: str) -> None:
    judgement = judge(words, seen(0.99, live=0.9))

    assert (judgement.verdict, judgement.escalate) == (Verdict.UNCLEAR, False)


@pytest.mark.parametrize("words", ["转了三万", "13800000000", "他要三万", "3万,现在转吗"])
def test_more_than_a_sum_is_judged_by_what_it_says(words: str) -> None:
    assert judge(words, seen(0.99, live=0.9)).escalate


def test_a_general_question_is_answered_and_its_asker_not_warned() -> None:
    asked = judge("一般怎么骗人的", seen(0.97, query=0.7, contacted=0.3))

    assert (asked.verdict, asked.type, asked.stage) == ("no_sign", "loan", "query")


def test_a_question_that_names_a_known_number_is_a_warning_all_the_same() -> None:
    assert judge("这个号一般怎么骗人", seen(0.2, query=0.7), known=True).verdict == Verdict.SCAM


def test_what_is_hardly_a_question_keeps_its_verdict() -> None:
    assert judge("一段话", seen(0.97, query=0.4, loss=0.3)).verdict == Verdict.SCAM


def test_a_scam_said_of_too_few_words_to_tell_is_a_guess() -> None:
    vague = replace(seen(0.9, contacted=0.9), unclear=0.2)

    assert judge("有个链接", vague).verdict == Verdict.UNCLEAR
    assert judge("有个链接", replace(vague, unclear=0.19)).verdict == Verdict.SCAM
    assert judge("有个链接", replace(vague, scam=0.1)).verdict == Verdict.NO_SIGN


def test_few_words_are_enough_when_more_than_words_speaks() -> None:
    vague = replace(seen(0.5, contacted=0.9), unclear=0.9)

    assert judge("有个号码", vague, known=True).verdict == Verdict.SCAM
    assert judge("我被骗了", vague).verdict == Verdict.SUSPICIOUS
    assert judge("他催", replace(vague, stage={"live": 0.9})).verdict == Verdict.SUSPICIOUS


def test_a_type_that_is_one_guess_among_several_is_not_told() -> None:
    several = {"loan": 0.3, "prize": 0.28, "game": 0.22, "romance": 0.2}
    guessed = judge("一段话", replace(seen(0.9, contacted=0.9), types=several))

    assert (guessed.type, guessed.told_type) == (ScamType.LOAN, ScamType.OTHER_SCAM)
    assert guessed.reasons[0] == "reason.type.other_scam"
    assert Judgement.from_facts(guessed.to_facts()) == replace(guessed, confidence=0.9)
    assert judge("一段话", seen(0.9, contacted=0.9)).told_type == ScamType.LOAN


def test_what_is_live_is_never_left_unclear() -> None:
    judgement = judge("一段话", seen(0.4, live=1.0))

    assert (judgement.verdict, judgement.escalate) == (Verdict.SUSPICIOUS, True)


@pytest.mark.parametrize(
    ("text", "scam", "verdict"),
    [
        pytest.param("我被骗了三千块", 0.1, Verdict.SUSPICIOUS, id="who says so is believed"),
        pytest.param("I was scammed on an app", 0.1, Verdict.SUSPICIOUS, id="in English too"),
        pytest.param("网络诈骗15000元 找谁", 0.1, Verdict.SUSPICIOUS, id="as a headline"),
        pytest.param("网络诈骗有哪些", 0.1, Verdict.NO_SIGN, id="a headline without a loss"),
        pytest.param("差一点上当", 0.1, Verdict.NO_SIGN, id="nearly is not said so"),
        pytest.param("新闻里说有人被骗了", 0.1, Verdict.NO_SIGN, id="somebody in the news"),
        pytest.param("满三百减一百，退订回TD", 0.9, Verdict.NO_SIGN, id="an advertiser"),
        pytest.param(
            "内部老师荐股三只涨停，退订回TD",
            0.9,
            Verdict.SCAM,
            id="an opt-out excuses no stock tips",
        ),
        pytest.param("凡是要你先交钱的都是诈骗！", 0.9, Verdict.NO_SIGN, id="a warning of fraud"),
        pytest.param(
            "民警说凡是先交钱的都是诈骗，可我已经交了", 0.9, Verdict.SCAM, id="one who tells of it"
        ),
        pytest.param(
            "登录链接填验证码领奖，退订回TD", 0.9, Verdict.SCAM, id="an opt-out excuses no code"
        ),
    ],
)
def test_the_words_correct_what_the_model_cannot_see(
    text: str, scam: float, verdict: Verdict
) -> None:
    assert judge(text, seen(scam)).verdict == verdict


@pytest.mark.parametrize("scam", [0.1, 0.24])
def test_what_is_no_scam_is_never_live_and_has_no_type(scam: float) -> None:
    judgement = judge("一段话", seen(scam, live=1.0))

    assert (judgement.type, judgement.stage, judgement.escalate) == (None, Stage.NONE, False)
    assert judgement.reasons == (f"reason.{judgement.verdict}",)


def test_a_known_indicator_makes_a_scam_of_plain_words_and_says_so() -> None:
    judgement = judge("13971200001 给我打了个电话", None, known=True)

    assert judgement.verdict == Verdict.SCAM
    assert judgement.type == ScamType.OTHER_SCAM
    assert judgement.reasons[0] == "reason.known"


def test_reasons_are_few_and_the_most_dangerous_come_first() -> None:
    text = "贷款要先交保证金，让我共享屏幕，还要验证码，不许告诉家人，不然就曝光我"

    reasons = judge(text, None).reasons

    assert reasons[1:] == ("reason.screen", "reason.code", "reason.asked_pay")[: len(reasons) - 1]
    assert len(reasons) <= 4


def test_a_verdict_of_rules_says_that_it_is_one() -> None:
    assert judge("一段话", None).nlu == "rules"
    assert judge("一段话", seen(0.9)).nlu == "rasa"


def given(verdict: Verdict, stage: Stage, *signals: Signal) -> Judgement:
    grave = verdict in (Verdict.SCAM, Verdict.SUSPICIOUS)
    kind = ScamType.LOAN if grave else None
    return Judgement(verdict, kind, stage, stage == Stage.LIVE, 0.6, (), frozenset(signals))


@pytest.mark.parametrize(
    ("before", "answers", "verdict", "stage"),
    [
        pytest.param(
            given(Verdict.SUSPICIOUS, Stage.CONTACTED),
            {"money": "yes"},
            Verdict.SUSPICIOUS,
            Stage.LIVE,
            id="money has left",
        ),
        pytest.param(
            given(Verdict.SUSPICIOUS, Stage.CONTACTED),
            {"money": "about"},
            Verdict.SUSPICIOUS,
            Stage.LIVE,
            id="money is about to leave",
        ),
        pytest.param(
            given(Verdict.SCAM, Stage.CONTACTED),
            {"money": "yes", "when": "earlier"},
            Verdict.SCAM,
            Stage.LOSS,
            id="money left long ago",
        ),
        pytest.param(
            given(Verdict.SCAM, Stage.LOSS),
            {"money": "no"},
            Verdict.SCAM,
            Stage.CONTACTED,
            id="no money left after all",
        ),
        pytest.param(
            given(Verdict.SCAM, Stage.CONTACTED),
            {"money": "no", "online": "call"},
            Verdict.SCAM,
            Stage.LIVE,
            id="they are on the line",
        ),
        pytest.param(
            given(Verdict.SCAM, Stage.CONTACTED),
            {"online": "no"},
            Verdict.SCAM,
            Stage.CONTACTED,
            id="nobody is on the line",
        ),
        pytest.param(
            given(Verdict.UNCLEAR, Stage.NONE),
            {"unclear": "pay"},
            Verdict.SUSPICIOUS,
            Stage.CONTACTED,
            id="they want money",
        ),
        pytest.param(
            given(Verdict.UNCLEAR, Stage.NONE),
            {"unclear": "nothing"},
            Verdict.UNCLEAR,
            Stage.NONE,
            id="they want nothing",
        ),
        pytest.param(
            given(Verdict.NO_SIGN, Stage.NONE),
            {"money": "about"},
            Verdict.SUSPICIOUS,
            Stage.LIVE,
            id="a late answer makes an ordinary matter urgent",
        ),
    ],
)
def test_answers(
    before: Judgement, answers: dict[str, str], verdict: Verdict, stage: Stage
) -> None:
    after = reconsider(before, answers)

    assert (after.verdict, after.stage) == (verdict, stage)
    assert after.escalate == (stage == Stage.LIVE)
    assert (after.type is not None) == (verdict in (Verdict.SCAM, Verdict.SUSPICIOUS))


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("answer", ["no", "about", "yes"])
def test_an_answer_never_makes_a_verdict_milder(verdict: Verdict, answer: str) -> None:
    order = [Verdict.NO_SIGN, Verdict.UNCLEAR, Verdict.SUSPICIOUS, Verdict.SCAM]

    after = reconsider(given(verdict, Stage.CONTACTED), {"money": answer}).verdict

    assert order.index(after) >= order.index(verdict)
