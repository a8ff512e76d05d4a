"""Send outbox messages through Telegram."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from html import unescape
from typing import Any

from telegram import Bot, InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from actions.outbox.policy import Blocked, Moved, Outcome, Refused, Sent, Unavailable
from actions.outbox.split import LONGEST_CAPTION
from actions.vault import CannotOpen, Vault
from bot.channels.sender import Envelope
from bot.channels.telegram.posters import Posters

Body = Mapping[str, object]

UPLOAD_WITHIN = 60.0  # seconds
# What Telegram says when the message to be edited is no longer there to be edited.
_GONE = re.compile(r"message to edit not found|message can't be edited|MESSAGE_ID_INVALID", re.I)
_BAD_MARKUP = re.compile(r"can't parse entities", re.IGNORECASE)
# What it says when a chat takes nothing from us; what is wrong with one message reads otherwise.
_SHUT = re.compile(
    r"chat not found|(?:not enough|no) rights|CHAT_\w*FORBIDDEN|CHAT_RESTRICTED|"
    r"group chat was deactivated|TOPIC_CLOSED|need administrator rights",
    re.IGNORECASE,
)
_NOT_TEXT = frozenset(
    {"edits", "delete", "topic", "close_topic", "photo", "copies", "poster", "document"}
)
_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)
_MODES = {"html": "HTML", "markdown": "MarkdownV2"}


class TelegramSender:
    """Speaks to the Bot API through PTB's `Bot`; knows nothing of the database."""

    def __init__(self, bot: Bot, vault: Vault | None = None) -> None:
        self._bot = bot
        self._vault = vault
        self._posters = Posters()

    async def send(self, envelope: Envelope) -> Outcome:
        """Send one message; an error of Telegram's becomes an outcome."""
        try:
            return await self._call(envelope)
        except RetryAfter as error:
            return Unavailable("flood limit", wait=_as_timedelta(error.retry_after))
        except ChatMigrated as error:
            return Moved(str(error.new_chat_id))
        except Forbidden as error:
            return Blocked(error.message)
        except BadRequest as error:  # BadRequest is a NetworkError: test it first
            if "not modified" in error.message:
                return Sent(envelope.ref)
            return Refused(error.message, chat=_is_shut(envelope.body, error.message))
        except InvalidToken:
            return Unavailable("the bot token is refused")
        except TelegramError as error:
            return Unavailable(error.message)

    async def _call(self, envelope: Envelope) -> Outcome:
        body = envelope.body
        if "answers" in body:
            await self._ask(
                "answerCallbackQuery",
                callback_query_id=str(body["answers"]),
                text=_text(body) or None,
                show_alert=bool(body.get("alert")),
            )
            return Sent()
        if "reacts" in body:
            return await self._react(envelope)
        if "photo" in body:
            return await self._picture(envelope, body["photo"])
        if "copies" in body:
            return await self._copy(envelope)
        if special := await self._special(envelope):
            return Sent(special)
        call = self._edit if "edits" in body else self._send
        try:
            return await call(envelope, markup=True)
        except BadRequest as error:
            if _BAD_MARKUP.search(error.message):
                return await call(envelope, markup=False)
            raise

    async def _edit(self, envelope: Envelope, *, markup: bool) -> Sent:
        body = envelope.body
        try:
            edited = await self._ask(
                "editMessageText",
                text=_text(body, markup=markup),
                chat_id=envelope.recipient,
                message_id=int(envelope.ref or 0),
                reply_markup=_keyboard(body),
                parse_mode=_mode(body) if markup else None,
            )
        except BadRequest as error:
            if not _GONE.search(error.message):
                raise
            anew = await self._send(envelope, markup=markup)  # somebody deleted it: say it again
            return Sent(anew.ref, anew=True)
        return Sent(str(edited["message_id"]) if isinstance(edited, dict) else envelope.ref)

    async def _send(self, envelope: Envelope, *, markup: bool) -> Sent:
        body = envelope.body
        sent = await self._ask(
            "sendMessage",
            chat_id=envelope.recipient,
            text=_text(body, markup=markup),
            reply_markup=_keyboard(body),
            parse_mode=_mode(body) if markup else None,
            allow_paid_broadcast=envelope.paid or None,
            **_placed(envelope),
        )
        return Sent(str(sent["message_id"]))

    async def _ask(self, method: str, **parameters: object) -> Any:
        """Call a method and return its JSON. PTB's own methods build a whole message of the
        answer, at three times the cost, and all we want of it is its number.
        """
        given = [
            RequestParameter.from_input(name, value)
            if isinstance(value, InputFile)
            else RequestParameter(name, value, None)
            for name, value in parameters.items()
            if value is not None
        ]
        url, data = f"{self._bot.base_url}/{method}", RequestData(given)
        if data.contains_files:
            return await self._bot.request.post(url, data, read_timeout=UPLOAD_WITHIN)
        return await self._bot.request.post(url, data)

    async def _special(self, envelope: Envelope) -> str | None:
        """Send what is not a text; None when it is one."""
        body = envelope.body
        if "delete" in body:
            return await self._delete(envelope)
        if "topic" in body:
            name = str(body["topic"])[:128]
            topic = await self._bot.create_forum_topic(envelope.recipient, name)
            return str(topic.message_thread_id)
        if "close_topic" in body:
            thread = int(str(body["close_topic"]))
            await self._bot.close_forum_topic(envelope.recipient, thread)
            return str(thread)
        if isinstance(told := body.get("poster"), Mapping):
            sent = await self._posters.send(told, partial(self._photo, envelope))
            return str(sent["message_id"])
        if "document" in body:
            return await self._document(envelope)
        return None

    async def _delete(self, envelope: Envelope) -> str:
        ref = str(envelope.body["delete"])
        await self._bot.delete_message(envelope.recipient, int(ref))
        return ref

    async def _photo(self, envelope: Envelope, photo: InputFile | str) -> Any:
        return await self._ask(
            "sendPhoto",
            chat_id=envelope.recipient,
            photo=photo,
            caption=_text(envelope.body)[:LONGEST_CAPTION],
            reply_markup=_keyboard(envelope.body),
            allow_paid_broadcast=envelope.paid or None,
            **_placed(envelope),
        )

    async def _picture(self, envelope: Envelope, photo: object) -> Sent:
        given = InputFile(photo) if isinstance(photo, bytes) else str(photo)
        sent = await self._photo(envelope, given)
        sizes = sent.get("photo") or [{}]
        return Sent(str(sent["message_id"]), photo=sizes[-1].get("file_id"))

    async def _copy(self, envelope: Envelope) -> Sent:
        """Repeat another chat's message, whatever it is, without saying whose it was."""
        sent = await self._ask(
            "copyMessage",
            chat_id=envelope.recipient,
            from_chat_id=str(envelope.body["from"]),
            message_id=int(str(envelope.body["copies"])),
            caption=_text(envelope.body),
            **_placed(envelope),
        )
        return Sent(str(sent["message_id"]))

    async def _react(self, envelope: Envelope) -> Outcome:
        body = envelope.body
        message = envelope.ref or body.get("answer")
        if message is None:
            return Unavailable("what it marks is still on its way")
        try:
            await self._ask(
                "setMessageReaction",
                chat_id=str(body["chat"]),
                message_id=int(str(message)),
                reaction=[{"type": "emoji", "emoji": body["reacts"]}],
            )
        except ChatMigrated:
            return Refused("what it marks stayed in a chat that moved")
        return Sent()

    async def _document(self, envelope: Envelope) -> str:
        if self._vault is None:
            raise BadRequest("sealed, and this process has no key")
        try:
            opened = self._vault.open(
                b64decode(str(envelope.body["sealed"])), at="outbox_message:body"
            )
        except CannotOpen:
            raise BadRequest("sealed with another key") from None
        sent = await self._bot.send_document(
            envelope.recipient,
            b64decode(opened),
            filename=str(envelope.body["document"]),
            protect_content=False,
        )
        return str(sent.message_id)


def _placed(envelope: Envelope) -> dict[str, Any]:
    """Return where a message goes in its chat: into a topic, under another; and how loudly."""
    placed: dict[str, Any] = {}
    if envelope.body.get("silent"):
        placed["disable_notification"] = True
    if "thread" in envelope.body:
        placed["message_thread_id"] = int(str(envelope.body["thread"]))
    ref = envelope.ref if "reply_to" in envelope.body else envelope.body.get("answer")
    if ref:
        placed["reply_parameters"] = {
            "message_id": int(str(ref)),
            "allow_sending_without_reply": True,
        }
    return placed


def _is_shut(body: Body, said: str) -> bool:
    """Tell whether the chat takes nothing at all: topics or pictures alone may be forbidden."""
    return bool(_SHUT.search(said)) and _NOT_TEXT.isdisjoint(body)


def _text(body: Body, *, markup: bool = True) -> str:
    said = str(body.get("text", ""))
    if markup or body.get("markup") != "html":
        return said
    return unescape(_TAG.sub("", said))


def _mode(body: Body) -> str | None:
    return _MODES.get(str(body.get("markup", "")))


def _keyboard(body: Body) -> dict[str, object] | None:
    rows = body.get("buttons")
    if not isinstance(rows, list) or not rows:
        return None
    shown = [
        [{"text": each["label"], "callback_data": each["data"]} for each in row] for row in rows
    ]
    return {"inline_keyboard": shown}


def _as_timedelta(wait: int | timedelta) -> timedelta:
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
