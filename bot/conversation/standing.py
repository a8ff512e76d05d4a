"""A verdict stands until something new is told: a denial, a sob or "what now?" does not undo it.

Somebody who is in love, or afraid, answers a verdict with a few words that show no sign of a scam
by themselves. "No sign found" would then be taken for "it was nothing after all". Pure.
"""

from __future__ import annotations

from dataclasses import replace

from actions.triage import rules, wording
from actions.triage.judge import reconsider
from actions.triage.judgement import Judgement, ScamType, Signal, Stage, Verdict
from bot.conversation import advice, messages
from bot.conversation.advice import GRAVE
from bot.conversation.replies import LONGEST, Reply, says
from bot.conversation.turn import BLANK, Line, Prompt

# A short message after a verdict that adds one of these tells more of the same matter.
CONTINUING = frozenset({Signal.PAID, Signal.ON_LINE, Signal.SCREEN, Signal.CODE, Signal.ASKED_PAY})
SHORT = 24  # columns: longer words tell of something else
A_LINE = 44  # columns: "I will send the last one tonight" is of no kind by itself


def as_a_whole(before: Judgement | None, own: Judgement, whole: Judgement) -> Judgement:
    """Return what words mean that are one line of several: `own` by themselves, `whole` together.

    By itself a line is easily taken for something else. A verdict that was given stands.
    """
    if whole.verdict not in GRAVE:
        return own if before is not None and before.verdict in GRAVE else whole
    if own.escalate:
        return replace(whole, stage=Stage.LIVE, escalate=True)
    return whole


def is_as_unclear(before: Judgement | None, judgement: Judgement) -> bool:
    """Tell whether we could not tell before, and still cannot."""
    unclear = Verdict.UNCLEAR
    return before is not None and before.verdict == judgement.verdict == unclear


def continued(
    before: Judgement | None, judgement: Judgement, plain: str, *, line: bool = False
) -> Judgement:
    """Return what words mean in the light of the verdict before them.

    If they are a `line` of several, they were judged together with what the verdict was of.
    """
    if before is None or before.verdict not in GRAVE:
        return judgement
    grave = judgement.verdict in GRAVE
    if grave and line:
        return _of_one_matter(before, judgement, plain)
    if grave and _is_of_its_own(judgement, plain):
        return judgement
    added = (judgement.signals if grave else rules.find_signals(plain)) & CONTINUING
    if says(plain, Reply.DONE):
        added |= {Signal.PAID}
    if not added:
        return judgement
    answers = {"money": "yes"} if Signal.PAID in added else {}
    if added & {Signal.ON_LINE, Signal.SCREEN}:
        answers["online"] = "screen" if Signal.SCREEN in added else "call"
    if judgement.escalate:  # it goes on, however few the words
        before = replace(before, stage=Stage.LIVE)
    return reconsider(replace(before, signals=before.signals | added), answers)


def _of_one_matter(before: Judgement, whole: Judgement, plain: str) -> Judgement:
    if whole.told_type in (None, ScamType.OTHER_SCAM):
        whole = replace(whole, type=before.type, sure=before.sure)
    surer = before.verdict if before.verdict == Verdict.SCAM else whole.verdict
    whole = replace(whole, verdict=surer, signals=before.signals | whole.signals)
    gone = says(plain, Reply.DONE) and before.stage != Stage.LOSS
    return reconsider(whole, {"money": "yes"} if gone else {})


def _is_of_its_own(judgement: Judgement, plain: str) -> bool:
    """Tell whether a grave judgement is of another matter: few words cannot tell its kind."""
    width = wording.columns(plain)
    if judgement.told_type in (None, ScamType.OTHER_SCAM):
        return width > LONGEST
    return width > A_LINE or bool(rules.find_types(plain))


def receipt(before: Judgement | None, judgement: Judgement) -> Prompt:
    """A short receipt while an officer is on, with one line for safety when there is danger.

    It is what the words add to the matter: who tells an officer that they have paid needs the
    bank, whatever kind of fraud these few words look like by themselves. So `judgement` is what
    `continued` made of them.
    """
    lines = [Line("case.passed_to_officer")]
    if judgement.escalate:
        lines += [replace(line, mark="🛑") for line in _added(before, judgement)[:1]]
    return Prompt(tuple(lines))


def _added(before: Judgement | None, judgement: Judgement) -> tuple[Line, ...]:
    if before is None or before.verdict not in GRAVE:
        return advice.now_steps(judgement)
    told = replace(before, stage=Stage.LIVE)
    now = replace(told, signals=told.signals | judgement.signals)
    return advice.added_steps(now, told) or advice.now_steps(now)


def holds(
    before: Judgement | None,
    judgement: Judgement,
    plain: str,
    *,
    in_case: bool,
    scrap: bool = False,
) -> bool:
    """Tell whether these words leave the verdict as it is; a `scrap` is one line of several that
    says nothing by itself.
    """
    if before is None or before.verdict not in GRAVE:
        return False
    if judgement.verdict in GRAVE:
        same = _hopes(before, plain) or (scrap and _adds_nothing(before, judgement, plain))
        return same and not judgement.escalate
    if in_case:
        return True
    if judgement.stage == Stage.QUERY and judgement.type not in (None, before.type):
        return False  # a general question about another kind is another matter
    about_it = (Reply.ASKS, Reply.DID_RIGHT)
    return (
        wording.columns(plain) <= SHORT
        or _breaks_in(before, plain)
        or any(says(plain, each) for each in about_it)
    )


def _adds_nothing(before: Judgement, judgement: Judgement, plain: str) -> bool:
    def told(each: Judgement) -> tuple[object, ...]:
        return each.verdict, each.told_type, each.stage

    same = told(before) == told(judgement) and judgement.signals <= before.signals
    return same and not rules.find_signals(plain) & CONTINUING


def answer(before: Judgement, plain: str, *, in_case: bool) -> Prompt:
    """Say to such words a question that breaks the script, the steps again, or that it stands."""
    if _breaks_in(before, plain):
        ending = "case.passed_on" if in_case else "interrupt.offer"
        asked = (Line("interrupt.open"), BLANK, Line(f"interrupt.{before.told_type}"))
        return Prompt((*asked, BLANK, Line(ending)), () if in_case else (messages.PERSON,))
    if says(plain, Reply.ASKS):
        return _again(before, in_case=in_case)
    if Signal.CODE in before.signals and says(plain, Reply.GAVE_CODE):
        receipt = (BLANK, Line("case.passed_on")) if in_case else ()
        return Prompt((Line("urgent.also"), Line("now.code", mark="•"), *receipt))
    if says(plain, Reply.DID_RIGHT):
        return messages.simple("well_done.in_case" if in_case else "well_done.alone")
    if in_case:
        return messages.simple(noted(plain))
    kind = before.told_type
    named = kind is not None and kind != ScamType.OTHER_SCAM
    params = {"type": f"type.{kind}"} if named else {}
    key = f"still.{before.verdict}" if named else "still.unnamed"
    return Prompt((Line(key, params),), (messages.PERSON,))


def noted(plain: str) -> str:
    """Return what is said in an open case to words that change nothing in it."""
    if says(plain, Reply.WAITS):
        return "case.waiting"
    return "case.pressed" if says(plain, Reply.PRESSED) else "case.passed_on"


def _again(before: Judgement, *, in_case: bool) -> Prompt:
    live = before.stage == Stage.LIVE
    opened = Line("urgent.open" if live else "steps.open")
    steps = advice.now_steps(before) if live else advice.next_steps(before)
    if in_case:
        return Prompt((opened, *steps, BLANK, Line("case.passed_on")))
    return Prompt((opened, *steps), (messages.PERSON,))


def _breaks_in(before: Judgement, plain: str) -> bool:
    """Tell whether a question that breaks the script is the answer to this."""
    return before.told_type is not None and (says(plain, Reply.DENIES) or _hopes(before, plain))


def _hopes(before: Judgement, plain: str) -> bool:
    return before.told_type == ScamType.EXTORTION and says(plain, Reply.HOPES)
