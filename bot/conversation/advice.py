"""Which three things to do next, and which question to ask. Pure choices from what is known."""

from __future__ import annotations

from collections.abc import Mapping

from actions.triage import wording
from actions.triage.judgement import Judgement, ScamType, Signal, Stage, Verdict
from bot.conversation.steps import money, online, unclear, when
from bot.conversation.steps.question import Question
from bot.conversation.turn import Line

QUESTIONS: Mapping[str, Question] = {
    step.QUESTION.name: step.QUESTION for step in (money, when, online, unclear)
}
MOST_QUESTIONS = 3
SURELY_NOT = 0.05  # of texts below 0.1 five in a thousand were a scam: docs/model-card.md
FEW_WORDS = 40  # columns
GRAVE = (Verdict.SCAM, Verdict.SUSPICIOUS)


def is_small_talk(judgement: Judgement, plain: str) -> bool:
    """Tell whether a few words are surely about something else: a joke, the weather."""
    return (
        judgement.verdict == Verdict.NO_SIGN
        and judgement.stage == Stage.NONE
        and judgement.nlu == "rasa"
        and judgement.confidence < SURELY_NOT
        and not judgement.signals
        and wording.columns(plain) <= FEW_WORDS
        and wording.language_of(plain) is not None  # words, not a number or a link alone
    )


def next_question(judgement: Judgement, answers: Mapping[str, str]) -> Question | None:
    """Return the most urgent thing still unknown, or None when we know or have asked enough."""
    if len(answers) >= MOST_QUESTIONS:
        return None
    if judgement.verdict == Verdict.UNCLEAR and not answers:
        return unclear.QUESTION
    if judgement.verdict not in GRAVE or judgement.stage == Stage.QUERY:
        return None
    known = Signal.PAID in judgement.signals or judgement.stage == Stage.LOSS
    paid = answers.get("money") == "yes" or known
    if "money" not in answers and not known:
        return money.QUESTION
    if paid and "when" not in answers:
        return when.QUESTION
    contact = judgement.signals & {Signal.ON_LINE, Signal.SCREEN}
    if "online" not in answers and not contact and answers.get("when") != "earlier":
        return online.QUESTION
    return None


def now_steps(judgement: Judgement) -> tuple[Line, ...]:
    """Return the three things to do in the next minute while a fraud is under way."""
    signals = judgement.signals
    keys: list[str] = []
    if Signal.SCREEN in signals:
        keys.append("now.screen")
    if judgement.told_type == ScamType.EXTORTION:  # a guess among several is none
        keys.append("now.extortion")
    elif Signal.ON_LINE in signals:
        keys.append("now.hang_up")
    if Signal.PAID in signals:
        keys.append("now.bank")
    if Signal.CODE in signals:
        keys.append("now.code")
    keys += ["now.dont_pay", "now.police", "now.keep"]
    if Signal.PAID in signals:  # the bank and the police stop a transfer: never crowd them out
        keys = (
            [k for k in keys if k in ("now.screen", "now.hang_up", "now.extortion")][:1]
            + [
                "now.bank",
                "now.police",
            ]
            + [k for k in keys if k in ("now.code", "now.dont_pay", "now.keep")]
        )
    return _numbered(list(dict.fromkeys(keys))[:3])


def added_steps(judgement: Judgement, before: Judgement) -> tuple[Line, ...]:
    """Return what an answer added to the things to do now: money that left calls for the bank."""
    if judgement.stage != Stage.LIVE or before.stage != Stage.LIVE:
        return ()
    told = {line.key for line in now_steps(before)}
    return tuple(Line(s.key, mark="•") for s in now_steps(judgement) if s.key not in told)


def next_steps(judgement: Judgement) -> tuple[Line, ...]:
    """Return the next three things to do when nothing is under way this minute."""
    if judgement.verdict in GRAVE and judgement.stage == Stage.LOSS:
        return _numbered([f"loss.{n}" for n in (1, 2, 3)])
    if judgement.told_type:
        return _numbered([f"steps.{judgement.told_type}.{n}" for n in (1, 2, 3)])
    return _numbered([f"careful.{n}" for n in (1, 2, 3)])


def _numbered(keys: list[str]) -> tuple[Line, ...]:
    return tuple(Line(key, mark=f"{n}.") for n, key in enumerate(keys, start=1))
