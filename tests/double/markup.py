"""Turns marked-up text into plain text and entities, refusing what Telegram refuses.

Offsets and lengths of entities count UTF-16 units; the offsets in a refusal count bytes of UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.double.refused import Refused, bad

Entity = dict[str, Any]


def parse(text: str, mode: str) -> tuple[str, list[Entity]]:
    """Return the text without its marks, and the entities they made."""
    if not mode:
        return _trim(text, [])
    match mode.lower():
        case "html":
            plain = _html(text)
        case "markdownv2":
            plain = _markdown(text)
        case "markdown":
            plain = _old_markdown(text)
        case _:
            raise bad("unsupported parse_mode")
    return _trim(plain.text, sorted(plain.entities, key=lambda e: (e["offset"], -e["length"])))


_FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)"
    r"|(?P<url>https?://[^\s<>\"，。！？；）】]+|\bwww\.[^\s<>\"，。！？；）】]+)"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?P<mention>(?<!\w)@[A-Za-z]\w{3,31})"
    r"|(?P<hashtag>(?<!\w)#\w+)",
    re.ASCII,
)


def find_entities(text: str) -> list[Entity]:
    """Find what Telegram marks by itself in a person's plain words: commands, links, mentions."""
    return [
        {
            "type": str(found.lastgroup),
            "offset": units(text[: found.start()]),
            "length": units(found.group()),
        }
        for found in _FOUND.finditer(text)
    ]


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


@dataclass(slots=True)
class _Plain:
    """The text without marks, as it grows."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    entities: list[Entity] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += units(text)

    def mark(self, kind: str, start: int, **extra: Any) -> None:
        if self.length > start:
            self.entities.append(
                {"type": kind, "offset": start, "length": self.length - start, **extra}
            )


def _cannot(why: str, source: str, at: int, rest: str = "") -> Refused:
    place = len(source[:at].encode())
    return bad(f"can't parse entities: {why} at byte offset {place}{rest}")


def _trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cut the white space at both ends, as Telegram does, and move the entities along."""
    trimmed = text.strip()
    if trimmed == text or not entities:
        return trimmed, entities
    cut, length = units(text[: len(text) - len(text.lstrip())]), units(trimmed)
    moved = []
    for entity in entities:
        start = max(entity["offset"] - cut, 0)
        end = min(entity["offset"] + entity["length"] - cut, length)
        if end > start:
            moved.append(entity | {"offset": start, "length": end - start})
    return trimmed, moved


# HTML

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_REFERENCE = re.compile(r"&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(lt|gt|amp|quot));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_START = re.compile(
    r"<([A-Za-z][\w-]*)((?:\s+[\w-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)\s*>"
)
_END = re.compile(r"</([A-Za-z][\w-]*)?\s*>")
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")


def _html(source: str) -> _Plain:
    plain, at = _Plain(), 0
    opened: list[tuple[str, int, dict[str, str]]] = []
    while at < len(source):
        if found := _REFERENCE.match(source, at):
            plain.add(_character(found))
        elif found := _END.match(source, at):
            _close_tag(found, opened, plain, source, at)
        elif found := _START.match(source, at):
            opened.append(_open_tag(found, plain, source, at))
        elif source[at] == "<":
            name = re.match(r"</?([\w-]*)", source[at:])
            known = name is not None and name[1].lower() in _TAGS
            why = "Unclosed start tag" if known else f'Unsupported start tag "{name and name[1]}"'
            raise _cannot(why, source, at)
        else:
            plain.add(source[at])
            at += 1
            continue
        at = found.end()
    if opened:
        why = f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"'
        raise bad(f"can't parse entities: {why}")
    return plain


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, named = found.groups()
    if named:
        return _NAMED[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 else found.group()


def _open_tag(
    found: re.Match[str], plain: _Plain, source: str, at: int
) -> tuple[str, int, dict[str, str]]:
    name = found[1].lower()
    if name not in _TAGS:
        raise _cannot(f'Unsupported start tag "{name}"', source, at)
    attributes = {
        key.lower(): _REFERENCE.sub(_character, first or second or third)
        for key, first, second, third in _ATTRIBUTE.findall(found[2])
    }
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise _cannot('Tag "span" must have class "tg-spoiler"', source, at)
    return name, plain.length, attributes


def _close_tag(
    found: re.Match[str],
    opened: list[tuple[str, int, dict[str, str]]],
    plain: _Plain,
    source: str,
    at: int,
) -> None:
    if not opened:
        raise _cannot("Unexpected end tag", source, at)
    name, start, attributes = opened.pop()
    ended = (found[1] or name).lower()
    if ended != name:
        rest = f', expected "</{name}>", found "</{ended}>"'
        raise _cannot("Unmatched end tag", source, at, rest)
    extra: dict[str, Any] = {}
    kind = _TAGS[name]
    match name:
        case "a":
            extra["url"] = attributes.get("href", "")
            if not extra["url"]:
                return
        case "tg-emoji":
            extra["custom_emoji_id"] = attributes.get("emoji-id", "")
        case "blockquote" if "expandable" in attributes:
            kind = "expandable_blockquote"
        case "code" if opened and opened[-1][0] == "pre":
            opened[-1][2]["language"] = attributes.get("class", "").removeprefix("language-")
            return
        case "pre" if attributes.get("language"):
            extra["language"] = attributes["language"]
    plain.mark(kind, start, **extra)


# MarkdownV2

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_PAIRED = {
    "*": "bold",
    "_": "italic",
    "__": "underline",
    "~": "strikethrough",
    "||": "spoiler",
    "`": "code",
    "```": "pre",
}
_NAMES = {"text_link": "TextUrl", "pre": "Pre"}


def _markdown(source: str) -> _Plain:
    plain, at = _Plain(), 0
    opened: list[tuple[str, int, int]] = []  # kind, start in the text, place in the source
    quote: int | None = None
    while at < len(source):
        one, inside = source[at], opened[-1][0] if opened else ""
        if one == "\\" and 0 < ord(source[at + 1 : at + 2] or "\0") < 127:
            plain.add(source[at + 1])
            at += 2
            continue
        if quote is not None and one == "\n" and source[at + 1 : at + 2] != ">":
            plain.mark("blockquote", quote)
            quote = None
        if one == ">" and _starts_line(source, at) and inside not in ("code", "pre"):
            quote = plain.length if quote is None else quote
            at += 1
        else:
            at = _markdown_step(source, at, opened, plain)
    if opened:
        raise _unended(opened[-1], source)
    if quote is not None:
        plain.mark("blockquote", quote)
    return plain


def _starts_line(source: str, at: int) -> bool:
    return at == 0 or source[at - 1] == "\n"


def _markdown_step(source: str, at: int, opened: list[tuple[str, int, int]], plain: _Plain) -> int:
    """Take one mark or one character, and return where the next one stands."""
    one, inside = source[at], opened[-1][0] if opened else ""
    if inside in ("code", "pre") and one != "`":
        plain.add(one)
        return at + 1
    if one == "]" and inside == "text_link":
        return _close_link(opened.pop(), plain, source, at)
    mark = _mark_at(source, at, inside)
    if mark == "[":
        opened.append(("text_link", plain.length, at))
    elif mark:
        _toggle(_PAIRED[mark], opened, plain, source, at)
    elif one in _RESERVED:
        why = f"Character '{one}' is reserved and must be escaped with the preceding '\\'"
        raise bad(f"can't parse entities: {why}")
    else:
        plain.add(one)
    return at + max(len(mark), 1)


def _mark_at(source: str, at: int, inside: str) -> str:
    """The mark that stands here, the longest that can be meant; empty when there is none."""
    if source.startswith("```", at) and inside != "code":
        return "```"
    if source.startswith(("__", "||"), at):
        return source[at : at + 2]
    one = source[at]
    return one if one in "*_~`[" else ""


def _toggle(
    kind: str, opened: list[tuple[str, int, int]], plain: _Plain, source: str, at: int
) -> None:
    if opened and opened[-1][0] == kind:
        plain.mark(kind, opened.pop()[1])
    elif any(kind == other for other, _, _ in opened):
        raise _unended(opened[-1], source)
    else:
        opened.append((kind, plain.length, at))


def _close_link(opened: tuple[str, int, int], plain: _Plain, source: str, at: int) -> int:
    """Take the address behind a link's words; without one they are just words."""
    if source[at + 1 : at + 2] != "(":
        return at + 1
    end = source.find(")", at)
    if end < 0:
        raise _cannot("Can't find end of a URL", source, at + 1)
    url = re.sub(r"\\(.)", r"\1", source[at + 2 : end])
    plain.mark("text_link", opened[1], url=url)
    return end + 1


def _unended(opened: tuple[str, int, int], source: str) -> Refused:
    name = _NAMES.get(opened[0], opened[0].capitalize())
    return _cannot(f"Can't find end of {name} entity", source, opened[2])


# Markdown, the old kind

_OLD = {"_": "italic", "*": "bold", "`": "code", "```": "pre"}


def _old_markdown(source: str) -> _Plain:
    plain, at = _Plain(), 0
    while at < len(source):
        one = source[at]
        if one == "\\" and source[at + 1 : at + 2] in ("_", "*", "`", "["):
            plain.add(source[at + 1])
            at += 2
            continue
        if one not in "_*`[":
            plain.add(one)
            at += 1
            continue
        mark = "```" if source.startswith("```", at) else one
        end = source.find("]" if mark == "[" else mark, at + len(mark))
        if end < 0:
            raise _cannot("Can't find end of the entity starting", source, at)
        start = plain.length
        plain.add(source[at + len(mark) : end])
        if mark == "[":
            at = _close_link(("text_link", start, at), plain, source, end)
        else:
            plain.mark(_OLD[mark], start)
            at = end + len(mark)
    return plain
