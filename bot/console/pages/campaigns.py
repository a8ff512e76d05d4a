"""Campaigns: write, preview, submit; a second person approves; then watch, hold back, correct."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from starlette.responses import Response

from actions.campaigns import account, rise, status, store
from actions.campaigns.content import AGES, LANGUAGES
from actions.campaigns.models import Campaign, State, Status
from actions.campaigns.status import PUBLISHING, Refusal
from actions.outbox import store as outbox
from actions.triage.judgement import ScamType
from bot import poster, publisher
from bot.campaigns import report, risk, telling, times, tips, wording
from bot.campaigns.asked import LONGEST
from bot.console import drafts, view
from bot.console.answers import done
from bot.console.asking import Ask, NotDone, Refused, form, number, page
from bot.console.refusals import Why
from bot.console.view import Nav

NAV = Nav("campaigns", "/campaigns", PUBLISHING)
COLOURS = {
    Status.SUBMITTED: "amber",
    Status.APPROVED: "blue",
    Status.SCHEDULED: "blue",
    Status.SENDING: "green",
    Status.PAUSED: "red",
}


def show(ask: Ask) -> Response:
    """Show every campaign, newest first."""
    found = store.list_all(ask.db)
    return view.show(
        ask,
        "campaigns.html",
        here="campaigns",
        offers=[
            (each.id, ask.say("rise.offer", **risk.facts(each, ask.service.region, ask.language)))
            for each in rise.list_open(ask.db)
        ],
        campaigns=[(each, account.count(ask.db, each), _when(ask, each)) for each in found],
        colours=COLOURS,
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
        whens=drafts.WHENS,
        weekdays=times.DAYS[1:] + times.DAYS[:1],
        longest=LONGEST,
        shares=drafts.SHARES,
    )


def create(ask: Ask) -> Response:
    """Store the draft, or say what is wrong with it."""
    asked = drafts.draft(ask)
    try:
        made = store.create(ask.db, asked, by=ask.officer, now=ask.now)
    except Refusal as fact:
        raise _refusal(ask, fact, drafts.FORM) from None
    return done(
        ask, ask.say("console.campaigns.made"), back=drafts.FORM, go=f"/campaigns/{made.id}"
    )


def one(ask: Ask) -> Response:
    """Show one campaign: how it will read, whom it reaches, what became of it."""
    campaign = _find(ask)
    at = max(filter(None, (ask.now, campaign.at)))
    reached, sample = store.sample_audience(ask.db, campaign, at=at)
    left_out = store.left_out(
        ask.db, campaign, at=at, least=timedelta(hours=ask.service.settings.bulk_gap)
    )
    said = wording.wording(campaign, ask.service.region, occurrence_id=0)
    counted = account.count(ask.db, campaign)
    measured = report.measured(ask.db, campaign)
    moves = status.MOVES[Status(campaign.status)]
    return view.show(
        ask,
        "campaign.html",
        here="campaigns",
        campaign=campaign,
        number=reached,
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
        measured=measured,
        chart=_chart(ask, counted),
        skills=_skills(ask, measured),
        content=status.content_hash(campaign),
        own=ask.officer.id in campaign.authors,
        variants=len(said.variants),
        moves=moves,
        ended=campaign.status in status.ENDED,
        colours=COLOURS,
        languages_of=LANGUAGES,
        longest=LONGEST,
    )


def _chart(ask: Ask, counted: Mapping[str, int]) -> str:
    return view.chart(
        [ask.say(f"console.campaigns.state.{each}") for each in State],
        [(ask.say("console.campaigns.recipients"), [counted[each] for each in State], "accent")],
        flat=True,
    )


def _skills(ask: Ask, measured: report.Measured) -> str | None:
    """Return the chart of later answers by cohort: what was found, and what was feared in vain."""
    told = [each for each in measured["later"] if each["answers"]]
    if not told:
        return None

    def share(value: float | None) -> int | None:
        return None if value is None else round(value * 100)

    hits = [share(each["hit_rate"]) for each in told]
    false_alarms = [share(each["false_alarm_rate"]) for each in told]
    return view.chart(
        [ask.say(f"console.campaigns.cohort.{each['cohort']}") for each in told],
        [
            (ask.say("console.campaigns.hits"), hits, "green"),
            (ask.say("console.campaigns.false_alarms"), false_alarms, "red"),
        ],
    )


def poster_of(ask: Ask) -> Response:
    """Draw the poster of one variant in one language."""
    campaign = _find(ask)
    said = wording.wording(campaign, ask.service.region, occurrence_id=0)
    wanted = f"{ask.path('variant')}:{ask.path('spoken')}:"
    body = next((each for key, each in said.bodies.items() if key.startswith(wanted)), {})
    told = body.get("poster")
    if not isinstance(told, dict):
        raise Refused(Why.NOT_SEEN)
    return Response(poster.draw(poster.from_json(told)), media_type="image/png")


def take_offer(ask: Ask) -> Response:
    """Draft the alert that is offered where reports rose."""
    offer = number(ask.path("number")) or 0
    try:
        made = risk.take(ask.db, offer, ask.service.region, by=ask.officer, now=ask.now)
    except Refusal as fact:
        raise _refusal(ask, fact, "/campaigns") from None
    go = f"/campaigns/{made.id}"
    return done(ask, ask.say("console.campaigns.made"), back="/campaigns", go=go)


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
    home = str(ask.service.region.timezone)
    status.resume(ask.db, campaign, by=ask.officer, home=home, now=ask.now)


def _cancel(ask: Ask, campaign: Campaign) -> None:
    status.cancel(ask.db, campaign, by=ask.officer, now=ask.now)


def correct(ask: Ask) -> Response:
    """Stop it and draft what is to be said instead, to whoever got it."""
    campaign = _find(ask)
    words = {"a": drafts.words(ask)}
    try:
        title = ask.say("campaign.correction", words=campaign.title)
        made = store.correct(ask.db, campaign, words, title=title, by=ask.officer, now=ask.now)
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
    found = store.find(ask.db, campaign_id=number(ask.path("number")) or 0)
    if found is None:
        raise Refused(Why.NOT_SEEN)
    return found


def _when(ask: Ask, campaign: Campaign) -> str:
    return telling.when(campaign, ask.language, ask.service.region, now=ask.now)


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
    form("/campaigns/offers/{number}", take_offer, roles=PUBLISHING),
    page("/campaigns/{number}", one, roles=PUBLISHING),
    page("/campaigns/{number}/poster/{variant}/{spoken}", poster_of, roles=PUBLISHING),
    form("/campaigns/{number}/correct", correct, roles=PUBLISHING),
    *(
        form(f"/campaigns/{{number}}/{v}", act(do, v), roles=PUBLISHING)
        for v, do in _VERBS.items()
    ),
]
