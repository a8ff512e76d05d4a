"""Take one event and return what follows from it.

Urgency first: whatever step the citizen is in, words that tell of a fraud under way open a case
before anything is asked. Every step can be left by describing something, a command, or a person.
"""

from __future__ import annotations

from dataclasses import replace

from actions.triage import wording
from actions.triage.danger import Danger
from actions.triage.judge import reconsider
from actions.triage.judgement import Judgement
from bot.conversation import messages, personal, quiet, standing, wishes
from bot.conversation.advice import GRAVE, QUESTIONS, added_steps, is_small_talk, next_question
from bot.conversation.messages import say
from bot.conversation.replies import first_words, tells_of_kin
from bot.conversation.steps import unclear, when
from bot.conversation.steps.question import Question
from bot.conversation.turn import (
    DANGER,
    HANDED,
    START,
    Command,
    Effect,
    Event,
    FileReport,
    Line,
    NoteHelped,
    NoteRead,
    OpenCase,
    Pressed,
    Said,
    Session,
    SetDiscreet,
    TellDesk,
    Turn,
    Unreadable,
)

# What a citizen asks of the bot itself, also while an officer is on.
LEFT_TO_US = frozenset({"stop", "forget", "language", "is_it_you"})
# What leaves a question unanswered, whatever else the words could mean in answer to it.
LEAVING = frozenset({"person", "stop", "language", "forget"})
# What is told of plainly even to somebody who is being watched: they asked for just that.
PLAIN_COMMANDS = frozenset({"language", "forget", "verify", "word", "stop", "loud"})
PLAIN_QUESTIONS = frozenset({"forget", "language", "helped"})


def advance(session: Session, event: Event) -> Turn:
    """Return the session, messages and effects that follow from one event."""
    if not session.case and DANGER in session.facts:  # what threatened them is over
        session = replace(session, facts={k: v for k, v in session.facts.items() if k != DANGER})
    turn = _spoken(session, event)
    if isinstance(threat := session.facts.get(DANGER), str):
        told = tuple(messages.with_them(each, threat) for each in turn.prompts)
        turn = replace(turn, prompts=told)
    if session.case or any(isinstance(each, OpenCase) for each in turn.effects):
        facts = {**turn.session.facts, HANDED: True}
        return replace(turn, session=replace(turn.session, facts=facts))
    return turn


def _spoken(session: Session, event: Event) -> Turn:
    if session.discreet and quiet.switches_off(event):
        ended = say(replace(session, step=START), quiet.ended(session))
        return ended.and_do(SetDiscreet(False), *_tell(session, event))
    turn = _advance(session, event)
    if quiet.switches_on(event):
        return quiet.begin(turn, session) if not session.discreet else quiet.softened(turn)
    if session.discreet and turn.prompts and not _plain(event):
        return quiet.softened(turn)
    return turn


def _plain(event: Event) -> bool:
    match event:
        case Command(name):
            return name in PLAIN_COMMANDS
        case Pressed(question):
            return question in PLAIN_QUESTIONS
    return False


def _tell(session: Session, event: Event) -> tuple[Effect, ...]:
    if session.case is None:
        return ()
    words = event.text if isinstance(event, Said) else ""
    return (TellDesk(text=words, lines=(Line("desk.went_loud"),)),)


def _advance(session: Session, event: Event) -> Turn:
    match event:
        case Said():
            return _said(session, event)
        case Pressed(question, value):
            return _pressed(session, question, value)
        case Command(name, argument):
            return wishes.command(session, name, argument)
        case Unreadable(showable=True) if session.case:
            return say(session, "case.passed_to_officer").and_do(TellDesk())
        case Unreadable():
            return say(session, "unreadable")


def _said(session: Session, said: Said) -> Turn:
    if said.danger:
        return _in_danger(session, said, said.danger)
    question = QUESTIONS.get(session.step)
    value = question.understand(wording.plain(said.text)) if question else None
    said = _as_told(session, said, answer=value)
    if said.meaning.escalate:
        return _described(session, said)
    if session.officer_on and said.intent not in LEFT_TO_US:
        return _to_officer(session, said)
    if said.intent in LEAVING:
        return _everyday(session, said)
    if question and value and not (said.whole and said.whole.verdict in GRAVE):
        return _answered(session, question.name, value, words=said.text)
    if question and said.intent == "affirm":
        told = (TellDesk(text=said.text),) if session.case else ()
        return Turn(session, (question.ask_again(),), told)
    if said.intent:
        return _everyday(session, said)
    return _described(session, said)


def _as_told(session: Session, said: Said, *, answer: str | None) -> Said:
    """Judge words that are one line of several by the whole, unless they only answer us."""
    alone = session.case or said.intent or (answer and session.step != unclear.QUESTION.name)
    if said.whole is None or alone:
        return replace(said, whole=None)
    whole = standing.as_a_whole(session.verdict, said.judgement, said.whole)
    return replace(said, whole=whole)


def _in_danger(session: Session, said: Said, danger: Danger) -> Turn:
    """A life comes first; a fraud that the words tell of, too, is told of after it."""
    judgement = said.judgement
    grave = judgement.verdict in GRAVE
    session = session.holding(judgement) if grave else session
    session = replace(session, step=START, facts={**session.facts, DANGER: str(danger)})
    urgent = (messages.urgent(judgement, None),) if judgement.escalate else ()
    alarm: Effect = OpenCase("danger", judgement if grave else None)
    if session.case:
        alarm = TellDesk(said.text, (Line("desk.danger"),), judgement)
    filed = FileReport(said.text, judgement)
    return Turn(session, (messages.in_danger(danger), *urgent), (filed, alarm))


def _to_officer(session: Session, said: Said) -> Turn:
    """A person is on: everything goes to them, and we say no more than that it did."""
    judgement = standing.continued(session.verdict, said.judgement, wording.plain(said.text))
    filed = FileReport(said.text, said.judgement)
    told = TellDesk(text=said.text, judgement=said.judgement)
    return _received(session, judgement, (filed, told))


def _received(session: Session, judgement: Judgement, effects: tuple[Effect, ...]) -> Turn:
    receipt = standing.receipt(session.verdict, judgement)
    return Turn(replace(session, step=START), (receipt,), effects)


def _described(session: Session, said: Said) -> Turn:
    plain, before = wording.plain(said.text), session.verdict
    line, in_case = said.whole is not None, bool(session.case)
    scrap = line and said.judgement.verdict not in GRAVE  # says nothing by itself
    judgement = standing.continued(session.matter, said.meaning, plain, line=line)
    filed = FileReport(said.text, judgement)
    tell = (TellDesk(text=said.text, judgement=judgement),) if session.case else ()
    if before and standing.holds(before, judgement, plain, in_case=in_case, scrap=scrap):
        prompt = standing.answer(before, plain, in_case=in_case)
        return Turn(session, (prompt,), (filed, *tell))
    if session.officer_on:
        return _received(session, judgement, (filed, *tell))
    session, judgement, told = _hold(session, judgement)
    if session.case:
        return _in_case(session, judgement, (filed, *tell), told=told)
    if judgement.verdict not in GRAVE and (key := first_words(plain)):
        return Turn(session, (messages.simple(key, messages.PERSON),), (filed,))
    if judgement.escalate:
        return _alarmed(session, judgement, (filed,), kin=tells_of_kin(plain))
    session, question = _asking(session, judgement)
    if line and question == unclear.QUESTION and standing.is_as_unclear(before, judgement):
        return Turn(session, (question.ask_again("telling.go_on"),), (filed,))
    brief = is_small_talk(judgement, plain)
    prompt = messages.verdict(judgement, question, brief=brief, again=told is not None)
    return Turn(session, (prompt,), (filed,))


def _hold(session: Session, judgement: Judgement) -> tuple[Session, Judgement, Judgement | None]:
    """Hold what was told now. While we are at one matter, what was known of it before counts on;
    return that, too.
    """
    before = session.verdict
    if session.case and before and before.escalate and not judgement.escalate:
        return session, judgement, before  # what is under way is not undone by other words
    at_it = session.case is not None or session.step in QUESTIONS
    more = before is not None and before.type == judgement.type and judgement.verdict in GRAVE
    if before is None or not (at_it and more):
        return session.holding(judgement), judgement, None
    judgement = replace(judgement, signals=before.signals | judgement.signals)
    return session.holding(judgement, session.answers), judgement, before


def _asking(session: Session, judgement: Judgement) -> tuple[Session, Question | None]:
    """Return the question to ask next, if any, and the session that waits for its answer."""
    question = next_question(judgement, session.answers)
    return replace(session, step=question.name if question else START), question


def _alarmed(
    session: Session, judgement: Judgement, effects: tuple[Effect, ...], *, kin: bool = False
) -> Turn:
    """A fraud is under way: say what to do now, and put a person on it."""
    session, question = _asking(session, judgement)
    prompt = messages.urgent(judgement, question, kin=kin)
    return Turn(session, (prompt,), (*effects, OpenCase("live", judgement)))


def _in_case(
    session: Session,
    judgement: Judgement,
    effects: tuple[Effect, ...],
    *,
    told: Judgement | None = None,
) -> Turn:
    """A case is open: the words go to it, and the bot only speaks for safety.

    Who was `told` what to do in the same matter is spared the reasons.
    """
    if session.officer_on:
        return _received(session, judgement, effects)
    if judgement.escalate:
        session, question = _asking(session, judgement)
        again = told is not None and told.escalate
        prompt = messages.urgent(judgement, question, again=again)
        return Turn(session, (prompt,), effects)
    return say(replace(session, step=START), "case.passed_on").and_do(*effects)


def _pressed(session: Session, question: str, value: str) -> Turn:
    if (turn := personal.pressed(session, question, value)) is not None:
        return turn
    if question in QUESTIONS and value in QUESTIONS[question].values:
        return _answered(session, question, value)
    if question in ("helped", "read", "quiet"):
        return _pressed_in_case(session, question, value)
    return wishes.pressed(session, question, value) or _too_old(session)


def _too_old(session: Session) -> Turn:
    """A button whose question is no longer open."""
    return say(session, "button.old", messages.CHECK, messages.PERSON)


def _answered(session: Session, question: str, value: str, *, words: str = "") -> Turn:
    """Take an answer into account; a late press of an older question counts all the same."""
    before = session.matter
    if before is None:
        return _too_old(replace(session, step=START))
    answers = {**session.answers, question: value}
    if question == "when":  # asked of what has left: today, it may still be stopped
        answers["money"] = "no" if value == when.NOT_YET else "yes"
    judgement = reconsider(before, answers)
    session = session.holding(judgement, answers)
    told = TellDesk(
        text=words,
        lines=(
            Line(
                "desk.answer",
                {"question": f"{question}.ask", "answer": f"{question}.choice.{value}"},
            ),
        ),
        judgement=judgement,
    )
    if judgement.escalate and not session.case:
        return _alarmed(session, judgement, ())
    effects: tuple[Effect, ...] = (told,) if session.case else ()
    if judgement.escalate and not before.escalate:
        return _in_case(session, judgement, effects)
    session, follow = _asking(session, judgement)
    if judgement.verdict in GRAVE and _differs(judgement, before) and not session.case:
        return Turn(session, (messages.verdict(judgement, follow),), effects)
    added = added_steps(judgement, before)
    if follow:
        return Turn(session, (messages.follow_up(added, follow),), effects)
    if session.case:
        return Turn(session, (messages.noted(added),), effects)
    return Turn(session, (messages.closing(judgement),), effects)


def _differs(judgement: Judgement, before: Judgement) -> bool:
    """Tell whether the next three things to do are other ones now."""
    return (judgement.verdict, judgement.stage) != (before.verdict, before.stage)


def _everyday(session: Session, said: Said) -> Turn:
    if (turn := wishes.spoken(session, said)) is not None:
        return turn
    if session.case and said.intent in ("greet", "affirm", "deny"):
        noted = standing.noted(wording.plain(said.text))
        return say(replace(session, step=START), noted).and_do(TellDesk(text=said.text))
    if said.intent == "ask_tip":
        return personal.tip(session)
    key, choices = wishes.SAYINGS.get(said.intent or "", ("check", ()))
    return say(session, key, *choices)


def _pressed_in_case(session: Session, question: str, value: str) -> Turn:
    """Take a button that belongs to talk with an officer."""
    match question, value:
        case "helped", "yes" | "no":
            choices = () if value == "yes" else (messages.PERSON,)
            return say(session, f"helped.{value}", *choices).and_do(NoteHelped(value == "yes"))
        case "read", "ok":
            return Turn(session, (), (NoteRead(),))
        case "quiet", "yes" | "no" if session.case:
            told = TellDesk(
                lines=(Line("desk.quiet_answer", {"answer": f"quiet.choice.{value}"}),)
            )
            return say(session, "case.passed_to_officer").and_do(told)
        case "quiet", "on":
            return say(session, "case.passed_to_officer")
    return _too_old(session)
