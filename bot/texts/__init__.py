"""Every sentence a person reads, by language and key. One key set in all languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

import yaml

from actions.officers.models import Officer
from bot.conversation.turn import BLANK, Line, Prompt
from bot.regions import Region

LANGUAGES = ("zh", "en")
_HAN = re.compile(r"[\u3400-\u9fff]")
_DOUBLE = "欧阳 上官 司马 诸葛 夏侯 皇甫 尉迟 公孙 慕容 司徒 令狐 东方 端木"
_DOUBLE_SURNAMES = frozenset(_DOUBLE.split())
FREE = frozenset({"words", "officer"})  # what people wrote, which may happen to be a key


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the texts of one language as flat keys such as `money.choice.yes`."""
    tree = yaml.safe_load((resources.files(__name__) / f"{language}.yml").read_text("utf-8"))
    return dict(_flat(tree, ""))


def _flat(tree: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value).rstrip("\n")


def say(key: str, language: str, region: Region, **params: str) -> str:
    """Return one text with its region facts and parameters filled in.

    A parameter that is itself a text key is said in the same language.
    """
    texts = catalogue(language)
    said = {
        name: value if name in FREE else texts.get(value, value) for name, value in params.items()
    }
    return texts[key].format_map({**region.facts[language], **said})


def officer(known: Officer, language: str, region: Region) -> str:
    """Return what a citizen reads of an officer: a short name and the badge."""
    return say("officer.named", language, region, words=surname(known.name), badge=known.badge)


def surname(name: str) -> str:
    """Return the family name: the first sign of a Chinese name, two of a double one."""
    if not name or not _HAN.match(name):
        return name.split()[-1] if name.split() else name
    return name[:2] if name[:2] in _DOUBLE_SURNAMES and len(name) > 2 else name[0]


def render(prompt: Prompt, language: str, region: Region, **context: str) -> dict[str, object]:
    """Return a message body: its text, and its buttons in rows."""
    body: dict[str, object] = {
        "text": "\n".join(_line(line, language, region, context) for line in prompt.lines)
    }
    buttons = [
        {
            "label": _label(choice.label, language, region, context),
            "data": f"ask:{choice.question}:{choice.value}",
        }
        for choice in prompt.choices
    ]
    if buttons:
        body["buttons"] = [[button] for button in buttons]
    if prompt.poster:
        body["poster"] = prompt.poster
    return body


def _label(label: str, language: str, region: Region, context: Mapping[str, str]) -> str:
    """Return a button's label; a name such as a district's is its own label."""
    return say(label, language, region, **context) if label in catalogue(language) else label


def _line(line: Line, language: str, region: Region, context: Mapping[str, str]) -> str:
    if line == BLANK:
        return ""
    said = say(line.key, language, region, **{**context, **line.params})
    return f"{line.mark} {said}" if line.mark else said
