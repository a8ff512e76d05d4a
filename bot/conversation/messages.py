"""The messages a citizen reads, built from lines. What to do comes first when it is urgent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from actions.triage.danger import Danger
from actions.triage.judgement import Judgement, ScamType, Stage, Verdict
from bot.conversation import advice
from bot.conversation.steps.question import Question
from bot.conversation.turn import BLANK, Choice, Line, Prompt, Session, Turn

PERSON = Choice("do", "person", "do.person")
CHECK = Choice("do", "check", "do.check")
TIP = Choice("do", "tip", "do.tip")
RECEIPTS = frozenset({"case.passed_on", "case.thanks"})
QUIET = Choice("quiet", "on", "quiet.button")  # looks like the weather


def urgent(
    judgement: Judgement, question: Question | None, *, again: bool = False, kin: bool = False
) -> Prompt:
    """What to do now, then why, then who is coming; the steps alone to somebody told `again`.

    `kin` is for somebody who tells of one close to them.
    """
    lines = [Line("urgent.open"), *advice.now_steps(judgement)]
    lines += [Line("urgent.kin"), BLANK] if kin else [BLANK]
    if again:
        lines += [Line("case.passed_on")] if question is None else []
    else:
        lines += [*_why(judgement), Line("urgent.person"), Line("urgent.quiet")]
    prompt = _with(lines, question)
    return Prompt(prompt.lines, (*prompt.choices, QUIET))


def verdict(
    judgement: Judgement, question: Question | None, *, brief: bool = False, again: bool = False
) -> Prompt:
    """The verdict, why, and the next three things to do; `brief` for talk of other things, and
    without the reasons for who has read them and tells more.
    """
    if brief:
        return _with([*_opening(judgement), BLANK, Line("careful.brief")], None)
    grave = judgement.verdict in advice.GRAVE
    if _asks_in_general(judgement):
        steps = (BLANK, Line("steps.open"), *advice.next_steps(judgement))
        return _with([*_opening(judgement), *steps], None)
    lines = [*_opening(judgement)]
    if grave and not again:
        lines += [BLANK, *_why(judgement)]
    if judgement.verdict == Verdict.UNCLEAR and question is not None:
        return _with([*lines, Line("reason.unclear")], question)
    lines += [
        BLANK,
        Line("steps.loss" if grave and judgement.stage == Stage.LOSS else "steps.open"),
        *advice.next_steps(judgement),
    ]
    if judgement.nlu == "rules":
        lines += [BLANK, Line("verdict.provisional")]
    return _with(lines, question)


def follow_up(added: tuple[Line, ...], question: Question) -> Prompt:
    """The next question, after whatever the last answer has made urgent."""
    if not added:
        return question.ask()
    return _with([Line("urgent.also"), *added], question)


def closing(judgement: Judgement) -> Prompt:
    """What follows once the questions are answered."""
    if judgement.verdict == Verdict.UNCLEAR:
        return Prompt((Line("close.unclear"),), (PERSON,))
    kind = judgement.told_type
    if judgement.stage == Stage.CONTACTED and kind:
        said = (Line("close.contacted"), BLANK, Line("next.open"), Line(f"next.{kind}"))
        return Prompt(said, (PERSON,))
    return Prompt((Line(f"close.{judgement.stage}"),), (PERSON,))


def noted(added: tuple[Line, ...]) -> Prompt:
    """The answer went to the case; what it has made urgent comes first."""
    urgent_now = (Line("urgent.also"), *added, BLANK) if added else ()
    return Prompt((*urgent_now, Line("case.thanks")))


def in_danger(danger: Danger) -> Prompt:
    """A life comes first: what to do now, whom to call, who is coming."""
    choices = (QUIET,) if danger != Danger.SUICIDE else ()
    return Prompt((Line(f"danger.{danger}.say"),), choices)


def with_them(prompt: Prompt, danger: str) -> Prompt:
    """The same message, with more than a receipt for somebody whose life is in danger."""
    stay = Line(f"danger.{danger}.stay")
    return replace(
        prompt, lines=tuple(stay if each.key in RECEIPTS else each for each in prompt.lines)
    )


def in_group(judgement: Judgement) -> Prompt:
    """A verdict for everybody to read; the rest is for a private chat."""
    steps = advice.now_steps(judgement) if judgement.escalate else advice.next_steps(judgement)
    return Prompt((*_opening(judgement), BLANK, *steps, BLANK, Line("group.private")))


def simple(key: str, *choices: Choice, **params: str) -> Prompt:
    """One text, maybe with buttons."""
    return Prompt((Line(key, params),), choices)


def say(session: Session, key: str, *choices: Choice) -> Turn:
    """Say one text, maybe with buttons, and leave everything as it is."""
    return Turn(session, (simple(key, *choices),))


def _why(judgement: Judgement) -> Iterable[Line]:
    return (
        Line("why.open"),
        *(Line(reason, mark="•") for reason in judgement.reasons),
        BLANK,
    )


def _asks_in_general(judgement: Judgement) -> bool:
    return judgement.type is not None and judgement.stage == Stage.QUERY


def _opening(judgement: Judgement) -> tuple[Line, ...]:
    named = {"type": f"type.{judgement.type}"} if judgement.type else {}
    if _asks_in_general(judgement):
        return Line("query.open", named), Line(f"about.{judgement.type}")
    if judgement.told_type == ScamType.OTHER_SCAM:  # "a scam: another scam" tells nobody anything
        return (Line(f"verdict.unnamed.{judgement.verdict}"),)
    return (Line(f"verdict.{judgement.verdict}", named),)


def _with(lines: list[Line], question: Question | None) -> Prompt:
    if question is None:
        choices: tuple[Choice, ...] = (PERSON,)
    else:
        lines = [*lines, BLANK, question.line]
        choices = question.choices
    return Prompt(tuple(_squeeze(lines)), choices)


def _squeeze(lines: list[Line]) -> Iterable[Line]:
    for n, line in enumerate(lines):
        if line != BLANK or (n and lines[n - 1] != BLANK):
            yield line
