"""Texts that come to the real server at the same time are parsed in one go."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

TEXTS = [
    "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂",
    "花呗这个月的账单可以分几期还",
    "",
    "Someone on WhatsApp says I won a prize and wants a fee of $300 first",
    "有人加我微信说带我炒股稳赚不赔，让我下载一个软件" * 20,  # long: it is also read in parts
    "你好",
]
BROKEN = "\ud800"  # half a character: nothing can be made of it


def _ask(rasa: str, text: str) -> httpx.Response:
    return httpx.post(
        f"{rasa}/model/parse",
        content=json.dumps({"text": text}),
        headers={"content-type": "application/json"},
        timeout=20,
        trust_env=False,
    )


def _ask_at_once(rasa: str, texts: list[str]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(texts)) as pool:
        return list(pool.map(lambda text: _ask(rasa, text), texts))


def _flat(found: Any, where: str = "") -> dict[str, Any]:
    """Return every value of an answer under its path."""
    if isinstance(found, dict):
        parts = list(found.items())
    elif isinstance(found, list):
        parts = list(enumerate(found))
    else:
        return {where: found}
    return {k: v for name, part in parts for k, v in _flat(part, f"{where}/{name}").items()}


def test_what_is_asked_at_once_is_answered_as_if_asked_alone(rasa: str) -> None:
    alone = [_ask(rasa, text).json() for text in TEXTS]

    together = [reply.json() for reply in _ask_at_once(rasa, TEXTS * 4)]

    for one, other in zip(alone * 4, together, strict=True):
        for answer in (one, other):
            answer.pop("intent_ranking", None)  # near-ties may change places
        assert _flat(other) == pytest.approx(_flat(one), abs=1e-4)


def test_a_text_that_cannot_be_parsed_leaves_the_others_their_answers(rasa: str) -> None:
    texts = [TEXTS[0], BROKEN, TEXTS[1]] * 8

    replies = _ask_at_once(rasa, texts)

    assert [reply.status_code for reply in replies] == [200, 500, 200] * 8
    assert {r.json()["text"] for r in replies if r.status_code == 200} == {TEXTS[0], TEXTS[1]}
