"""Hands updates to the bot: the queue, long polling and the webhook.

An update leaves the queue only when the bot confirmed it: by a later offset, or by answering the
webhook with 2xx. Whatever else happens, it comes again, and updates of one chat come in order.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import re
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.double.refused import Refused, bad
from tests.double.wire import Poster

Json = dict[str, Any]

FIRST_UPDATE = 110_000_001
LONGEST_POLL = 50.0
#: What a bot gets only when it asks for it by name.
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates are posted to."""

    url: str
    secret: str
    connections: int


class Updates:
    """The queue of one bot."""

    def __init__(self, *, webhook_retry: float, webhook_timeout: float) -> None:
        self.pending: dict[int, Json] = {}
        self.allowed: list[str] = []
        self.webhook: Webhook | None = None
        self._numbers = itertools.count(FIRST_UPDATE)
        self._poller: asyncio.Future[None] | None = None
        self._retry, self._timeout = webhook_retry, webhook_timeout
        self._lanes: dict[int, deque[int]] = {}
        self._posts: set[asyncio.Task[None]] = set()
        self._poster = Poster()
        self._turn = asyncio.Semaphore(1)
        self._last_error: Json = {}

    def add(self, update: Json) -> int:
        """Queue an update; one that already has an id keeps it, and so comes a second time."""
        id_ = update.get("update_id") or next(self._numbers)
        kind = next((key for key in update if key != "update_id"), "")
        wanted = kind in self.allowed if self.allowed else kind not in ON_REQUEST
        if wanted:
            self.pending[id_] = {"update_id": id_, **update}
            if self.webhook is not None:
                self._into_lane(id_)
            elif self._poller is not None and not self._poller.done():
                self._poller.set_result(None)
        return int(id_)

    async def poll(self, *, offset: int, limit: int, patience: float, allowed: Any) -> list[Json]:
        """getUpdates: confirm what came before the offset, then give what is due or wait."""
        if self.webhook is not None:
            raise _conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )
        if not 1 <= limit <= 100:
            limit = 100
        self._allow(allowed)
        self._confirm(offset)
        self._displace(
            "terminated by other getUpdates request; "
            "make sure that only one bot instance is running"
        )
        if self.pending or patience <= 0:
            return self._first(limit)
        mine = self._poller = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(mine, min(patience, LONGEST_POLL))
        except TimeoutError:
            return []
        finally:
            if self._poller is mine:
                self._poller = None
        return self._first(limit)

    async def set_webhook(
        self, url: str, *, secret: str, connections: int, allowed: Any, drop: bool
    ) -> None:
        """Post updates to this address from now on; an empty one ends that."""
        if url:
            _check_webhook(url, secret, connections)
        await self._stop_posting()
        self._allow(allowed)
        if drop:
            self.pending.clear()
        self._last_error = {}
        if not url:
            self.webhook = None
            return
        self._displace("terminated by setWebhook request")
        self.webhook = Webhook(url, secret, connections)
        self._turn = asyncio.Semaphore(connections)
        for id_ in sorted(self.pending):
            self._into_lane(id_)

    def info(self) -> Json:
        """The answer to getWebhookInfo."""
        hook = self.webhook
        answer: Json = {
            "url": hook.url if hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
        if hook is not None:
            answer |= {"max_connections": hook.connections, **self._last_error}
        return answer | ({"allowed_updates": self.allowed} if self.allowed else {})

    async def close(self) -> None:
        """Stop handing out updates."""
        await self._stop_posting()
        await self._poster.close()

    def _allow(self, allowed: Any) -> None:
        if allowed is not None:
            if not isinstance(allowed, list):
                raise bad("can't parse allowed updates: expected an Array of String")
            self.allowed = allowed

    def _confirm(self, offset: int) -> None:
        if offset > 0:
            for id_ in [id_ for id_ in self.pending if id_ < offset]:
                del self.pending[id_]
        elif offset < 0:
            for id_ in sorted(self.pending)[:offset]:
                del self.pending[id_]

    def _first(self, limit: int) -> list[Json]:
        return [self.pending[id_] for id_ in heapq.nsmallest(limit, self.pending)]

    def _displace(self, why: str) -> None:
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(_conflict(why))
        self._poller = None

    def _into_lane(self, id_: int) -> None:
        chat_id = _lane_of(self.pending[id_])
        lane = self._lanes.get(chat_id)
        if lane is not None:
            lane.append(id_)
            return
        self._lanes[chat_id] = deque([id_])
        task = asyncio.ensure_future(self._post_lane(chat_id))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    async def _post_lane(self, chat_id: int) -> None:
        """Post one chat's updates, each until it is accepted, then let the lane go."""
        lane, wait = self._lanes[chat_id], self._retry
        while lane:
            update = self.pending.get(lane[0])
            if update is None or await self._accepted(update):
                self.pending.pop(lane.popleft(), None)
                wait = self._retry
            else:
                await asyncio.sleep(wait)
                wait = min(wait * 2, max(self._retry, 2.0))
        del self._lanes[chat_id]

    async def _accepted(self, update: Json) -> bool:
        hook = self.webhook
        assert hook is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        body = json.dumps(update).encode()
        try:
            async with self._turn:
                status = await self._poster.post(hook.url, body, headers, self._timeout)
        except TimeoutError:
            return self._failed("Read timeout expired")
        except OSError:
            return self._failed("Connection refused")
        except (ValueError, IndexError, EOFError, asyncio.LimitOverrunError):
            return self._failed("Wrong response from the webhook: not HTTP")
        return 200 <= status < 300 or self._failed(f"Wrong response from the webhook: {status}")

    def _failed(self, why: str) -> bool:
        self._last_error = {"last_error_date": int(time.time()), "last_error_message": why}
        return False

    async def _stop_posting(self) -> None:
        for task in self._posts:
            task.cancel()
        await asyncio.gather(*self._posts, return_exceptions=True)
        self._lanes.clear()


def _conflict(why: str) -> Refused:
    return Refused(f"Conflict: {why}", 409)


def _lane_of(update: Json) -> int:
    """The chat, or without one the person, an update belongs to."""
    for content in update.values():
        if isinstance(content, dict):
            message = content.get("message") or content
            about = message.get("chat") or content.get("from") or {}
            return int(about.get("id", 0))
    return 0


def _check_webhook(url: str, secret: str, connections: int) -> None:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise bad("bad webhook: the double posts over plain HTTP only")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad("secret token contains unallowed characters")
    if not 1 <= connections <= 100:
        raise bad("max_connections must be between 1 and 100")
