"""Discreet mode: yes-no questions in words that could be about a parcel. Pure.

Words, an emoji or a button that looks harmless switch it on. What a citizen says then does all it
did before; only what they read changes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions.triage import wording
from bot.conversation.advice import QUESTIONS
from bot.conversation.turn import (
    START,
    Choice,
    Command,
    Event,
    Line,
    OpenCase,
    Pressed,
    Prompt,
    Said,
    Session,
    SetDiscreet,
    TellDesk,
    Turn,
)

LONGEST = 40  # characters: a story that mentions somebody who cannot talk is no sign of it
SIGNS = ("🤫", "🤐", "🌤")
_ON = re.compile(
    r"(?:^|[,.!;\s，。！；]|我(?:这里|这边)?)(?:现在|这会儿?|暂时)?"
    r"(?:不方便|不能|没法|没办法|不敢)(?:说话|讲话|出声|打字|通话|讲)(?!的)"
    r"|说话不(?:太)?方便|有人(?:在)?(?:盯|看|守)(?:着|住)(?:我|，|,|$)"
    r"|(?:他|她|他们|骗子|那人|对方)(?:就|正|还|一直)?(?:在|坐在|站在)(?:我)?(?:旁边|边上|身边|跟前|面前|身后)"
    r"|被(?:人|他|她|他们)?(?:看|盯)(?:着|住)"
    r"|\bi? ?(?:can'?t|cannot|can ?not) (?:really )?(?:talk|speak)\b"
    r"|\b(?:he|she|they)(?:'s|'re| is| are) (?:right |standing |sitting )*"
    r"(?:next to|beside|behind|watching|with) me\b"
    r"|\bnot safe to (?:talk|speak)\b|\bbeing watched\b"
)
# Who stands by is family, and may be told everything: "我老公他在旁边说这是诈骗".
_KIN = re.compile(
    r"(?:老公|老婆|爱人|爸|妈|爷|奶|公|婆|儿子|女儿|孩子|哥|姐|弟|妹|叔|姨|姑|舅|朋友|同事|同学|邻居)(?:他|她|他们)?"
    r"(?:就|正|也|还)?(?:在|坐在|站在)(?:我)?(?:旁边|边上|身边|跟前)"
    r"|\bmy (?:husband|wife|mum|mom|mother|dad|father|son|daughter|brother|sister|friend)\b"
    r"[^.,]{0,20}\b(?:next to|beside|with) me\b"
)
_OFF = re.compile(
    r"^.{0,6}(?:可以|能|方便)(?:正常)?(?:说话|讲话|打字)了|^.{0,6}(?:他|她|他们)走了"
    r"|\bi can (?:talk|speak) now\b|\b(?:he|she|they)(?:'s|'ve| has| have) (?:gone|left)\b"
)
# A question of ours, and the answers that yes and no stand for.
ASKED = {"money": ("yes", "no"), "when": ("today", "earlier"), "online": ("call", "no")}


def switches_on(event: Event) -> bool:
    """Tell whether this event asks to be spoken to discreetly."""
    match event:
        case Said(text):
            return any(sign in text for sign in SIGNS) or (
                len(text) <= LONGEST and _cannot_talk(wording.plain(text))
            )
        case Pressed("quiet", "on") | Command("quiet"):
            return True
    return False


def _cannot_talk(plain: str) -> bool:
    return _ON.search(_KIN.sub("", plain)) is not None


def switches_off(event: Event) -> bool:
    """Tell whether this event says that one may talk again."""
    match event:
        case Said(text):
            return len(text) <= LONGEST and _OFF.search(wording.plain(text)) is not None
        case Command("loud"):
            return True
    return False


def ended(session: Session) -> str:
    """Return what is said to somebody who may talk again."""
    return "quiet.ended_in_case" if session.case else "quiet.ended"


def begin(turn: Turn, before: Session) -> Turn:
    """Go on discreetly; somebody who cannot talk needs a person, whatever they have told."""
    effects = turn.effects
    if before.case is None and not any(isinstance(each, OpenCase) for each in effects):
        effects = (*effects, OpenCase("person", None))
    effects = (SetDiscreet(True), *effects)
    if before.case is not None:
        effects = (*effects, TellDesk(lines=(Line("desk.went_quiet"),)))
    return softened(replace(turn, effects=effects), opening=True)


def softened(turn: Turn, *, opening: bool = False) -> Turn:
    """Return the same turn with neutral words: one question, answered by yes or no."""
    question = turn.session.step if turn.session.step in ASKED else None
    if turn.session.step in QUESTIONS and question is None:
        turn = replace(turn, session=replace(turn.session, step=START))
    line = Line(f"quiet.{question}.ask" if question else "quiet.noted")
    lines = (Line("quiet.open"), line) if opening and question else (line,)
    if opening and not question:
        lines = (Line("quiet.open"),)
    choices = (
        tuple(
            Choice(question, value, f"quiet.choice.{said}")
            for value, said in zip(ASKED[question], ("yes", "no"), strict=True)
        )
        if question
        else ()
    )
    read = Choice("read", "ok", "quiet.choice.ok")
    return replace(turn, prompts=(Prompt(lines, (*choices, read)),))
