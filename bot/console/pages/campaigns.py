"""Campaigns: write, preview, submit; a second person approves; then watch, hold back, correct."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from starlette.responses import Response

from actions.campaigns import account, status, store
from actions.campaigns.audience import BadAudience
from actions.campaigns.audience import parse as parse_audience
from actions.campaigns.content import AGES, LANGUAGES, Piece
from actions.campaigns.models import Campaign, State, Status
from actions.campaigns.status import PUBLISHING, Refusal
from actions.outbox import store as outbox
from actions.triage.judgement import ScamType
from bot import publisher
from bot.campaigns import report, telling, times, tips, wording
from bot.campaigns.asked import LONGEST, LONGEST_TITLE
from bot.campaigns.times import BadTime
from bot.console import view
from bot.console.answers import done
from bot.console.asking import Ask, NotDone, Refused, form, page
from bot.console.refusals import Why
from bot.console.view import Nav

NAV = Nav("campaigns", "/campaigns", PUBLISHING)
WHENS = ("now", "at", "daily", "weekly", "monthly", "cron")


def show(ask: Ask) -> Response:
    """Show every campaign, newest first."""
    found = store.list_all(ask.db)
    return view.show(
        ask,
        "campaigns.html",
        here="campaigns",
        campaigns=[(each, account.count(ask.db, each), _when(ask, each)) for each in found],
        colours=_status_colours(),
    )


def write(ask: Ask) -> Response:
    """Show the form for a new one."""
    return view.show(
        ask,
        "campaign_form.html",
        here="campaigns",
        pieces=sorted(tips.shelf().values(), key=lambda each: (each.kind, each.name)),
        languages_of=LANGUAGES,
        types=list(ScamType),
        ages=AGES,
        whens=WHENS,
        weekdays=times.DAYS[1:] + times.DAYS[:1],
        longest=LONGEST,
    )


def create(ask: Ask) -> Response:
    """Store the draft, or say what is wrong with it."""
    back = "/campaigns/new"
    try:
        draft = _draft(ask)
        made = store.create(ask.db, draft, by=ask.officer, now=ask.now)
    except (BadAudience, BadTime) as fact:
        raise NotDone(
            ask.say("console.campaigns.wrong.given", what=str(fact)), back=back
        ) from None
    except Refusal as fact:
        raise _refusal(ask, fact, back) from None
    return done(ask, ask.say("console.campaigns.made"), back=back, go=f"/campaigns/{made.id}")


def _draft(ask: Ask) -> store.Draft:
    title = ask.value("title")
    if not 0 < len(title) <= LONGEST_TITLE:
        raise _wrong(ask, "title")
    piece = tips.shelf().get(ask.value("piece"))
    wish: dict[str, object] = {
        name: [ask.value(name)] for name in ("districts", "topics", "ages") if ask.value(name)
    }
    if piece and not wish:
        wish = dict(piece.audience)
    cron, at = _schedule(ask)
    expires = ask.value("expires")
    until = times.parse_time(expires, ask.service.region.timezone) if expires else None
    if until and (until <= ask.now or (at and until <= at)):
        raise _wrong(ask, "expires")
    return store.Draft(
        title,
        {"a": _words(ask, piece)},
        kind=piece.kind if piece else "text",
        type=piece.type if piece else None,
        audience=parse_audience(wish, districts=ask.service.region.districts),
        cron=cron,
        at=at,
        expires_at=until,
    )


def _words(ask: Ask, piece: Piece | None = None) -> dict[str, dict[str, str]]:
    if piece:
        return wording.words_of(piece)
    said = ask.value("text").replace("\r\n", "\n")
    language = ask.value("lang")
    if not 0 < len(said) <= LONGEST or language not in LANGUAGES:
        raise _wrong(ask, "text")
    return {language: {"text": said}}


def _schedule(ask: Ask) -> tuple[str | None, datetime | None]:
    """Return the cron line, or the one time, that was chosen in words."""
    zone = ask.service.region.timezone
    hour, colon, minute = ask.value("clock", "09:00").partition(":")
    if not (hour.isdecimal() and colon and minute.isdecimal()):
        raise _wrong(ask, "clock")
    clock = f"{int(minute)} {int(hour)}"
    match ask.value("when"):
        case "now":
            return None, None
        case "at":
            at = times.parse_time(ask.value("at"), zone)
            if at <= ask.now:
                raise _wrong(ask, "past")
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
        raise _wrong(ask, "never")
    return line, None


def one(ask: Ask) -> Response:
    """Show one campaign: how it will read, whom it reaches, what became of it."""
    campaign = _find(ask)
    at = max(filter(None, (ask.now, campaign.at)))
    number, sample = store.sample_audience(ask.db, campaign, at=at)
    left_out = store.left_out(
        ask.db, campaign, at=at, least=timedelta(hours=ask.service.settings.bulk_gap)
    )
    said = wording.wording(campaign, ask.service.region, occurrence_id=0)
    counted = account.count(ask.db, campaign)
    moves = status.MOVES[Status(campaign.status)]
    return view.show(
        ask,
        "campaign.html",
        here="campaigns",
        campaign=campaign,
        number=number,
        sample=sample,
        left_out=left_out,
        bodies=sorted(
            ((key.split(":"), body) for key, body in said.bodies.items()),
            key=lambda each: (each[0][1] != ask.language, each[0]),
        ),
        when=_when(ask, campaign),
        audience=telling.audience(campaign, ask.language, ask.service.region),
        counted=counted,
        reasons=account.reasons(ask.db, campaign),
        measured=report.measured(ask.db, campaign),
        chart=_chart(ask, counted),
        content=status.content_hash(campaign),
        own=ask.officer.id in campaign.authors,
        moves=moves,
        ended=campaign.status in status.ENDED,
        colours=_status_colours(),
        languages_of=LANGUAGES,
        longest=LONGEST,
    )


def _chart(ask: Ask, counted: Mapping[str, int]) -> str:
    told = {
        "names": [ask.say(f"console.campaigns.state.{each}") for each in State],
        "series": [
            {
                "name": ask.say("console.campaigns.recipients"),
                "data": [counted[each] for each in State],
                "colour": "accent",
            }
        ],
        "flat": True,
    }
    return json.dumps(told, ensure_ascii=False)


def _status_colours() -> dict[str, str]:
    return {
        "submitted": "amber",
        "approved": "blue",
        "scheduled": "blue",
        "sending": "green",
        "paused": "red",
    }


def act(do: Callable[[Ask, Campaign], object], said: str) -> Callable[[Ask], Response]:
    """Return the answer to one of the buttons."""

    def answer(ask: Ask) -> Response:
        campaign = _find(ask)
        back = f"/campaigns/{campaign.id}"
        try:
            do(ask, campaign)
        except Refusal as fact:
            raise _refusal(ask, fact, back) from None
        outbox.nudge(ask.db)
        return done(ask, ask.say(f"console.campaigns.done.{said}"), back=back, go=back)

    return answer


def _submit(ask: Ask, campaign: Campaign) -> None:
    status.submit(ask.db, campaign, by=ask.officer, now=ask.now)
    publisher.ask_second(ask.db, ask.desk, campaign, by=ask.officer, now=ask.now)


def _approve(ask: Ask, campaign: Campaign) -> None:
    seen = ask.value("content") or "?"  # what they looked at is what they approve
    status.approve(ask.db, campaign, by=ask.officer, now=ask.now, seen=seen)


def _return(ask: Ask, campaign: Campaign) -> None:
    status.send_back(ask.db, campaign, by=ask.officer, now=ask.now)


def _pause(ask: Ask, campaign: Campaign) -> None:
    status.pause(ask.db, campaign, by=ask.officer, now=ask.now)


def _resume(ask: Ask, campaign: Campaign) -> None:
    status.resume(ask.db, campaign, by=ask.officer, now=ask.now)


def _cancel(ask: Ask, campaign: Campaign) -> None:
    status.cancel(ask.db, campaign, by=ask.officer, now=ask.now)


def correct(ask: Ask) -> Response:
    """Stop it and draft what is to be said instead, to whoever got it."""
    campaign = _find(ask)
    words = {"a": _words(ask)}
    try:
        made = store.correct(ask.db, campaign, words, by=ask.officer, now=ask.now)
    except Refusal as fact:
        raise _refusal(ask, fact, f"/campaigns/{campaign.id}") from None
    said = ask.say("console.campaigns.done.correct")
    return done(ask, said, back="/campaigns", go=f"/campaigns/{made.id}")


def download(ask: Ask) -> Response:
    """Hand all figures on as CSV."""
    return Response(
        report.as_csv(ask.db),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="campaigns.csv"'},
    )


def _find(ask: Ask) -> Campaign:
    number = ask.path("number")
    wanted = int(number) if number.isdecimal() and len(number) < 10 else 0
    found = store.find(ask.db, campaign_id=wanted)
    if found is None:
        raise Refused(Why.NOT_SEEN)
    return found


def _when(ask: Ask, campaign: Campaign) -> str:
    return telling.when(campaign, ask.language, ask.service.region, now=ask.now)


def _wrong(ask: Ask, what: str) -> NotDone:
    return NotDone(ask.say(f"console.campaigns.wrong.{what}"), back="/campaigns/new")


def _refusal(ask: Ask, fact: Refusal, back: str) -> NotDone:
    return NotDone(
        ask.say(f"console.campaigns.refused.{publisher.REFUSALS[type(fact)]}"), back=back
    )


_VERBS = {
    "submit": _submit,
    "approve": _approve,
    "return": _return,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
}
ROUTES = [
    page("/campaigns", show, roles=PUBLISHING),
    page("/campaigns.csv", download, roles=PUBLISHING),
    page("/campaigns/new", write, roles=PUBLISHING),
    form("/campaigns", create, roles=PUBLISHING),
    page("/campaigns/{number}", one, roles=PUBLISHING),
    form("/campaigns/{number}/correct", correct, roles=PUBLISHING),
    *(
        form(f"/campaigns/{{number}}/{v}", act(do, v), roles=PUBLISHING)
        for v, do in _VERBS.items()
    ),
]
