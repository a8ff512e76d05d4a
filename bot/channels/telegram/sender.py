"""Send outbox messages through Telegram."""

from __future__ import annotations

from datetime import timedelta

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from actions.outbox.policy import Blocked, Outcome, Refused, Sent, Unavailable
from bot.channels.sender import Envelope


class TelegramSender:
    """Speaks to the Bot API through PTB's `Bot`; knows nothing of the database."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(self, envelope: Envelope) -> Outcome:
        try:
            return Sent(await self._call(envelope))
        except RetryAfter as error:
            return Unavailable("flood limit", wait=_as_timedelta(error.retry_after))
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
        body, chat = envelope.body, envelope.recipient
        if "answers" in body:
            await self._bot.answer_callback_query(
                str(body["answers"]), text=_text(body), show_alert=bool(body.get("alert"))
            )
            return None
        if "edits" in body:
            edited = await self._bot.edit_message_text(
                _text(body),
                chat_id=chat,
                message_id=int(envelope.ref or 0),
                reply_markup=_keyboard(body),
            )
            return str(edited.message_id) if isinstance(edited, Message) else envelope.ref
        sent = await self._bot.send_message(
            chat_id=chat,
            text=_text(body),
            reply_markup=_keyboard(body),
            disable_notification=bool(body.get("silent")) or None,
            reply_parameters=(
                ReplyParameters(int(envelope.ref), allow_sending_without_reply=True)
                if envelope.ref
                else None
            ),
        )
        return str(sent.message_id)


def _text(body: object) -> str:
    assert isinstance(body, dict)  # noqa: S101  an outbox body
    return str(body.get("text", ""))


def _keyboard(body: object) -> InlineKeyboardMarkup | None:
    assert isinstance(body, dict)  # noqa: S101  an outbox body
    rows = body.get("buttons")
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(each["label"], callback_data=each["data"]) for each in row]
            for row in rows
        ]
    )


def _as_timedelta(wait: int | timedelta) -> timedelta:
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
