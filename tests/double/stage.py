"""Obeys the test: what citizens and officers do, what goes wrong, and what is to be seen.

Every verb takes and returns plain JSON, so that a test beside the double and a test in another
process use the very same ones.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import time
from typing import TYPE_CHECKING, Any

from tests.double import markup
from tests.double.faults import Fault
from tests.double.limits import Limits, Rates
from tests.double.world import Chat, Json

if TYPE_CHECKING:
    from tests.double.server import Server


class Stage:
    """The verbs of the control interface; a public coroutine or function each."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def act(self, verb: str, args: Json) -> Any:
        """Do one verb by its name."""
        if verb == "act" or verb.startswith("_") or not hasattr(self, verb):
            raise LookupError(f"no such verb: {verb}")
        result = getattr(self, verb)(**args)
        return await result if inspect.isawaitable(result) else result

    # looking

    def hello(self) -> Json:
        """Who the bot is."""
        return {"token": self._server.options.token, "bot": self._server.world.bot}

    def calls(self, since: int = 0, most: int = 20_000) -> list[Json]:
        """The calls from a place in the log on."""
        return [call.as_json() for call in self._server.log.calls[since : since + most]]

    def totals(self) -> Json:
        """Figures a load test wants often and cheaply."""
        log, limits = self._server.log, self._server.limits
        answers: dict[str, int] = {}
        for call in log.calls:
            key = f"{call.method} {'-' if call.status is None else call.status}"
            answers[key] = answers.get(key, 0) + 1
        return {
            "last_call_time": log.last_at,
            "answers": answers,
            "violations": dict(limits.violations) if limits else {},
            "pending_updates": len(self._server.updates.pending),
            "commands": self._server.methods.commands,
        }

    async def chat(self, chat_id: int, since: int = 0, wait: float = 0.0) -> Json:
        """What changed in a chat since a version; waits for a change when there is none."""
        chat = self._chat(chat_id)
        if len(chat.log) <= since and wait > 0:
            await _wait(chat.waiting, wait)
        return chat.since(since)

    async def press(self, id_: str, wait: float = 0.0) -> list[Json]:
        """The answers a button press has got; waits for the first when there is none."""
        press = self._server.world.presses[id_]
        if not press.answers and wait > 0:
            await _wait(press.waiting, wait)
        return press.answers

    # people

    def meet(self, user: Json) -> None:
        """Let a person be on Telegram."""
        self._server.world.meet(user)

    def open(self, info: Json) -> int:
        """Open a group; returns its version so far."""
        return len(self._server.world.open(info).log)

    def write(self, chat_id: int, user_id: int, content: Json) -> Json:
        """Let a person write a message into a chat; the content may bring its own date."""
        chat, user = self._chat(chat_id), self._server.world.users[user_id]
        if (answered := content.pop("reply_to", None)) is not None:
            content["reply_to_message"] = {
                key: value
                for key, value in chat.messages[answered].items()
                if key != "reply_to_message"
            }
        if "text" in content and "entities" not in content:
            entities = markup.find_entities(content["text"])
            content |= {"entities": entities} if entities else {}
        message = self._server.world.message(chat, user, **content)
        self._server.updates.add({"message": message})
        return {"version": len(chat.log), "message": message}

    def edit(self, chat_id: int, message_id: int, content: Json) -> Json:
        """Let a person edit what they wrote."""
        chat = self._chat(chat_id)
        message = chat.messages[message_id] | content | {"edit_date": int(time.time())}
        if "text" in content:
            message["entities"] = markup.find_entities(content["text"])
        chat.put(message)
        self._server.updates.add({"edited_message": message})
        return {"version": len(chat.log), "message": message}

    def push(self, chat_id: int, user_id: int, message_id: int, data: str) -> Json:
        """Let a person press a button."""
        chat, user = self._chat(chat_id), self._server.world.users[user_id]
        message = chat.messages.get(message_id)
        if message is None:  # deleted meanwhile: Telegram tells no more than this
            message = {"message_id": message_id, "chat": chat.info, "date": 0}
        query = self._server.world.press(chat, user, message, data)
        self._server.updates.add({"callback_query": query})
        return {"version": len(chat.log), "id": query["id"]}

    def keep(self, data: str, name: str) -> Json:
        """Keep a file that a person sends (base64); returns how a message describes it."""
        file = self._server.world.keep(base64.b64decode(data), name)
        return {"file": file.as_json(), "photo": file.as_photo()}

    def update(self, update: Json) -> int:
        """Queue a ready-made update; one that names its update_id comes under that one again."""
        return self._server.updates.add(update)

    # what goes wrong

    def fail(self, **fault: Any) -> None:
        """Let the next calls meet a fault."""
        self._server.faults.add(Fault(**fault))

    def outage(self, fault: Json, after: float, seconds: float) -> None:
        """Let every call fail for a time."""
        self._server.faults.outage(Fault(left=0, **fault), after=after, seconds=seconds)
        asyncio.get_running_loop().call_later(after, self._server.cut_all, "/bot")

    def heal(self) -> None:
        """End every fault and outage."""
        self._server.faults.heal()

    def block(self, chat_id: int, blocked: bool, told: bool = False) -> None:
        """Block the bot in a chat, or unblock it; Telegram may tell the bot so."""
        chat = self._chat(chat_id)
        chat.blocked = blocked
        if told:
            self._server.updates.add({"my_chat_member": self._membership(chat, blocked)})

    def migrate(self, chat_id: int, to: int) -> None:
        """Turn a group into a supergroup under another id, and say so in both."""
        old, world = self._chat(chat_id), self._server.world
        info = {**old.info, "id": to, "type": "supergroup"}
        new, sender = world.open(info), {"id": 1087968824, "is_bot": True, "first_name": "Group"}
        moved = world.message(old, sender, migrate_to_chat_id=to)
        came = world.message(new, sender, migrate_from_chat_id=chat_id)
        old.moved_to = to
        self._server.updates.add({"message": moved})
        self._server.updates.add({"message": came})

    def limit(self, **rates: Any) -> None:
        """Enforce the flood limits from now on."""
        self._server.limits = Limits(Rates(**rates))

    def unlimit(self) -> None:
        """Enforce no flood limits."""
        self._server.limits = None

    def _chat(self, chat_id: int) -> Chat:
        world = self._server.world
        if chat_id > 0 and chat_id not in world.chats:
            return world.meet({"id": chat_id, "is_bot": False, "first_name": f"市民{chat_id}"})
        return world.chats[chat_id]

    def _membership(self, chat: Chat, blocked: bool) -> Json:
        bot = self._server.world.bot
        user = self._server.world.users.get(chat.info["id"], bot)
        member = {"status": "member", "user": bot}
        banned = {"status": "kicked", "user": bot, "until_date": 0}
        old, new = (member, banned) if blocked else (banned, member)
        return {
            "chat": chat.info,
            "from": user,
            "date": int(time.time()),
            "old_chat_member": old,
            "new_chat_member": new,
        }


async def _wait(waiting: list[asyncio.Future[None]], wait: float) -> None:
    future = asyncio.get_running_loop().create_future()
    waiting.append(future)
    try:
        async with asyncio.timeout(wait):
            await future
    except TimeoutError:
        if future in waiting:
            waiting.remove(future)
