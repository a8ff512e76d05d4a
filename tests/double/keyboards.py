"""Checks a reply_markup the way Telegram does."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from tests.double.refused import bad

SHORTEST_DATA, LONGEST_DATA = 1, 64
LARGEST_KEYBOARD = 10_000
_KINDS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
_ACTIONS = frozenset(
    [
        "callback_data",
        "url",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    ]
)


def check(markup: Any) -> dict[str, Any] | None:
    """Return the markup, or refuse it."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if not any(kind in markup for kind in _KINDS):
        return None
    for kind in ("inline_keyboard", "keyboard"):
        if kind not in markup:
            continue
        rows = markup[kind]
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise bad(f"can't parse {kind.replace('_', ' ')}: expected an Array of Array")
        for button in (button for row in rows for button in row):
            (_check_inline if kind == "inline_keyboard" else _check_reply)(button)
    if len(json.dumps(markup, ensure_ascii=False).encode()) > LARGEST_KEYBOARD:
        raise bad("REPLY_MARKUP_TOO_LONG")
    return markup


def _check_inline(button: Any) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not button["text"].strip():
        raise bad("text buttons are unallowed in the inline keyboard")
    actions = _ACTIONS & button.keys()
    if not actions:
        raise bad("text buttons are unallowed in the inline keyboard")
    if "callback_data" in actions:
        data = button["callback_data"]
        if not isinstance(data, str) or not SHORTEST_DATA <= len(data.encode()) <= LONGEST_DATA:
            raise bad("BUTTON_DATA_INVALID")
    if "url" in actions:
        _check_url(button["url"])


def _check_url(url: Any) -> None:
    parts = urlsplit(url) if isinstance(url, str) else None
    schemes = ("http", "https", "tg", "tel")
    if parts is None or (parts.scheme and parts.scheme not in schemes):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    host = parts.netloc or parts.path
    if parts.scheme not in ("tg", "tel") and "." not in host:
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _check_reply(button: Any) -> None:
    text = button.get("text") if isinstance(button, dict) else button
    if not isinstance(text, str) or not text:
        raise bad('can\'t parse keyboard button: Field "text" must be of type String')
