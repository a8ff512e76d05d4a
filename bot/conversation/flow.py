"""Take one event and return what follows from it.

Urgency first: whatever step the citizen is in, words that tell of a fraud under way open a case
before anything is asked. Every step can be left by describing something, a command, or a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from actions.triage import wording
from actions.triage.judge import reconsider
from actions.triage.judgement import Judgement
from bot.conversation import messages, personal, quiet, standing
from bot.conversation.advice import GRAVE, QUESTIONS, added_steps, next_question
from bot.conversation.turn import (
    START,
    Choice,
    ChooseLanguage,
    Command,
    Effect,
    Event,
    FileReport,
    Forget,
    Line,
    NoteHelped,
    NoteRead,
    OpenCase,
    Pressed,
    Prompt,
    Said,
    Session,
    SetDiscreet,
    SetWord,
    StopBulk,
    TellDesk,
    Turn,
    Unreadable,
    Verify,
)

HANDED = "handed"  # the fact that officers have had the matter: what they found outweighs us
# What a citizen asks of the bot itself, also while an officer is on.
LEFT_TO_US = frozenset({"stop", "forget", "language", "is_it_you"})
# What leaves a question unanswered, whatever else the words could mean in answer to it.
LEAVING = frozenset({"person", "stop", "language", "forget"})
CONFIRM_FORGET = "forget"
FORGET_CHOICES = (
    Choice(CONFIRM_FORGET, "yes", "forget.choice.yes"),
    Choice(CONFIRM_FORGET, "no", "forget.choice.no"),
)
LANGUAGE_CHOICES = (
    Choice("language", "zh", "language.choice.zh"),
    Choice("language", "en", "language.choice.en"),
)


# What is said to an everyday intent or a command that asks for nothing to be done.
SAYINGS: Mapping[str, tuple[str, tuple[Choice, ...]]] = {
    "greet": ("greeting", (messages.CHECK, messages.TIP)),
    "help": ("help", (messages.CHECK, messages.PERSON)),
    "thanks": ("thanks", ()),
    "is_it_you": ("identity", ()),
    "check": ("check", ()),  # also a bare yes or no that answers nothing we asked
}


# What is told of plainly even to somebody who is being watched: they asked for just that.
PLAIN_COMMANDS = frozenset({"language", "forget", "verify", "word", "stop", "loud"})
PLAIN_QUESTIONS = frozenset({"forget", "language", "helped"})
LONGEST_WORD = 20


def advance(session: Session, event: Event) -> Turn:
    """Return the session, messages and effects that follow from one event."""
    turn = _spoken(session, event)
    if session.case or any(isinstance(each, OpenCase) for each in turn.effects):
        facts = {**turn.session.facts, HANDED: True}
        return replace(turn, session=replace(turn.session, facts=facts))
    return turn


def _spoken(session: Session, event: Event) -> Turn:
    if session.discreet and quiet.switches_off(event):
        return Turn(
            replace(session, step=START),
            (messages.simple("quiet.ended"),),
            (SetDiscreet(False), *_tell(session, event)),
        )
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
            return _command(session, name, argument)
        case Unreadable(showable=True) if session.case:
            return Turn(session, (messages.simple("case.passed_to_officer"),), (TellDesk(),))
        case Unreadable():
            return Turn(session, (messages.simple("unreadable"),))


def _said(session: Session, said: Said) -> Turn:
    if said.judgement.escalate:
        return _described(session, said)
    if session.officer_on and said.intent not in LEFT_TO_US:
        return _to_officer(session, said)
    if said.intent in LEAVING:
        return _everyday(session, said)
    question = QUESTIONS.get(session.step)
    value = question.understand(wording.plain(said.text)) if question else None
    if question and value:
        return _answered(session, question.name, value, words=said.text)
    if said.intent:
        return _everyday(session, said)
    return _described(session, said)


def _to_officer(session: Session, said: Said) -> Turn:
    """A person is on: everything goes to them, and we say no more than that it did."""
    judgement = standing.continued(_standing(session), said.judgement, wording.plain(said.text))
    filed = FileReport(said.text, said.judgement)
    told = TellDesk(text=said.text, judgement=said.judgement)
    return _received(session, judgement, (filed, told))


def _received(session: Session, judgement: Judgement, effects: tuple[Effect, ...]) -> Turn:
    receipt = standing.receipt(_standing(session), judgement)
    return Turn(replace(session, step=START), (receipt,), effects)


def _described(session: Session, said: Said) -> Turn:
    plain, before = wording.plain(said.text), _standing(session)
    judgement = standing.continued(_matter(session), said.judgement, plain)
    filed = FileReport(said.text, judgement)
    tell = (TellDesk(text=said.text, judgement=judgement),) if session.case else ()
    if before and standing.holds(before, judgement, plain, in_case=bool(session.case)):
        prompt = standing.answer(before, plain, in_case=bool(session.case))
        return Turn(session, (prompt,), (filed, *tell))
    if session.officer_on:
        return _received(session, judgement, (filed, *tell))
    session = replace(session, facts={"matter": judgement.to_facts(), "answers": {}})
    if session.case:
        return _in_case(session, judgement, (filed, *tell))
    return _judged(session, judgement, (filed,))


def _judged(session: Session, judgement: Judgement, effects: tuple[Effect, ...]) -> Turn:
    question = next_question(judgement, _answers(session))
    session = replace(session, step=question.name if question else START)
    if judgement.escalate:
        opened = OpenCase("live", judgement)
        return Turn(session, (messages.urgent(judgement, question),), (*effects, opened))
    return Turn(session, (messages.verdict(judgement, question),), effects)


def _in_case(session: Session, judgement: Judgement, effects: tuple[Effect, ...]) -> Turn:
    """A case is open: the words go to it, and the bot only speaks for safety."""
    if session.officer_on:
        return _received(session, judgement, effects)
    if judgement.escalate:
        question = next_question(judgement, _answers(session))
        session = replace(session, step=question.name if question else START)
        return Turn(session, (messages.urgent(judgement, question),), effects)
    return Turn(replace(session, step=START), (messages.simple("case.passed_on"),), effects)


def _pressed(session: Session, question: str, value: str) -> Turn:
    if (turn := personal.pressed(session, question, value)) is not None:
        return turn
    if question in QUESTIONS and value in QUESTIONS[question].values:
        return _answered(session, question, value)
    if question in ("helped", "read", "quiet"):
        return _pressed_in_case(session, question, value)
    match question, value:
        case "do", "person":
            return _person(session)
        case "do", "check":
            return _say(session, "check")
        case "language", "zh" | "en":
            return _language(session, value)
        case "forget", "yes" | "no":
            return _forget(session, sure=value == "yes")
    return _say(session, "button.old", messages.CHECK, messages.PERSON)


def _forget(session: Session, *, sure: bool) -> Turn:
    if not sure:
        return _say(replace(session, step=START), "forget.kept")
    if session.case:
        return _say(session, "forget.open_case")
    return Turn(Session(), (messages.simple("forget.done"),), (Forget(),))


def _answered(session: Session, question: str, value: str, *, words: str = "") -> Turn:
    """Take an answer into account; a late press of an older question counts all the same."""
    before = _matter(session)
    if before is None:
        return _say(replace(session, step=START), "button.old", messages.CHECK, messages.PERSON)
    answers = {**_answers(session), question: value}
    if question == "when":  # asked of what has left: today, it may still be stopped
        answers["money"] = "yes"
    judgement = reconsider(before, answers)
    session = replace(session, facts={"matter": judgement.to_facts(), "answers": answers})
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
        return _judged(session, judgement, ())
    effects: tuple[Effect, ...] = (told,) if session.case else ()
    if judgement.escalate and not before.escalate:
        return _in_case(session, judgement, effects)
    follow = next_question(judgement, answers)
    session = replace(session, step=follow.name if follow else START)
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
    match said.intent:
        case "person":
            return _person(session, said.text)
        case "language":
            wanted = _wanted_language(said)
            return _language(session, wanted) if wanted else _ask_language(session)
        case "stop":
            return _stop(session)
        case "forget":
            return _ask_forget(session)
    if session.case and said.intent in ("greet", "affirm", "deny"):
        return _in_case(session, said.judgement, (TellDesk(text=said.text),))
    if said.intent == "ask_tip":
        return personal.tip(session)
    key, choices = SAYINGS.get(said.intent or "", ("check", ()))
    return _say(session, key, *choices)


def _pressed_in_case(session: Session, question: str, value: str) -> Turn:
    """Take a button that belongs to talk with an officer."""
    match question, value:
        case "helped", "yes" | "no":
            return _helped(session, value == "yes")
        case "read", "ok":
            return Turn(session, (), (NoteRead(),))
        case "quiet", "yes" | "no" if session.case:
            told = TellDesk(
                lines=(Line("desk.quiet_answer", {"answer": f"quiet.choice.{value}"}),)
            )
            return Turn(session, (messages.simple("case.passed_to_officer"),), (told,))
        case "quiet", "on":
            return Turn(session, (messages.simple("case.passed_to_officer"),))
    return _say(session, "button.old", messages.CHECK, messages.PERSON)


def _command(session: Session, name: str, argument: str) -> Turn:
    if name in ("word", "verify", "quiet", "loud"):
        return _command_of_trust(session, name, argument)
    if (turn := personal.command(session, name, argument)) is not None:
        return turn
    match name:
        case "language" if argument.lower() in ("zh", "en"):
            return _language(session, argument.lower())
        case "language":
            return _ask_language(session)
        case "stop":
            return _stop(session)
        case "forget":
            return _ask_forget(session)
        case "person":
            return _person(session, argument)
        case "start" | "check":
            session = replace(session, step=START)
    intent = {"start": "greet"}.get(name, name)
    key, choices = SAYINGS.get(intent, ("command.unknown", (messages.CHECK, messages.PERSON)))
    return _say(session, key, *choices)


def _command_of_trust(session: Session, name: str, argument: str) -> Turn:
    match name:
        case "word":
            return _word(session, argument)
        case "verify" if argument:
            return Turn(session, (), (Verify(argument),))
        case "verify":
            return _say(session, "verify.how")
    return _say(session, "quiet.ended" if name == "loud" else "case.passed_to_officer")


def _person(session: Session, words: str = "") -> Turn:
    session = replace(session, step=START)
    if session.case:
        return Turn(session, (messages.simple("person.already"),), (TellDesk(text=words),))
    matter = _matter(session)
    opened = OpenCase("person", matter if matter and matter.verdict in GRAVE else None)
    return Turn(session, (messages.simple("person.coming"),), (opened,))


def _word(session: Session, word: str) -> Turn:
    word = " ".join(word.split())
    if len(word) > LONGEST_WORD:
        return _say(session, "word.long")
    if not word:
        return _say(session, "word.how")
    if word in ("-", "off"):
        return Turn(session, (messages.simple("word.gone"),), (SetWord(""),))
    line = Line("word.done", {"words": word})
    return Turn(session, (Prompt((line,)),), (SetWord(word),))


def _helped(session: Session, helped: bool) -> Turn:
    noted = (NoteHelped(helped),)
    if helped:
        return Turn(session, (messages.simple("helped.yes"),), noted)
    return Turn(session, (messages.simple("helped.no", messages.PERSON),), noted)


def _language(session: Session, language: str) -> Turn:
    return Turn(session, (messages.simple("language.done"),), (ChooseLanguage(language),))


def _ask_language(session: Session) -> Turn:
    return Turn(session, (Prompt((Line("language.ask"),), LANGUAGE_CHOICES),))


def _stop(session: Session) -> Turn:
    key = "stop.with_case" if session.case else "stop.done"
    return Turn(replace(session, step=START), (messages.simple(key),), (StopBulk(),))


def _ask_forget(session: Session) -> Turn:
    if session.case:
        return _say(session, "forget.open_case")
    return Turn(session, (Prompt((Line("forget.ask"),), FORGET_CHOICES),))


def _say(session: Session, key: str, *choices: Choice) -> Turn:
    return Turn(session, (messages.simple(key, *choices),))


def _wanted_language(said: Said) -> str | None:
    plain = wording.plain(said.text)
    if "english" in plain or "英" in plain:
        return "en"
    return "zh" if "中文" in plain or "chinese" in plain or "汉语" in plain else None


def _matter(session: Session) -> Judgement | None:
    matter = session.facts.get("matter")
    return Judgement.from_facts(matter) if isinstance(matter, Mapping) else None


def _standing(session: Session) -> Judgement | None:
    """Return our verdict, unless officers have had the matter and closed it."""
    return _matter(session) if session.case or not session.facts.get(HANDED) else None


def _answers(session: Session) -> dict[str, str]:
    answers = session.facts.get("answers")
    return {str(k): str(v) for k, v in answers.items()} if isinstance(answers, Mapping) else {}
