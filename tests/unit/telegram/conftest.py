"""Telegram's own JSON, and a transport for PTB's Bot that answers from a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from telegram import Bot, Update
from telegram.request import BaseRequest, RequestData

USERNAME = "fanzha_bot"
CITIZEN = {"id": 1001, "is_bot": False, "first_name": "陈", "language_code": "zh-hans"}
PRIVATE = {"id": 1001, "type": "private", "first_name": "陈"}
GROUP = {"id": -100500, "type": "supergroup", "title": "反诈群"}


class ScriptedTelegram(BaseRequest):
    """Answers each call from a list, or with ok; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, Any]] | Exception] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.uploaded: list[dict[str, Any]] = []

    @property
    def read_timeout(self) -> float | None:
        return 1.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **_: Any
    ) -> tuple[int, bytes]:
        self.asked.append(
            (url.rpartition("/")[2], request_data.parameters if request_data else {})
        )
        self.uploaded.append((request_data and request_data.multipart_data) or {})
        message = {"message_id": 77, "date": 0, "chat": {"id": 1, "type": "private"}}
        answer = self.answers.pop(0) if self.answers else (200, {"ok": True, "result": message})
        if isinstance(answer, Exception):
            raise answer
        return answer[0], json.dumps(answer[1]).encode()


@pytest.fixture
def telegram() -> ScriptedTelegram:
    return ScriptedTelegram()


@pytest.fixture
def bot(telegram: ScriptedTelegram) -> Bot:
    return Bot("1:token", request=telegram, get_updates_request=telegram)


@pytest.fixture
def message() -> Callable[..., dict[str, Any]]:
    """The JSON of an update with a message in a private chat."""

    def make(edited: bool = False, **content: Any) -> dict[str, Any]:
        body = {"message_id": 5, "date": 1, "chat": PRIVATE, "from": CITIZEN, **content}
        if edited:
            body["edit_date"] = 2
        return {"update_id": 9, "edited_message" if edited else "message": body}

    return make


@pytest.fixture
def update() -> Callable[[dict[str, Any]], Update]:
    return lambda raw: Update.de_json(raw, None)
