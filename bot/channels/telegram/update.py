"""Read Telegram's updates: a citizen's words, or an officer's button. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from telegram import (
    CallbackQuery,
    Chat,
    Message,
    MessageEntity,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginUser,
    Update,
)

from actions.codes import CASE, MESSAGE
from actions.triage import wording
from bot.conversation.turn import Command, Pressed, Unreadable
from bot.inbound import Inbound, Words
from bot.officer import OfficerSaid
from bot.presses import Press
from bot.publisher import CampaignPress

CHANNEL = "telegram"
_COMMAND = re.compile(r"^/([a-z_]+)(?:@(\w+))?(?:\s+(.*))?$", re.IGNORECASE | re.DOTALL)
_CASE = re.compile(r"^case:(C-[0-9A-Z]{5}):([a-z_]+)(?::([a-z0-9_-]+))?$")
_CAMPAIGN = re.compile(r"^campaign:(\d{1,9}):([a-z_]+)(?::([0-9a-f]{8,64}))?$")
_ASK = re.compile(r"^ask:([a-z_]+):([a-z0-9_.-]+)$")


@dataclass(frozen=True, slots=True)
class OfficerPress:
    """A button on a card, and the press that Telegram wants confirmed."""

    external_id: str
    press: Press
    callback_id: str


@dataclass(frozen=True, slots=True)
class CitizenPress:
    """A button on one of our questions."""

    inbound: Inbound
    callback_id: str


@dataclass(frozen=True, slots=True)
class PublisherPress:
    """A button below a campaign, and the press that Telegram wants confirmed."""

    external_id: str
    press: CampaignPress
    callback_id: str


@dataclass(frozen=True, slots=True)
class ChatMoved:
    """A group became a supergroup: it goes on under another number."""

    chat: str
    to: str


@dataclass(frozen=True, slots=True)
class Illegible:
    """An update that PTB cannot read: of another Bot API than the one it was written for, say."""

    update_id: int
    raw: Mapping[str, Any]
    error: Exception

    @property
    def chat(self) -> int | None:
        """Where it comes from, as far as that can be read."""
        for content in self.raw.values():
            match content:
                case {"chat": {"id": int(chat)}} | {"message": {"chat": {"id": int(chat)}}}:
                    return chat
        return None

    @property
    def sender(self) -> int | None:
        """Who sent it, as far as that can be read."""
        for content in self.raw.values():
            match content:
                case {"from": {"id": int(person)}}:
                    return person
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return it as it came."""
        return dict(self.raw)


Given = Update | Illegible
Read = Inbound | OfficerPress | PublisherPress | OfficerSaid | CitizenPress | ChatMoved | None


def read(update: Update, *, username: str, dispatch_chat: str | None) -> Read:
    """Return what an update means to us; None for what needs no answer."""
    external_id = f"update:{update.update_id}"
    if update.callback_query:
        return _press(update.callback_query, external_id)
    message = update.message or update.edited_message
    if message is not None and message.migrate_to_chat_id:
        return ChatMoved(str(message.chat.id), str(message.migrate_to_chat_id))
    if message is None or message.from_user is None or message.from_user.is_bot:
        return None
    if str(message.chat.id) == dispatch_chat:
        return _officer_said(message, external_id, username)
    content = _content(message, username, edited=update.edited_message is not None)
    if content is None:
        return None
    return Inbound(
        channel=CHANNEL,
        external_id=external_id,
        address=str(message.chat.id),
        content=content,
        language_hint=message.from_user.language_code,
        photo=_photo(message) or _picture_file(message),
        attached=_attached(message),
        ref=str(message.message_id),
        about=_about(message, username),
        group=message.chat.type != Chat.PRIVATE,
    )


def chat_of(update: Given) -> int | None:
    """Return the chat that an update comes from."""
    if isinstance(update, Illegible):
        return update.chat
    return update.effective_chat.id if update.effective_chat else None


def sender_of(update: Given) -> int | None:
    """Return the person who sent an update."""
    if isinstance(update, Illegible):
        return update.sender
    return update.effective_user.id if update.effective_user else None


def answerable(update: Given) -> tuple[int, str] | None:
    """Return where its sender can be told something, and the language of their client."""
    chat = chat_of(update)
    if chat is None:
        return None
    if isinstance(update, Illegible):  # whether one in a group is for us, nobody knows
        return (chat, "") if chat > 0 else None
    person = update.effective_user
    return (chat, person.language_code or "") if person else None


def _officer_said(message: Message, external_id: str, username: str) -> OfficerSaid | None:
    """Return what is for us among the officers' own talk: answers to cards, and commands."""
    assert message.from_user is not None  # noqa: S101  by the caller
    about = _about(message, username)
    text = wording.storable(message.text or message.caption or "")
    command, argument = None, ""
    if match := _COMMAND.match(text):
        name, to, rest = match.groups()
        if to is None or to.lower() == username.lower():
            command, argument = name.lower(), (rest or "").strip()
    if command is None and about is None:
        return None
    return OfficerSaid(
        external_id=external_id,
        telegram_id=message.from_user.id,
        chat=str(message.chat.id),
        private=False,
        text=text,
        photo=_photo(message),
        about=about,
        answers=_answered(message, MESSAGE),
        command=command,
        argument=argument,
        ref=str(message.message_id),
    )


def from_officer(inbound: Inbound) -> OfficerSaid | None:
    """Return a private message as an officer may have meant it."""
    content = inbound.content
    if inbound.group or not inbound.address.lstrip("-").isdigit():
        return None
    said = OfficerSaid(
        external_id=inbound.external_id,
        telegram_id=int(inbound.address),
        chat=inbound.address,
        private=True,
        photo=inbound.photo,
        about=inbound.about,
        ref=inbound.ref,
    )
    if inbound.attached:  # nothing of it can be passed on: as if nothing was written
        return replace(said, photo=None)
    match content:
        case Words(text, "own"):
            return replace(said, text=text)
        case Command(name, argument):
            return replace(said, command=name, argument=argument)
        case Unreadable(showable=True):
            return said
    return None


def _photo(message: Message) -> str | None:
    return message.photo[-1].file_id if message.photo else None


def _picture_file(message: Message) -> str | None:
    """Return the id of a picture that was sent as a file: the console can show it."""
    return message.document.file_id if _attached(message) == "image" and message.document else None


def _attached(message: Message) -> str:
    """Return what came besides words and a photo and can be shown to an officer; "" of nothing."""
    if message.voice or message.audio:
        return "voice"
    if message.video or message.video_note:
        return "video"
    if message.document:
        return "image" if (message.document.mime_type or "").startswith("image/") else "file"
    if message.location:
        return "place"
    return "contact" if message.contact else ""


def _about(message: Message, username: str) -> str | None:
    """Return the case that the answered message of ours names; a topic is named by its case."""
    answered = message.reply_to_message
    if answered is None or answered.from_user is None:
        return None
    if not username or answered.from_user.username != username:
        return None
    return _answered(message, CASE)


def _answered(message: Message, code: re.Pattern[str]) -> str | None:
    """Return the code of this kind in the message that is answered, or in its topic's name."""
    answered = message.reply_to_message
    if answered is None:
        return None
    topic = answered.forum_topic_created
    named = code.search(answered.text or answered.caption or (topic.name if topic else ""))
    return named.group() if named else None


def _content(
    message: Message, username: str, *, edited: bool
) -> Words | Command | Unreadable | None:
    private = message.chat.type == Chat.PRIVATE
    if not private and not _addressed(message, username):
        return None
    text = wording.storable(message.text or message.caption or "")
    if not text:
        if edited:
            return None  # a live location moves every few seconds; the first was answered
        if message.from_user and message.effective_attachment is None:
            return None  # somebody joined, a title changed: nobody spoke to us
        return Unreadable(showable=bool(message.photo or _attached(message)))
    if match := _COMMAND.match(text):
        name, to, argument = match.groups()
        if private or to is None or to.lower() == username.lower():
            return Command(name.lower(), (argument or "").strip())
        return None
    if username:
        text = re.sub(rf"@{re.escape(username)}\b", "", text, flags=re.IGNORECASE).strip()
    if not text:
        return Command("check")
    return Words(text, "edited" if edited else _origin(message))


def _addressed(message: Message, username: str) -> bool:
    if not username:
        return False
    replied = message.reply_to_message
    if replied and replied.from_user and replied.from_user.username == username:
        return True
    wanted = f"@{username}".lower()
    named = message.parse_entities([MessageEntity.MENTION, MessageEntity.BOT_COMMAND])
    named |= message.parse_caption_entities([MessageEntity.MENTION])
    return any(wanted in value.lower() for value in named.values())


def _origin(message: Message) -> str:
    match message.forward_origin:
        case None:
            return "own"
        case MessageOriginUser():
            return "user"
        case MessageOriginChat():
            return "chat"
        case MessageOriginChannel():
            return "channel"
    return "hidden_user"


def _press(query: CallbackQuery, external_id: str) -> Read:
    pressed = query.data or ""
    if match := _CASE.match(pressed):
        code, verb, outcome = match.groups()
        press = Press(query.from_user.id, code, verb, outcome)
        return OfficerPress(external_id, press, query.id)
    if match := _CAMPAIGN.match(pressed):
        number, verb, content = match.groups()
        asked = CampaignPress(query.from_user.id, int(number), verb, content)
        return PublisherPress(external_id, asked, query.id)
    match = _ASK.match(pressed)
    content = Pressed(*match.groups()) if match else Pressed("unknown", pressed)
    inbound = Inbound(
        channel=CHANNEL,
        external_id=external_id,
        address=str(query.from_user.id),
        content=content,
        language_hint=query.from_user.language_code,
    )
    return CitizenPress(inbound, query.id)
