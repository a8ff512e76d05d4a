"""A verdict stands until something new is told: a denial, a sob or "what now?" does not undo it.

Somebody who is in love, or afraid, answers a verdict with a few words that show no sign of a scam
by themselves. "No sign found" would then be taken for "it was nothing after all". Pure.
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions.triage import rules, wording
from actions.triage.judge import reconsider
from actions.triage.judgement import Judgement, ScamType, Signal, Stage
from bot.conversation import advice, messages
from bot.conversation.advice import GRAVE
from bot.conversation.turn import BLANK, Line, Prompt

# A short message after a verdict that adds one of these tells more of the same matter.
CONTINUING = frozenset({Signal.PAID, Signal.ON_LINE, Signal.SCREEN, Signal.CODE, Signal.ASKED_PAY})
SHORT = 24  # columns: longer words tell of something else
LONGEST = 80  # a denial, or a question, with what leads to it

_DENIES = re.compile(
    r"(?:不|才不|又不|怎么|哪)(?:可能)?(?:会)?是(?:什么)?(?:骗子|骗人|诈骗|假的)"
    r"|不会(?:骗|害)我|没(?:有)?(?:骗|害)我"
    r"|我(?:还是|就是|只)?(?:相信|信得过|信任|信)(?:他|她)"
    r"|(?:他|她)(?:人|对我)(?:是|很|挺|满|蛮)?(?:真心|真的?好|好|不错)"
    r"|(?:别|不要|少)(?:乱|瞎|胡)(?:说|讲)|(?:乱|瞎|胡)说(?:八道)?"
    r"|我不信|不相信你|你(?:们)?(?:机器人|们)?(?:懂|知道)(?:什么|啥|个)"
    r"|\b(?:he|she|they|it|this|that)(?:'s| is| are|'re)(?: really)? ?(?:not|n't)(?: an?)?"
    r" (?:scam|scammer|fraud|fake|liar)"
    r"|\bisn'?t (?:an? )?(?:scam|scammer|fraud|fake|liar)|\bnot a (?:scam|scammer|fraud)\b"
    r"|\bwould(?: never|n'?t) (?:lie|cheat|scam|hurt)"
    r"|\bi (?:do )?(?:trust|believe|love) (?:him|her|them)\b"
    r"|\b(?:you're|you are) wrong\b|\bi don'?t believe you\b"
)
_ASKS = re.compile(
    r"怎么办|咋办|咋整|该(?:做|干)(?:什么|啥)"
    r"|怎么(?:退|追回|拿回|要回)|(?:退|追|拿|要)(?:得|的)?回来吗"
    r"|\bwhat (?:should|can|do|shall|must) (?:i|we)\b|\bwhat now\b"
    r"|\bhow (?:do|can) i (?:get|stop|call|report)\b"
)


def continued(before: Judgement | None, judgement: Judgement, plain: str) -> Judgement:
    """Return what words mean in the light of the verdict before them."""
    if before is None or before.verdict not in GRAVE:
        return judgement
    if judgement.verdict in GRAVE:
        vague = (
            judgement.told_type in (None, ScamType.OTHER_SCAM)
            and wording.columns(plain) <= LONGEST
        )
        added = judgement.signals & CONTINUING if vague else frozenset()
    else:
        added = rules.find_signals(plain) & CONTINUING
    if not added:
        return judgement
    answers = {"money": "yes"} if Signal.PAID in added else {}
    if added & {Signal.ON_LINE, Signal.SCREEN}:
        answers["online"] = "screen" if Signal.SCREEN in added else "call"
    return reconsider(replace(before, signals=before.signals | added), answers)


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


def holds(before: Judgement | None, judgement: Judgement, plain: str, *, in_case: bool) -> bool:
    """Tell whether these words leave the verdict before them as it is."""
    if before is None or before.verdict not in GRAVE or judgement.verdict in GRAVE:
        return False
    if in_case:
        return True
    if judgement.stage == Stage.QUERY and judgement.type not in (None, before.type):
        return False  # a general question about another kind is another matter
    return wording.columns(plain) <= SHORT or _denies(plain) or _asks(plain)


def answer(before: Judgement, plain: str, *, in_case: bool) -> Prompt:
    """Say to such words a question that breaks the script, the steps again, or that it stands."""
    if _denies(plain) and before.told_type:
        ending = "case.passed_on" if in_case else "interrupt.offer"
        asked = (Line("interrupt.open"), BLANK, Line(f"interrupt.{before.told_type}"))
        return Prompt((*asked, BLANK, Line(ending)), () if in_case else (messages.PERSON,))
    if _asks(plain):
        return _again(before, in_case=in_case)
    if in_case:
        return messages.simple("case.passed_on")
    kind = before.told_type
    named = kind is not None and kind != ScamType.OTHER_SCAM
    params = {"type": f"type.{kind}"} if named else {}
    key = f"still.{before.verdict}" if named else "still.unnamed"
    return Prompt((Line(key, params),), (messages.PERSON,))


def _again(before: Judgement, *, in_case: bool) -> Prompt:
    live = before.stage == Stage.LIVE
    opened = Line("urgent.open" if live else "steps.open")
    steps = advice.now_steps(before) if live else advice.next_steps(before)
    if in_case:
        return Prompt((opened, *steps, BLANK, Line("case.passed_on")))
    return Prompt((opened, *steps), (messages.PERSON,))


def _denies(plain: str) -> bool:
    return wording.columns(plain) <= LONGEST and _DENIES.search(plain) is not None


def _asks(plain: str) -> bool:
    return wording.columns(plain) <= LONGEST and _ASKS.search(plain) is not None
