"""What a test holds in its hand: the same object for a double in a thread and in a process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from tests.double.people import Citizen, Group, Json

FOREVER = 10.0**9


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot. `at` is time.monotonic() at its arrival, in any process here.

    `status` is what was answered, 0 when the connection was cut, None while it is still open.
    """

    method: str
    params: Json
    at: float
    status: int | None
    description: str | None
    message_id: int | None

    @property
    def chat_id(self) -> Any:
        return self.params.get("chat_id")

    @property
    def text(self) -> str:
        return str(self.params.get("text", self.params.get("caption", "")))


class BotApi:
    """A running double: where it is, who is on it, what it saw, and what it is to do wrong."""

    def __init__(self, url: str, act: Callable[..., Any]) -> None:
        self.url, self._act = url, act
        hello = act("hello")
        self.token, self.bot = str(hello["token"]), dict(hello["bot"])
        self._citizens: dict[int, Citizen] = {}
        self._groups: dict[int, Group] = {}
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        """What python-telegram-bot calls base_url."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """What python-telegram-bot calls base_file_url."""
        return f"{self.url}/file/bot"

    def act(self, verb: str, **args: Any) -> Any:
        """Do one verb of the control interface."""
        return self._act(verb, **args)

    # who is there

    def citizen(
        self,
        id: int,
        language_code: str = "zh",
        first_name: str = "小明",
        username: str | None = None,
    ) -> Citizen:
        """A person on Telegram; the same id gives the same person."""
        if id not in self._citizens:
            user: Json = {"id": id, "is_bot": False, "first_name": first_name}
            user |= {"language_code": language_code} if language_code else {}
            user |= {"username": username} if username else {}
            self.act("meet", user=user)
            self._citizens[id] = Citizen(self, user)
        return self._citizens[id]

    def group(
        self,
        id: int = -1001096110,
        title: str = "反诈值班",
        kind: Literal["group", "supergroup"] = "supergroup",
        *,
        forum: bool = False,
    ) -> Group:
        """A group the bot is in; the same id gives the same group."""
        if id not in self._groups:
            info: Json = {"id": id, "type": kind, "title": title}
            self.act("open", info=info | ({"is_forum": True} if forum else {}))
        return self.known_group(id)

    def known_group(self, id: int) -> Group:
        """A group that is there already."""
        return self._groups.setdefault(id, Group(self, id))

    def update(self, update: Json) -> int:
        """Queue a ready-made update; one that names its update_id comes under that one again."""
        return int(self.act("update", update=update))

    # what was seen

    @property
    def calls(self) -> list[Call]:
        """Every call of the bot, in the order they came; getUpdates among them."""
        with self._lock:
            answered = next((i for i, c in enumerate(self._calls) if c.status is None), None)
            del self._calls[answered if answered is not None else len(self._calls) :]
            while more := self.act("calls", since=len(self._calls)):
                self._calls += [Call(**call) for call in more]
            return list(self._calls)

    def calls_of(self, method: str, chat_id: int | None = None) -> list[Call]:
        """The calls of one method, by wish of one chat."""
        return [
            call
            for call in self.calls
            if call.method == method and chat_id in (None, call.chat_id)
        ]

    @property
    def answers(self) -> dict[str, int]:
        """How often each method was answered with each status, as "sendMessage 200"."""
        return dict(self.act("totals")["answers"])

    @property
    def last_call_time(self) -> float:
        """time.monotonic() of the last call that was no getUpdates; 0 before the first."""
        return float(self.act("totals")["last_call_time"])

    @property
    def pending_updates(self) -> int:
        """Updates the bot has not confirmed yet."""
        return int(self.act("totals")["pending_updates"])

    @property
    def commands(self) -> list[Json]:
        """What setMyCommands set."""
        return list(self.act("totals")["commands"])

    @property
    def violations(self) -> dict[str, int]:
        """Flood limits broken since `limit`: overall, paid, private, group."""
        broken = self.act("totals")["violations"]
        return {name: count for name, count in broken.items() if count}

    # what goes wrong

    def fail_next(
        self,
        calls: int = 1,
        status: int = 500,
        *,
        retry_after: int = 1,
        description: str = "",
        method: str | None = None,
        chat_id: int | None = None,
        done: bool = False,
    ) -> None:
        """Answer the next calls with an error: 400, 403, 429, 500, or a proxy's 502 page.

        Without a method, every call but getUpdates counts; "file" is a download. With `done`,
        the call is carried out all the same.
        """
        self._fail(
            "answer",
            calls,
            method,
            chat_id,
            done,
            status=status,
            retry_after=retry_after,
            description=description,
        )

    def hang_next(
        self,
        calls: int = 1,
        seconds: float = 30.0,
        *,
        method: str | None = None,
        chat_id: int | None = None,
        done: bool = False,
    ) -> None:
        """Answer the next calls late; those who hang up before that have sent nothing.

        With `done`, the call is carried out at once and only its answer is late.
        """
        self._fail("hang", calls, method, chat_id, done, seconds=seconds)

    def drop_next(
        self,
        calls: int = 1,
        *,
        method: str | None = None,
        chat_id: int | None = None,
        done: bool = False,
    ) -> None:
        """Cut the connection instead of answering; with `done`, after carrying out the call."""
        self._fail("drop", calls, method, chat_id, done)

    def outage(
        self,
        seconds: float = FOREVER,
        *,
        after: float = 0.0,
        status: int | None = None,
    ) -> None:
        """Cut every connection for a time (or answer `status`), open polls included."""
        fault = {"kind": "drop"} if status is None else {"kind": "answer", "status": status}
        self.act("outage", fault=fault, after=after, seconds=seconds)

    def heal(self) -> None:
        """End every fault and outage; blocked chats stay blocked."""
        self.act("heal")

    def block(self, chat_id: int) -> None:
        """Answer 403 in this chat until it is unblocked, without telling the bot."""
        self.act("block", chat_id=chat_id, blocked=True)

    def unblock(self, chat_id: int) -> None:
        """Let the bot write there again."""
        self.act("block", chat_id=chat_id, blocked=False)

    def limit(
        self,
        *,
        overall: int = 30,
        private: int = 1,
        burst: int = 1,
        group: int = 20,
        paid: int = 1000,
        edits_count: bool = False,
    ) -> None:
        """Enforce the flood limits and count from nothing.

        A second over all chats, a second to a private chat (`burst` at once), a minute to a group,
        a second with allow_paid_broadcast.
        """
        self.act(
            "limit",
            overall=overall,
            private=private,
            burst=burst,
            group=group,
            paid=paid,
            edits_count=edits_count,
        )

    def unlimit(self) -> None:
        """Enforce no flood limits."""
        self.act("unlimit")

    def _fail(
        self,
        kind: str,
        calls: int,
        method: str | None,
        chat_id: int | None,
        done: bool,
        **more: Any,
    ) -> None:
        self.act("fail", kind=kind, left=calls, method=method, chat_id=chat_id, done=done, **more)


class OverHttp:
    """Reaches the control interface of a double in another process."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/control", trust_env=False)

    def __call__(self, verb: str, **args: Any) -> Any:
        patience = 30.0 + float(args.get("wait", 0.0))
        answer = self._client.post(f"/{verb}", json=args, timeout=patience)
        if answer.status_code == 400:
            raise ValueError(answer.json()["error"])
        return answer.raise_for_status().json()["result"]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
