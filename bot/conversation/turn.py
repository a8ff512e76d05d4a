"""The words a conversation is made of: what came in, what goes out, what has to happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from actions.triage.danger import Danger
from actions.triage.judgement import Judgement

START = "listening"
HANDED = "handed"  # the fact that officers have had the matter: what they found outweighs us
NEXT_TIP = "tip"  # the fact which tip they have not had
DANGER = "danger"  # the fact that a life was spoken of as in danger, and how
LASTING = (NEXT_TIP, DANGER)  # facts that are of no one matter


# -- what came in ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """Words, with what triage made of them. `intent` is an everyday intent such as "thanks";
    `danger` is what threatens a life, by the citizen's own words; `whole` is what triage made of
    them together with what was told just before, where they are one line of several.
    """

    text: str
    judgement: Judgement
    intent: str | None = None
    language: str | None = None
    danger: Danger | None = None
    whole: Judgement | None = None

    @property
    def meaning(self) -> Judgement:
        """What triage made of the words where they stand."""
        return self.whole or self.judgement


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of ours: the question it belongs to and the value it stands for."""

    question: str
    value: str


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command, such as /language en."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something we cannot read: a picture, a voice note, a sticker.

    An officer can make something of it all the same if it is `showable`.
    """

    showable: bool = False


Event = Said | Pressed | Command | Unreadable


# -- what goes out --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a message: a text key, its parameters, and a mark such as "1." before it."""

    key: str
    params: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""


BLANK = Line("")


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: a stable value and the key of the label that is shown."""

    question: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message to the citizen."""

    lines: tuple[Line, ...]
    choices: tuple[Choice, ...] = ()
    poster: Mapping[str, object] | None = None  # what a picture above the words says


# -- what has to happen ---------------------------------------------------------------------


class Effect:
    """Something the caller does in the same transaction."""


@dataclass(frozen=True, slots=True)
class FileReport(Effect):
    """Keep what the citizen told us, and what we made of it."""

    text: str
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class OpenCase(Effect):
    """Put a person on it. `cause` is "live", "danger" or "person"."""

    cause: str
    judgement: Judgement | None


@dataclass(frozen=True, slots=True)
class TellDesk(Effect):
    """Bring news to the case that is already open: words, or text keys of answers given."""

    text: str = ""
    lines: tuple[Line, ...] = ()
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True)
class SetDiscreet(Effect):
    """The citizen is being watched, or no longer is."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetWord(Effect):
    """Every officer's message is to repeat this word of the citizen's; "" is none."""

    word: str


@dataclass(frozen=True, slots=True)
class Verify(Effect):
    """Tell whether a case, an officer or a message is ours."""

    code: str


@dataclass(frozen=True, slots=True)
class NoteHelped(Effect):
    """Keep what the citizen says of the case that was closed last."""

    helped: bool


@dataclass(frozen=True, slots=True)
class NoteRead(Effect):
    """The citizen has read what we sent, and it may go."""


@dataclass(frozen=True, slots=True)
class ChooseLanguage(Effect):
    language: str


@dataclass(frozen=True, slots=True)
class StopBulk(Effect):
    """Send nothing more that the citizen did not ask for."""


@dataclass(frozen=True, slots=True)
class Forget(Effect):
    """Erase the citizen from every table."""


@dataclass(frozen=True, slots=True)
class Personal(Effect):
    """Ask, change or show what a citizen told us of themselves; the answer comes with it.

    `topic` is "profile", "mydata", "tips", "phone", "guardian", "quiz", "warning" or "checkin".
    """

    topic: str
    value: str = ""


def lasting(facts: Mapping[str, object]) -> dict[str, object]:
    """Return the facts that are of no one matter."""
    return {name: facts[name] for name in LASTING if name in facts}


@dataclass(frozen=True, slots=True)
class Session:
    """Where a conversation stands. `case` is the code of the case that is not closed, if any."""

    step: str = START
    facts: Mapping[str, object] = field(default_factory=dict)
    case: str | None = None
    officer_on: bool = False
    discreet: bool = False

    @property
    def matter(self) -> Judgement | None:
        """What we hold of what the citizen told last."""
        matter = self.facts.get("matter")
        return Judgement.from_facts(matter) if isinstance(matter, Mapping) else None

    @property
    def verdict(self) -> Judgement | None:
        """What we hold of it, unless officers have had the matter and closed it."""
        return self.matter if self.case or not self.facts.get(HANDED) else None

    @property
    def answers(self) -> dict[str, str]:
        """What the citizen answered to our questions about it."""
        answers = self.facts.get("answers")
        return {str(k): str(v) for k, v in answers.items()} if isinstance(answers, Mapping) else {}

    def holding(self, matter: Judgement, answers: Mapping[str, str] | None = None) -> Session:
        """Return the session with this matter in the place of any other."""
        facts = {
            **lasting(self.facts),
            "matter": matter.to_facts(),
            "answers": dict(answers or {}),
        }
        return replace(self, facts=facts)


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from one event."""

    session: Session
    prompts: tuple[Prompt, ...]
    effects: tuple[Effect, ...] = ()

    def and_do(self, *effects: Effect) -> Turn:
        """Return the same turn with more to be done."""
        return replace(self, effects=(*self.effects, *effects))
