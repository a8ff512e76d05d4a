"""What comes in from a citizen, in no channel's words."""

from __future__ import annotations

from dataclasses import dataclass

from actions.triage import wording
from actions.triage.understanding import Understanding
from bot.conversation.turn import Command, Pressed, Unreadable

DRILL = "drill"  # the channel of the synthetic citizen


@dataclass(frozen=True, slots=True)
class Words:
    """A text as it came in. `origin`: own, edited, or what it was forwarded from."""

    text: str
    origin: str = "own"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", wording.storable(self.text))


@dataclass(frozen=True, slots=True)
class Telling:
    """What a citizen told in several short messages, this one the last; and what it says."""

    text: str
    understanding: Understanding | None


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a citizen, in no channel's words."""

    channel: str
    external_id: str
    address: str
    content: Words | Pressed | Command | Unreadable
    language_hint: str | None = None  # what their client is set to, until they have said something
    photo: str | None = None  # the channel's own id of a picture that came with it
    attached: str = ""  # what else did: "voice", "video", "image", "file", "place", "contact"
    ref: str | None = None  # the channel's own id of the message
    about: str | None = None  # the case named by the message of ours that this answers
    telling: Telling | None = None  # what it goes on with, when its words are one line of several
    group: bool = False  # addressed to us among others: no questions, no case, no memory
