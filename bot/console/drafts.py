"""What a publisher writes in the console's form, as a draft."""

from __future__ import annotations

from datetime import datetime

from actions.campaigns import store
from actions.campaigns.audience import BadAudience
from actions.campaigns.audience import parse as parse_audience
from actions.campaigns.content import LANGUAGES, Piece
from bot.campaigns import times, tips, wording
from bot.campaigns.asked import LONGEST, LONGEST_TITLE
from bot.campaigns.times import BadTime
from bot.console.asking import Ask, NotDone
from bot.poster import TooLong

FORM = "/campaigns/new"
SHARES = (0, 5, 10, 20, 30, 50)  # per cent that get nothing
WHENS = ("now", "at", "daily", "weekly", "monthly", "cron")


def draft(ask: Ask) -> store.Draft:
    """Return what the form asks for; NotDone says what is wrong with it."""
    try:
        return _draft(ask)
    except TooLong:
        raise wrong(ask, "poster") from None
    except (BadAudience, BadTime) as fact:
        said = ask.say("console.campaigns.wrong.given", what=str(fact))
        raise NotDone(said, back=FORM) from None


def _draft(ask: Ask) -> store.Draft:
    title = ask.value("title")
    if not 0 < len(title) <= LONGEST_TITLE:
        raise wrong(ask, "title")
    piece = tips.shelf().get(ask.value("piece"))
    kind, type = (piece.kind, piece.type) if piece else ("text", None)
    variants = _variants(ask, piece)
    if ask.value("poster"):
        about = wording.About(kind, type)
        variants = wording.with_posters(variants, ask.service.region, about)
    wish: dict[str, object] = {
        name: [ask.value(name)] for name in ("districts", "topics", "ages") if ask.value(name)
    }
    if piece and not wish:
        wish = dict(piece.audience)
    cron, at = _schedule(ask)
    expires = ask.value("expires")
    until = times.parse_time(expires, ask.service.region.timezone) if expires else None
    if until and (until <= ask.now or (at and until <= at)):
        raise wrong(ask, "expires")
    return store.Draft(
        title,
        variants,
        kind=kind,
        type=type,
        audience=parse_audience(wish, districts=ask.service.region.districts),
        cron=cron,
        at=at,
        expires_at=until,
        control=_share(ask),
    )


def _share(ask: Ask) -> float:
    given = ask.value("control", "0")
    if given not in map(str, SHARES):
        raise wrong(ask, "control")
    return int(given) / 100


def _variants(ask: Ask, piece: Piece | None) -> wording.Words:
    """Return the words, and the other words for half of the audience where there are some."""
    variants = {"a": words(ask, piece)}
    other = tips.shelf().get(ask.value("piece_b"))
    if other or ask.value("text_b"):
        variants["b"] = words(ask, other, field="text_b")
    if not store.spoken(variants):
        raise wrong(ask, "languages")
    return variants


def words(
    ask: Ask, piece: Piece | None = None, *, field: str = "text"
) -> dict[str, dict[str, str]]:
    """Return the words of a piece, or those written in this field, by language."""
    if piece:
        return wording.words_of(piece)
    said = ask.value(field).replace("\r\n", "\n")
    language = ask.value("lang")
    if not 0 < len(said) <= LONGEST or language not in LANGUAGES:
        raise wrong(ask, "text")
    return {language: {"text": said}}


def _schedule(ask: Ask) -> tuple[str | None, datetime | None]:
    """Return the cron line, or the one time, that was chosen in words."""
    zone = ask.service.region.timezone
    hour, colon, minute = ask.value("clock", "09:00").partition(":")
    if not (hour.isdecimal() and colon and minute.isdecimal()):
        raise wrong(ask, "clock")
    clock = f"{int(minute)} {int(hour)}"
    match ask.value("when"):
        case "now":
            return None, None
        case "at":
            at = times.parse_time(ask.value("at"), zone)
            if at <= ask.now:
                raise wrong(ask, "past")
            return None, at
        case "daily":
            line = f"{clock} * * *"
        case "weekly":
            line = f"{clock} * * {ask.value('weekday')}"
        case "monthly":
            line = f"{clock} {ask.value('day')} * *"
        case _:
            line = ask.value("cron")
    if times.following(line, ask.now, zone) is None:
        raise wrong(ask, "never")
    return line, None


def wrong(ask: Ask, what: str) -> NotDone:
    """Say what is wrong with one field."""
    return NotDone(ask.say(f"console.campaigns.wrong.{what}"), back=FORM)
