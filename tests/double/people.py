"""Citizens, officers and groups as a test meets them: they write, press, and read what comes."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tests.double.client import BotApi

Json = dict[str, Any]
Origin = Literal["user", "hidden", "chat", "channel"]

#: Bytes that pass for a voice message, a sticker and the like; nobody listens to them.
ANY_BYTES = b"OggS" + bytes(60)


class NotHeard(AssertionError):
    """What was waited for did not come."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the chat shows it now. Its version grows with whatever happens in the chat."""

    raw: Json
    version: int
    by_bot: bool

    @property
    def id(self) -> int:
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        return str(self.raw.get("text") or self.raw.get("caption") or "")

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Label and callback data (or address) of each button under the message."""
        rows = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return [
            (button["text"], button.get("callback_data") or button.get("url") or "")
            for row in rows
            for button in row
        ]

    def __str__(self) -> str:
        buttons = "".join(f" [{label} = {data}]" for label, data in self.buttons)
        return f"{'bot' if self.by_bot else 'person'} #{self.id}: {self.text}{buttons}"


class Press:
    """A pressed button, and what the bot answers to it."""

    def __init__(self, api: BotApi, id_: str) -> None:
        self._api, self.id = api, id_

    @property
    def answers(self) -> list[Json]:
        """Every answer so far: text and show_alert."""
        return list(self._api.act("press", id_=self.id))

    def wait_for_answer(self, timeout: float = 5.0) -> Json:
        """The first answer, or NotHeard."""
        answers = self._api.act("press", id_=self.id, wait=timeout)
        if not answers:
            raise NotHeard(f"no answer to the button within {timeout} s")
        return dict(answers[0])


class Place:
    """A chat as those in it see it."""

    def __init__(self, api: BotApi, id_: int) -> None:
        self._api, self.id = api, id_
        self._messages: dict[int, Message] = {}
        self._version = 0
        self._mark = 0
        self._keyboard: Json | None = None
        self._lock = threading.Lock()

    @property
    def messages(self) -> list[Message]:
        """All messages as the chat looks now: edits applied, deleted ones gone."""
        self._look(0)
        return [message for _, message in sorted(self._messages.items())]

    @property
    def heard(self) -> list[Message]:
        """The bot's messages among them."""
        return [message for message in self.messages if message.by_bot]

    @property
    def keyboard(self) -> list[str]:
        """The labels of the reply keyboard that is shown, if one is."""
        self._look(0)
        rows = (self._keyboard or {}).get("keyboard", [])
        return [b["text"] if isinstance(b, dict) else b for row in rows for b in row]

    def wait_for(
        self,
        what: str | Callable[[Message], bool] = "",
        timeout: float = 5.0,
        *,
        since: int | None = None,
    ) -> Message:
        """The bot's first message, new or edited, that has these words or meets the predicate.

        Looks at what happened after the last thing done here by a person; `since=0` looks at
        everything, and `since=message.version` at what came after that message.
        """
        fits = what if callable(what) else lambda message: what in message.text
        after = self._mark if since is None else since
        until = time.monotonic() + timeout
        wait = 0.0
        while True:
            self._look(wait)
            changed = [m for m in self._messages.values() if m.by_bot and m.version > after]
            for message in sorted(changed, key=lambda message: message.version):
                if fits(message):
                    return message
            wait = until - time.monotonic()
            if wait <= 0:
                raise NotHeard(f"not within {timeout} s: {what!r}; the chat:\n{self.transcript()}")

    def transcript(self) -> str:
        """The chat as lines to read."""
        return "\n".join(map(str, self.messages)) or "(empty)"

    def _look(self, wait: float) -> None:
        seen = self._api.act("chat", chat_id=self.id, since=self._version, wait=wait)
        with self._lock:
            for version, raw in seen["messages"]:
                known = self._messages.get(raw["message_id"])
                if known is None or known.version < version:
                    by_bot = raw.get("from", {}).get("id") == self._api.bot["id"]
                    self._messages[raw["message_id"]] = Message(raw, version, by_bot)
            for id_ in seen["gone"]:
                self._messages.pop(id_, None)
            if seen["version"] >= self._version:
                self._version, self._keyboard = seen["version"], seen["keyboard"]

    def _write(self, user: Citizen, content: Json) -> Message:
        done = self._api.act("write", chat_id=self.id, user_id=user.id, content=content)
        return self._done(done)

    def _done(self, done: Json) -> Message:
        self._mark = done["version"]
        return Message(done["message"], done["version"], by_bot=False)

    def _push(self, user: Citizen, button: str, message: Message | None) -> Press:
        under, data = self._find(button, message)
        done = self._api.act(
            "push", chat_id=self.id, user_id=user.id, message_id=under.id, data=data
        )
        self._mark = done["version"]
        return Press(self._api, done["id"])

    def _find(self, button: str, message: Message | None) -> tuple[Message, str]:
        """The newest message with this button: its label or data, else a part of its label."""
        messages = self.messages[::-1] if message is None else [message]
        for exactly in (True, False):
            for under in messages:
                for label, data in under.buttons:
                    if button in (label, data) or (not exactly and button in label):
                        return under, data
        raise NotHeard(f"no button {button!r}; the chat:\n{self.transcript()}")


class Citizen(Place):
    """A person on Telegram and their private chat with the bot."""

    def __init__(self, api: BotApi, user: Json) -> None:
        super().__init__(api, user["id"])
        self.user = user

    def says(self, text: str, **extra: Any) -> Message:
        """Write a message; `extra` are further fields of it."""
        return self._write(self, {"text": text, **extra})

    def replies(self, to: Message, text: str) -> Message:
        """Write a message in reply to another."""
        return self._write(self, {"text": text, "reply_to": to.id})

    def edits(self, text: str, message: Message | None = None) -> Message:
        """Change a message, by default the last one written."""
        own = [m for m in self.messages if m.raw.get("from", {}).get("id") == self.id]
        old = message or own[-1]
        content = {"text": text} if "text" in old.raw else {"caption": text}
        done = self._api.act("edit", chat_id=self.id, message_id=old.id, content=content)
        return self._done(done)

    def forwards(
        self, text: str, from_: Origin | Citizen = "user", *, name: str = "王经理", **extra: Any
    ) -> Message:
        """Forward what somebody wrote; a hidden sender leaves only a name."""
        origin = _origin(from_, name)
        return self._write(self, {"text": text, "forward_origin": origin, **extra})

    def sends(self, **content: Any) -> Message:
        """Send a message of any content, given as Telegram writes it."""
        return self._write(self, content)

    def sends_photo(self, data: bytes, caption: str | None = None, **extra: Any) -> Message:
        """Send a picture."""
        photo = self._keep(data, "photo.jpg")["photo"]
        words = {} if caption is None else {"caption": caption}
        return self._write(self, {"photo": photo, **words, **extra})

    def sends_album(self, pictures: Sequence[bytes], caption: str | None = None) -> list[Message]:
        """Send several pictures at once: an update each, held together by media_group_id."""
        group = str(time.monotonic_ns())
        captions = [caption, *[None] * (len(pictures) - 1)]
        return [
            self.sends_photo(data, words, media_group_id=group)
            for data, words in zip(pictures, captions, strict=True)
        ]

    def sends_document(
        self, data: bytes, name: str = "notes.pdf", caption: str | None = None
    ) -> Message:
        """Send a file."""
        document = self._keep(data, name)["file"] | {"file_name": name}
        return self._write(
            self, {"document": document} | ({} if caption is None else {"caption": caption})
        )

    def sends_voice(self, data: bytes = ANY_BYTES, seconds: int = 3) -> Message:
        """Send a voice message."""
        file = self._keep(data, "voice.ogg")["file"]
        voice = file | {"duration": seconds, "mime_type": "audio/ogg"}
        return self._write(self, {"voice": voice})

    def sends_sticker(self, emoji: str = "😀") -> Message:
        """Send a sticker."""
        sticker = self._keep(ANY_BYTES, "sticker.webp")["file"] | {
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": emoji,
        }
        return self._write(self, {"sticker": sticker})

    def presses(self, button: str, message: Message | None = None) -> Press | Message:
        """Press a button by its label or data; one of the reply keyboard writes its label.

        Without a message, the newest that has the button; with one, the button as it was there.
        """
        if message is None and button in self.keyboard:
            return self.says(button)
        return self._push(self, button, message)

    def blocks(self) -> None:
        """Block the bot; Telegram tells it."""
        self._api.act("block", chat_id=self.id, blocked=True, told=True)

    def unblocks(self) -> None:
        """Take the bot back."""
        self._api.act("block", chat_id=self.id, blocked=False, told=True)

    def _keep(self, data: bytes, name: str) -> Json:
        return dict(self._api.act("keep", data=base64.b64encode(data).decode(), name=name))


class Group(Place):
    """A group the bot is in."""

    def says(self, user: Citizen, text: str, **extra: Any) -> Message:
        """Let a member write."""
        return self._write(user, {"text": text, **extra})

    def replies(self, user: Citizen, to: Message, text: str) -> Message:
        """Let a member answer a message."""
        return self._write(user, {"text": text, "reply_to": to.id})

    def presses(self, user: Citizen, button: str, message: Message | None = None) -> Press:
        """Let a member press a button, as in Citizen.presses."""
        return self._push(user, button, message)

    def migrates(self, to: int | None = None) -> Group:
        """Become a supergroup under another id; sends to the old one are refused."""
        new = to if to is not None else int(f"-100{abs(self.id)}")
        self._api.act("migrate", chat_id=self.id, to=new)
        return self._api.known_group(new)


def _origin(from_: Origin | Citizen, name: str) -> Json:
    date = int(time.time()) - 3600
    if isinstance(from_, Citizen):
        return {"type": "user", "date": date, "sender_user": from_.user}
    match from_:
        case "user":
            user = {"id": 5550123, "is_bot": False, "first_name": name}
            return {"type": "user", "date": date, "sender_user": user}
        case "hidden":
            return {"type": "hidden_user", "date": date, "sender_user_name": name}
        case "chat":
            chat = {"id": -1005550124, "type": "supergroup", "title": name}
            return {"type": "chat", "date": date, "sender_chat": chat}
        case "channel":
            chat = {"id": -1005550125, "type": "channel", "title": name}
            return {"type": "channel", "date": date, "chat": chat, "message_id": 77}
    raise ValueError(json.dumps(from_))
