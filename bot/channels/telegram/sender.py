"""Send outbox messages through Telegram."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from actions.outbox.policy import Blocked, Moved, Outcome, Refused, Sent, Unavailable
from bot.channels.sender import Envelope

Body = Mapping[str, object]

# What Telegram says when the message to be edited is no longer there to be edited.
_GONE = re.compile(r"message to edit not found|message can't be edited|MESSAGE_ID_INVALID", re.I)
_BAD_MARKUP = re.compile(r"can't parse entities", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)
_MODES = {"html": "HTML", "markdown": "MarkdownV2"}


class TelegramSender:
    """Speaks to the Bot API through PTB's `Bot`; knows nothing of the database."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(self, envelope: Envelope) -> Outcome:
        """Send one message; an error of Telegram's becomes an outcome."""
        try:
            return Sent(await self._call(envelope))
        except RetryAfter as error:
            return Unavailable("flood limit", wait=_as_timedelta(error.retry_after))
        except ChatMigrated as error:
            return Moved(str(error.new_chat_id))
        except Forbidden as error:
            return Blocked(error.message)
        except BadRequest as error:  # BadRequest is a NetworkError: test it first
            if "not modified" in error.message:
                return Sent(envelope.ref)
            return Refused(error.message)
        except InvalidToken:
            return Unavailable("the bot token is refused")
        except TelegramError as error:
            return Unavailable(error.message)

    async def _call(self, envelope: Envelope) -> str | None:
        body = envelope.body
        if "answers" in body:
            await self._bot.answer_callback_query(
                str(body["answers"]), text=_text(body), show_alert=bool(body.get("alert"))
            )
            return None
        call = self._edit if "edits" in body else self._send
        try:
            return await call(envelope, markup=True)
        except BadRequest as error:
            if _BAD_MARKUP.search(error.message):
                return await call(envelope, markup=False)
            raise

    async def _edit(self, envelope: Envelope, *, markup: bool) -> str | None:
        body = envelope.body
        try:
            edited = await self._bot.edit_message_text(
                _text(body, markup=markup),
                chat_id=envelope.recipient,
                message_id=int(envelope.ref or 0),
                reply_markup=_keyboard(body),
                parse_mode=_mode(body) if markup else None,
            )
        except BadRequest as error:
            if not _GONE.search(error.message):
                raise
            return await self._send(envelope, markup=markup)  # somebody deleted it: say it anew
        return str(edited.message_id) if isinstance(edited, Message) else envelope.ref

    async def _send(self, envelope: Envelope, *, markup: bool) -> str:
        body = envelope.body
        replies = envelope.ref if "reply_to" in body else None
        sent = await self._bot.send_message(
            chat_id=envelope.recipient,
            text=_text(body, markup=markup),
            reply_markup=_keyboard(body),
            parse_mode=_mode(body) if markup else None,
            disable_notification=bool(body.get("silent")) or None,
            allow_paid_broadcast=envelope.paid or None,
            reply_parameters=(
                ReplyParameters(int(replies), allow_sending_without_reply=True)
                if replies
                else None
            ),
        )
        return str(sent.message_id)


def _text(body: Body, *, markup: bool = True) -> str:
    said = str(body.get("text", ""))
    if markup or body.get("markup") != "html":
        return said
    return unescape(_TAG.sub("", said))


def _mode(body: Body) -> str | None:
    return _MODES.get(str(body.get("markup", "")))


def _keyboard(body: Body) -> InlineKeyboardMarkup | None:
    rows = body.get("buttons")
    if not isinstance(rows, list) or not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(each["label"], callback_data=each["data"]) for each in row]
            for row in rows
        ]
    )


def _as_timedelta(wait: int | timedelta) -> timedelta:
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
