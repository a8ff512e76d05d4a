"""A poster drawn from a tip's own words: whose it is, one thing to know, and whom to call.

Pure: words in, a PNG out, the same for the same words. One face does for Chinese and English, so a
poster looks alike on every machine; a heavy weight is the same face drawn with a thin edge.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from itertools import zip_longest

import pylopdf_fonts_zh_cn as fonts
from PIL import Image, ImageDraw, ImageFont

from bot import texts
from bot.regions import Region

WIDTH, HEIGHT = 1080, 1350  # pixels; as tall as a telephone shows without cutting
MARGIN, HEAD, FOOT = 84, 148, 300
ABOVE_TITLE, ABOVE_BODY, BELOW_BODY = 76, 78, 40
ROOM = WIDTH - 2 * MARGIN
LARGEST_TITLE, SMALLEST_ONE_LINE, SMALLEST_TITLE = 96, 72, 60
TITLE_SIZES = range(LARGEST_TITLE, SMALLEST_TITLE - 1, -4)
LARGEST_BODY, SMALLEST_BODY = 52, 32
NAVY, PAPER, INK, WHITE, SOFT = "#14345f", "#fbf8f1", "#22303f", "#ffffff", "#c9d8ee"
ACCENTS = {"alert": "#c02a22", "season": "#b4690e", "correction": "#c02a22"}
ACCENT = "#1b569e"
_UNIT = re.compile(r"\n|\s+|[^\s\u2e80-\uffef]+|.")
_SIGN = re.compile(
    r"(.{4,}?[，：；？！,:;?!”])\s*(?![，：；？！,:;?!”])(.{3,})"
)  # a title's halves
_NEVER_FIRST = frozenset("，。、；：？！”’）》」』…·,.;:?!)%")
_NEVER_LAST = frozenset("“‘（《「『(")
_LATIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})


class TooLong(Exception):
    """Says that the words do not fit on a poster."""


@dataclass(frozen=True, slots=True)
class Poster:
    """What stands on a poster, ready to be read."""

    title: str
    body: str
    kind: str
    label: str  # what it is: "防骗提醒 · 虚假贷款"
    force: str
    calls: tuple[tuple[str, str], ...]  # when to call, and the number

    def to_json(self) -> dict[str, object]:
        """Return the form in which a message carries it."""
        return asdict(self)


def from_json(told: Mapping[str, object]) -> Poster:
    """Return the poster that a message carries."""
    calls = told["calls"]
    assert isinstance(calls, Sequence)  # noqa: S101  by to_json
    words = {name: str(told[name]) for name in ("title", "body", "kind", "label", "force")}
    return Poster(**words, calls=tuple((str(when), str(number)) for when, number in calls))


def of_words(
    title: str, body: str, *, kind: str, type: str | None, language: str, region: Region
) -> Poster:
    """Return the poster of these words, with the region's facts; raise TooLong if none can be."""

    def say(key: str) -> str:
        return plain(texts.say(key, language, region), language)

    label = say(f"poster.kind.{kind}")
    if type:
        kind_of = say(f"type.{type}")
        label += f" · {kind_of[:1].upper()}{kind_of[1:]}"
    facts = region.facts[language]
    calls = [(say("poster.unsure"), facts["hotline"]), (say("poster.paid"), facts["police"])]
    title, body = plain(title, language), plain(body, language)
    made = Poster(title, body, kind, label, facts["force"], tuple(calls))
    _laid_out(made)
    return made


def plain(words: str, language: str) -> str:
    """Return words with the quotes the face has: its curly ones are as wide as a Chinese sign."""
    return words if language == "zh" else words.translate(_LATIN)


@lru_cache(maxsize=64)
def draw(made: Poster) -> bytes:
    """Return the picture as PNG."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    accent = ACCENTS.get(made.kind, ACCENT)
    _head(pen, made, accent)
    title, body = _laid_out(made)
    y = _lines(pen, title, HEAD + ABOVE_TITLE, NAVY, heavy=True)
    pen.rounded_rectangle((MARGIN, y + 22, MARGIN + 120, y + 32), 5, fill=accent)
    _lines(pen, body, y + ABOVE_BODY, INK)
    _foot(pen, made, accent)
    out = io.BytesIO()
    image.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


# -- laying out -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Set:
    """Lines that fit, and the size they are set in."""

    lines: tuple[str, ...]
    size: int

    @property
    def leading(self) -> int:
        return round(self.size * 1.52)

    @property
    def height(self) -> int:
        return sum(self.leading if line else self.leading // 2 for line in self.lines)

    @property
    def widest(self) -> float:
        return max(_font(self.size).getlength(line) for line in self.lines)


def _laid_out(made: Poster) -> tuple[_Set, _Set]:
    """Return title and body in the largest sizes that leave room for all."""
    title = _title(made.title)
    left = HEIGHT - HEAD - FOOT - ABOVE_TITLE - ABOVE_BODY - BELOW_BODY - title.height
    fitting = []
    for size in range(LARGEST_BODY, SMALLEST_BODY - 1, -1):
        body = _Set(tuple(broken(made.body, size, ROOM)), size)
        if body.height <= left:
            fitting.append(body)
    if not fitting or title.widest > ROOM:
        raise TooLong("the words do not fit on a poster: shorten them, or send it without one")
    whole = (body for body in fitting[:8] if not _straggles(body))
    return title, next(whole, fitting[0])


def _title(text: str) -> _Set:
    """Set a title where it makes sense: in halves at a sign, on one line, or in even lines."""
    halves = _SIGN.fullmatch(text)
    for size in range(LARGEST_TITLE, SMALLEST_ONE_LINE - 1, -4):
        if (one := _Set((text,), size)).widest <= ROOM:
            return one
        if halves and (two := _Set(halves.groups(), size)).widest <= ROOM:
            return two
    return next(
        (made for size in TITLE_SIZES if len((made := _Set(_even(text, size), size)).lines) <= 2),
        _Set(_even(text, SMALLEST_TITLE), SMALLEST_TITLE),
    )


def _straggles(body: _Set) -> bool:
    """Tell whether a paragraph ends with a scrap of a line."""
    followed = zip_longest(body.lines, body.lines[1:], fillvalue="")
    lasts = [line for line, after in followed if not after]
    return any(0 < _font(body.size).getlength(last) < ROOM / 5 for last in lasts)


def _even(text: str, size: int) -> tuple[str, ...]:
    """Break a title into lines that are about equally long."""
    width = ROOM
    lines = tuple(broken(text, size, width))
    while width > size:
        narrower = tuple(broken(text, size, width - size // 2))
        if len(narrower) > len(lines):
            break
        lines, width = narrower, width - size // 2
    return lines


def broken(text: str, size: int, width: float) -> Iterator[str]:
    """Break words into lines: English between words, Chinese anywhere but around its signs."""
    line, long = "", 0.0
    for unit in _units(text):
        if unit == "\n":
            yield line.rstrip()
            if line:
                yield ""  # a paragraph ends
            line, long = "", 0.0
        elif line and long + _width(unit.rstrip(), size) > width:
            yield line.rstrip()
            line = unit.lstrip()
            long = _width(line, size)
        else:
            line, long = line + unit, long + _width(unit, size)
    if line:
        yield line.rstrip()


def _units(text: str) -> Iterator[str]:
    """Return what must stay together on a line."""
    held = ""
    for unit in _UNIT.findall(text):
        bound = unit[0] in _NEVER_FIRST or held[-1:] in _NEVER_LAST
        if held and bound and unit != "\n":
            held += unit
            continue
        if held:
            yield held
        held = unit
    if held:
        yield held


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.sans_path()), size)


@lru_cache(maxsize=20_000)
def _width(unit: str, size: int) -> float:
    return _font(size).getlength(unit)


# -- drawing --------------------------------------------------------------------------------


def _lines(
    pen: ImageDraw.ImageDraw, words: _Set, y: int, colour: str, *, heavy: bool = False
) -> int:
    for line in words.lines:
        if line:
            _write(pen, (MARGIN, y), line, words.size, colour, heavy=heavy)
        y += words.leading if line else words.leading // 2
    return y


def _write(
    pen: ImageDraw.ImageDraw,
    at: tuple[int, int],
    words: str,
    size: int,
    colour: str,
    *,
    heavy: bool = False,
    anchor: str = "la",
) -> None:
    edge = max(1, size // 40) if heavy else 0
    pen.text(at, words, colour, _font(size), anchor=anchor, stroke_width=edge, stroke_fill=colour)


def _head(pen: ImageDraw.ImageDraw, made: Poster, accent: str) -> None:
    pen.rectangle((0, 0, WIDTH, HEAD), fill=NAVY)
    pen.rectangle((0, HEAD, WIDTH, HEAD + 10), fill=accent)
    _shield(pen, MARGIN, 36, 76)
    _write(pen, (MARGIN + 92, HEAD // 2 - 22), made.force, 34, WHITE, heavy=True, anchor="lm")
    _write(pen, (MARGIN + 92, HEAD // 2 + 24), made.label, 28, SOFT, anchor="lm")


def _shield(pen: ImageDraw.ImageDraw, x: int, y: int, height: int) -> None:
    unit = height / 24
    outline = [(12, 1), (21, 4.5), (21, 12), (18, 18.5), (12, 23), (6, 18.5), (3, 12), (3, 4.5)]
    pen.polygon([(x - 3 * unit + a * unit, y + b * unit) for a, b in outline], fill=WHITE)
    tick = [(7.8, 12.2), (10.8, 15.4), (16.4, 8.8)]
    pen.line(
        [(x - 3 * unit + a * unit, y + b * unit) for a, b in tick],
        fill=NAVY,
        width=8,
        joint="curve",
    )


def _foot(pen: ImageDraw.ImageDraw, made: Poster, accent: str) -> None:
    top = HEIGHT - FOOT
    pen.rectangle((0, top, WIDTH, HEIGHT), fill=NAVY)
    pen.line((WIDTH // 2, top + 60, WIDTH // 2, HEIGHT - 60), fill="#3d5c8a", width=2)
    for n, (when, number) in enumerate(made.calls):
        x = WIDTH // 4 + n * WIDTH // 2
        _write(pen, (x, top + 84), when, _fitting(when), SOFT, anchor="mm")
        _write(pen, (x, top + 180), number, 116, WHITE, heavy=True, anchor="mm")


def _fitting(words: str) -> int:
    """Return the largest size in which these words keep within half the width."""
    room = WIDTH // 2 - 80
    return next(size for size in range(38, 11, -1) if _font(size).getlength(words) <= room)
