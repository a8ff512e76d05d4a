"""Commands and buttons about the citizen: profile, tips, guardian, quiz, warnings. Pure.

What has to be looked up is an effect: its answer is worded by `bot.personal`.
"""

from __future__ import annotations

from dataclasses import replace

from actions.triage.judgement import Judgement, ScamType, Signal, Stage, Verdict
from bot.conversation import messages
from bot.conversation.messages import say
from bot.conversation.turn import (
    BLANK,
    NEXT_TIP,
    START,
    Choice,
    Line,
    OpenCase,
    Personal,
    Prompt,
    Session,
    TellDesk,
    Turn,
)

COMMANDS = frozenset({"profile", "mydata", "phone", "guardian"})
TOPICS = frozenset({"profile", "mydata", "tips", "guardian", "quiz"})
TIPS = ("on", "off", "pause")
ANOTHER = "more_"  # how the wish for a tip begins; its number, from nought, follows
MOST_TIPS = 1000  # a number of at most three figures: it must fit a button


def command(session: Session, name: str, argument: str) -> Turn | None:
    """Return what follows from one of these commands, or None for another's."""
    argument = argument.strip()
    if name == "tips":
        said = argument.lower()
        return _asked(session, "tips", said) if said in TIPS else tip(session)
    if name in COMMANDS:
        return _asked(session, name, argument)
    return None


def pressed(session: Session, question: str, value: str) -> Turn | None:
    """Return what follows from one of these buttons, or None for another's."""
    if (question, value) == ("do", "tip"):
        return tip(session)
    if question in TOPICS:
        return _asked(session, question, value)
    if question in ("warning", "checkin"):
        said, _, kind = value.partition("_")
        if kind in set(ScamType):
            return _risk(session, question, said, ScamType(kind))
    return None


def tip(session: Session) -> Turn:
    """Give a tip that fits them, each time another one."""
    turn = _asked(session, "tips", f"{ANOTHER}{_next_tip(session)}")
    return replace(turn, session=replace(turn.session, step=session.step))  # ours stays open


def tip_number(value: str) -> int | None:
    """Return which tip is wished for, from nought; None where it is no such wish."""
    nth = value.removeprefix(ANOTHER)
    known = nth != value and nth.isdecimal() and len(nth) < len(str(MOST_TIPS))
    return int(nth) if known else None


def _next_tip(session: Session) -> int:
    return int(str(session.facts.get(NEXT_TIP, 0)))


def _asked(session: Session, topic: str, value: str) -> Turn:
    if session.discreet and (topic == "quiz" or value.startswith(ANOTHER)):
        return say(session, "tip")  # said as the weather, like all else
    session = replace(session, step=START)
    if (given := tip_number(value)) is not None:  # an older button is no step back
        following = max(_next_tip(session), given + 1) % MOST_TIPS
        session = replace(session, facts={**session.facts, NEXT_TIP: following})
    return Turn(session, (), (Personal(topic, value),))


def _risk(session: Session, question: str, said: str, kind: ScamType) -> Turn | None:
    """Take the answer of somebody who was warned, or asked whether they came back."""
    noted = Personal(question, f"{said}_{kind}")
    matter = at_risk(kind, paid=said == "paid")
    session = replace(session.holding(matter), step=START)
    match question, said:
        case _, "paid":
            return _person(session, (messages.urgent(matter, None),), matter, noted)
        case "warning", "callback":
            prompt = messages.simple("warning.callback")
            return _person(session, (prompt,), matter, noted)
        case "warning", "safe":
            return say(session, "warning.safe").and_do(noted)
        case "warning", "doubt":
            return Turn(session, (interrupt(kind),), (noted,))
        case "warning", "family":
            return say(session, "warning.family", messages.PERSON).and_do(noted)
        case "checkin", "no":
            return say(session, "checkin.good").and_do(*_told(session, said, noted))
        case "checkin", "back":
            lines = (Line("checkin.back"), BLANK, Line("next.open"), Line(f"next.{kind}"))
            prompt = Prompt(lines, (messages.PERSON,))
            return Turn(session, (prompt,), _told(session, said, noted))
    return None


def _person(
    session: Session, prompts: tuple[Prompt, ...], matter: Judgement, noted: Personal
) -> Turn:
    if session.case:
        return Turn(session, prompts, (noted, TellDesk(judgement=matter)))
    cause = "live" if matter.escalate else "warning"
    return Turn(session, prompts, (OpenCase(cause, matter), noted))


def _told(session: Session, said: str, noted: Personal) -> tuple[Personal | TellDesk, ...]:
    if not session.case:
        return (noted,)
    answer = {"question": "checkin.ask", "answer": f"checkin.choice.{said}"}
    return noted, TellDesk(lines=(Line("desk.answer", answer),))


def at_risk(kind: ScamType, *, paid: bool) -> Judgement:
    """Return what we hold of somebody who is said to be at risk, or says that they have paid."""
    return Judgement(
        verdict=Verdict.SCAM if paid else Verdict.SUSPICIOUS,
        type=kind,
        stage=Stage.LIVE if paid else Stage.CONTACTED,
        escalate=paid,
        confidence=0.9 if paid else 0.5,
        reasons=(f"reason.type.{kind}", *(("reason.paid",) if paid else ())),
        signals=frozenset({Signal.PAID}) if paid else frozenset(),
    )


def interrupt(kind: ScamType) -> Prompt:
    """For somebody who believes the other side: one question that breaks its script."""
    return Prompt(
        (Line("interrupt.open"), BLANK, Line(f"interrupt.{kind}"), BLANK, Line("interrupt.offer")),
        tuple(
            Choice("warning", f"{value}_{kind}", f"warning.choice.{value}")
            for value in ("callback", "family", "safe")
        ),
    )


def warning(kind: ScamType) -> Prompt:
    """The warning itself: what is going on, how it works, and a tap we wait for."""
    lines = (
        Line("warning.open", {"type": f"type.{kind}"}),
        Line(f"about.{kind}"),
        BLANK,
        Line("warning.why", {"reason": f"reason.type.{kind}"}),
        Line("warning.verify"),
        BLANK,
        Line("warning.ask"),
    )
    choices = tuple(
        Choice("warning", f"{value}_{kind}", f"warning.choice.{value}")
        for value in ("safe", "doubt", "paid")
    )
    return Prompt(lines, choices)


def check_in(kind: ScamType) -> Prompt:
    """The day after a check."""
    return Prompt(
        (Line("checkin.open", {"type": f"type.{kind}"}), Line("checkin.ask")),
        tuple(
            Choice("checkin", f"{value}_{kind}", f"checkin.choice.{value}")
            for value in ("no", "back", "paid")
        ),
    )
