"""Posters on their way to Telegram: drawn and uploaded once, then named by Telegram's own id."""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from telegram import InputFile
from telegram.error import BadRequest

from bot import poster

Post = Callable[[InputFile | str], Awaitable[Any]]
KEPT = 256
_LOST = re.compile(r"file.?(?:id|identifier|reference)", re.IGNORECASE)


class Posters:
    """What this process has uploaded. A million recipients cost one upload a process.

    Nothing is stored: a process that starts draws the poster once more from the message's words.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        self._drawing: dict[str, asyncio.Lock] = {}

    async def send(self, told: Mapping[str, object], post: Post) -> Any:
        """Post a poster by `post` and return what Telegram answers; its errors go through."""
        key = json.dumps(told, sort_keys=True)
        known = self._known.get(key)
        if known is not None:
            try:
                return await post(known)
            except BadRequest as error:
                if not _LOST.search(error.message):
                    raise
        async with self._drawing.setdefault(key, asyncio.Lock()):
            found = self._known.get(key)
            if found in (None, known):  # nobody was before us
                return await self._upload(key, told, post)
        return await post(str(found))

    async def _upload(self, key: str, told: Mapping[str, object], post: Post) -> Any:
        picture = await asyncio.to_thread(poster.draw, poster.from_json(told))
        sent = await post(InputFile(picture, filename="poster.png"))
        self._known[key] = str(sent["photo"][-1]["file_id"])
        self._drawing.pop(key, None)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return sent
