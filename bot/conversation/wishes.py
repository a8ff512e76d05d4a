"""What a citizen wants of the bot itself: a person, a language, silence, to be forgotten. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from actions.triage import wording
from bot.conversation import messages, personal, quiet
from bot.conversation.advice import GRAVE
from bot.conversation.messages import say
from bot.conversation.turn import (
    START,
    Choice,
    ChooseLanguage,
    Forget,
    Line,
    OpenCase,
    Prompt,
    Said,
    Session,
    SetWord,
    StopBulk,
    TellDesk,
    Turn,
    Verify,
)

FORGET_CHOICES = (
    Choice("forget", "yes", "forget.choice.yes"),
    Choice("forget", "no", "forget.choice.no"),
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
LONGEST_WORD = 20


def command(session: Session, name: str, argument: str) -> Turn:
    """Return what follows from a slash command."""
    if name in ("word", "verify", "quiet", "loud"):
        return _command_of_trust(session, name, argument)
    if (turn := personal.command(session, name, argument)) is not None:
        return turn
    if (turn := _wish(session, name, argument, language=argument.lower())) is not None:
        return turn
    if name in ("start", "check"):
        session = replace(session, step=START)
    intent = {"start": "greet"}.get(name, name)
    key, choices = SAYINGS.get(intent, ("command.unknown", (messages.CHECK, messages.PERSON)))
    return say(session, key, *choices)


def pressed(session: Session, question: str, value: str) -> Turn | None:
    """Return what follows from one of these buttons, or None for another's."""
    match question, value:
        case "do", "person":
            return _person(session)
        case "do", "check":
            return say(session, "check")
        case "language", "zh" | "en":
            return _language(session, value)
        case "forget", "yes" | "no":
            return _forget(session, sure=value == "yes")
    return None


def spoken(session: Session, said: Said) -> Turn | None:
    """Return what follows from words that ask for one of these, or None for any other."""
    return _wish(session, said.intent, said.text)


def _wish(session: Session, name: str | None, words: str, *, language: str = "") -> Turn | None:
    """Return what follows from a wish; a spoken one has its language in the words."""
    match name:
        case "person":
            return _person(session, words)
        case "language":
            return _language(session, language or _wanted_language(words))
        case "stop":
            return _stop(session)
        case "forget":
            return _ask_forget(session)
    return None


def _command_of_trust(session: Session, name: str, argument: str) -> Turn:
    match name:
        case "word":
            return _word(session, argument)
        case "verify" if argument:
            return Turn(session, (), (Verify(argument),))
        case "verify":
            return say(session, "verify.how")
    return say(session, quiet.ended(session) if name == "loud" else "case.passed_to_officer")


def _person(session: Session, words: str = "") -> Turn:
    session = replace(session, step=START)
    if session.case:
        return say(session, "person.already").and_do(TellDesk(text=words))
    matter = session.matter
    opened = OpenCase("person", matter if matter and matter.verdict in GRAVE else None)
    return say(session, "person.coming").and_do(opened)


def _word(session: Session, word: str) -> Turn:
    word = " ".join(word.split())
    if len(word) > LONGEST_WORD:
        return say(session, "word.long")
    if not word:
        return say(session, "word.how")
    if word in ("-", "off"):
        return say(session, "word.gone").and_do(SetWord(""))
    return Turn(session, (messages.simple("word.done", words=word),), (SetWord(word),))


def _language(session: Session, wanted: str) -> Turn:
    if wanted in ("zh", "en"):
        return say(session, "language.done").and_do(ChooseLanguage(wanted))
    return Turn(session, (Prompt((Line("language.ask"),), LANGUAGE_CHOICES),))


def _wanted_language(words: str) -> str:
    plain = wording.plain(words)
    if "english" in plain or "英" in plain:
        return "en"
    return "zh" if "中文" in plain or "chinese" in plain or "汉语" in plain else ""


def _stop(session: Session) -> Turn:
    key = "stop.with_case" if session.case else "stop.done"
    return say(replace(session, step=START), key).and_do(StopBulk())


def _ask_forget(session: Session) -> Turn:
    if session.case:
        return say(session, "forget.open_case")
    return Turn(session, (Prompt((Line("forget.ask"),), FORGET_CHOICES),))


def _forget(session: Session, *, sure: bool) -> Turn:
    if not sure:
        return say(replace(session, step=START), "forget.kept")
    if session.case:
        return say(session, "forget.open_case")
    return say(Session(), "forget.done").and_do(Forget())
