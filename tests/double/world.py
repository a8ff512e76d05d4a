"""What Telegram's side remembers: people, chats, messages, files and button presses."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import struct
import time
from dataclasses import dataclass, field
from typing import Any

from tests.double.refused import Refused, bad

Json = dict[str, Any]

#: Pictures whose size we do not read are called this large: an upright phone's screenshot.
PHONE_SCREEN = (720, 1280)


@dataclass(slots=True, eq=False)
class Chat:
    """A chat and everything in it. `log` names each message anew whenever it changes."""

    info: Json
    messages: dict[int, Json] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    log: list[int] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    topics: dict[int, str] = field(default_factory=dict)
    keyboard: Json | None = None
    blocked: bool = False
    moved_to: int | None = None
    waiting: list[asyncio.Future[None]] = field(default_factory=list)

    def put(self, message: Json) -> None:
        """Add a message, or put a changed one in its place."""
        self.messages[message["message_id"]] = message
        self._changed(message["message_id"])

    def remove(self, message_id: int) -> None:
        """Take a message away for everybody."""
        del self.messages[message_id]
        self._changed(message_id)

    def since(self, version: int) -> Json:
        """What has changed since a version: messages as they look now, and those gone."""
        ids = dict.fromkeys(self.log[version:])
        return {
            "version": len(self.log),
            "keyboard": self.keyboard,
            "messages": [
                [self.versions[id_], self.messages[id_]] for id_ in ids if id_ in self.messages
            ],
            "gone": [id_ for id_ in ids if id_ not in self.messages],
        }

    def _changed(self, message_id: int) -> None:
        self.log.append(message_id)
        self.versions[message_id] = len(self.log)
        if self.waiting:
            for future in self.waiting:
                if not future.done():
                    future.set_result(None)
            self.waiting.clear()


@dataclass(frozen=True, slots=True)
class File:
    """A file as Telegram keeps it."""

    file_id: str
    data: bytes
    name: str

    @property
    def unique_id(self) -> str:
        return "u" + self.file_id[-12:]

    @property
    def path(self) -> str:
        return f"documents/{self.file_id[-12:]}_{self.name}"

    def as_json(self) -> Json:
        """What every description of a file says."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.data),
        }

    def as_photo(self) -> list[Json]:
        """The sizes of a picture, the largest last."""
        width, height = _measure(self.data)
        small = {"width": max(width // 8, 1), "height": max(height // 8, 1)}
        return [self.as_json() | small, self.as_json() | {"width": width, "height": height}]


@dataclass(slots=True)
class Press:
    """A pressed button that wants an answer."""

    chat_id: int
    at: float
    answers: list[Json] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)


class World:
    """Everything on Telegram's side of one bot."""

    def __init__(self, bot: Json, *, strict_chats: bool) -> None:
        self.bot = bot
        self._strict = strict_chats
        self.users: dict[int, Json] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.presses: dict[str, Press] = {}
        self._account_numbers = itertools.count(1)  # shared by all private chats and basic groups
        self._file_numbers = itertools.count(1)
        self._press_numbers = itertools.count(4_400_110_096_110)

    def meet(self, user: Json) -> Chat:
        """Open a person's private chat, or bring their name up to date."""
        self.users[user["id"]] = user
        about: Json = {
            key: user[key] for key in ("first_name", "last_name", "username") if key in user
        }
        return self.open({"id": user["id"], "type": "private", **about})

    def open(self, info: Json) -> Chat:
        """Open a chat, or bring what is known of it up to date."""
        chat = self.chats.get(info["id"])
        if chat is None:
            chat = self.chats[info["id"]] = Chat(info)
            if info["type"] in ("private", "group"):
                chat.numbers = self._account_numbers
        else:
            chat.info = info
        return chat

    def chat(self, chat_id: int | str | None) -> Chat:
        """The chat the bot writes to, or the refusal it meets there."""
        if chat_id is None:
            raise bad("chat_id is empty")
        chat = self._find(chat_id)
        if chat is None:
            if self._strict or not isinstance(chat_id, int) or chat_id <= 0:
                raise bad("chat not found")
            chat = self.open({"id": chat_id, "type": "private", "first_name": f"市民{chat_id}"})
        if chat.moved_to is not None:
            raise Refused(
                "Bad Request: group chat was upgraded to a supergroup chat",
                400,
                {"migrate_to_chat_id": chat.moved_to},
            )
        if chat.blocked:
            kind = chat.info["type"]
            why = "blocked by the user" if kind == "private" else f"kicked from the {kind} chat"
            raise Refused(f"Forbidden: bot was {why}", 403)
        return chat

    def _find(self, chat_id: int | str) -> Chat | None:
        if isinstance(chat_id, int):
            return self.chats.get(chat_id)
        name = chat_id.removeprefix("@").lower()
        named = (c for c in self.chats.values() if c.info.get("username", "").lower() == name)
        return next((c for c in named if c.info["type"] != "private"), None)

    def message(self, chat: Chat, sender: Json, **content: Any) -> Json:
        """Write a message into a chat and return it."""
        message = {
            "message_id": next(chat.numbers),
            "from": sender,
            "chat": chat.info,
            "date": int(time.time()),
            **content,
        }
        chat.put(message)
        return message

    def keep(self, data: bytes, name: str) -> File:
        """Keep a file."""
        number = next(self._file_numbers)
        print_ = hashlib.blake2s(data + str(number).encode(), digest_size=12).hexdigest()
        file = File(f"AgACAgUAAxkD{print_}", data, name)
        self.files[file.file_id] = file
        return file

    def press(self, chat: Chat, sender: Json, message: Json, data: str) -> Json:
        """Note a pressed button and return its callback query."""
        id_ = str(next(self._press_numbers))
        self.presses[id_] = Press(chat.info["id"], time.monotonic())
        return {
            "id": id_,
            "from": sender,
            "message": message,
            "chat_instance": str(-chat.info["id"]),
            "data": data,
        }


def is_picture(data: bytes) -> bool:
    """Whether these bytes begin like a picture."""
    return data.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8")) or data[8:12] == b"WEBP"


def _measure(data: bytes) -> tuple[int, int]:
    if data.startswith(b"\x89PNG\r\n") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    return PHONE_SCREEN
