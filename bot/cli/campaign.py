"""`fanzha campaign`: write, submit, approve, watch. A refusal says why, with exit code 3."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.orm import Session

from actions.campaigns import content, status, store
from actions.campaigns.audience import BadAudience
from actions.campaigns.audience import parse as parse_audience
from actions.campaigns.content import BadContent
from actions.campaigns.models import Campaign, CatchUp
from actions.campaigns.status import Refusal
from actions.officers import store as officers
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.triage.wording import storable
from bot import publisher, settings, texts, wiring
from bot.campaigns import times, wording
from bot.campaigns.asked import LONGEST
from bot.campaigns.clock import GRACE
from bot.campaigns.times import BadTime
from bot.poster import TooLong
from bot.wiring import Service

app = typer.Typer(no_args_is_help=True)
REFUSED = 3
Id = Annotated[int, typer.Argument(metavar="ID", help="The campaign's id, as `list` shows it.")]
By = Annotated[int, typer.Option("--by", help="Your Telegram user id; you need the role.")]
Lang = Annotated[str, typer.Option(help="The language of the words: zh or en.")]
TextFile = Annotated[
    Path, typer.Option(exists=True, dir_okay=False, help="Words, or a piece of content/.")
]
console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def refusing() -> Iterator[None]:
    """Say a refusal in one line and leave with its exit code."""
    try:
        yield
    except Refusal as refusal:
        complaints.print(f"fanzha: refused: {str(refusal) or refusal.__doc__}", markup=False)
        raise typer.Exit(REFUSED) from None


def officer(db: Session, telegram_id: int) -> Officer:
    """Return the officer who acts, or refuse a stranger."""
    found = officers.find(db, telegram_id=telegram_id)
    if found is None:
        raise status.NotAllowed(f"no officer with Telegram id {telegram_id} is on the list")
    return found


def find(db: Session, campaign_id: int) -> Campaign:
    """Return this campaign, or refuse."""
    found = store.find(db, campaign_id=campaign_id)
    if found is None:
        raise Refusal(f"there is no campaign {campaign_id}")
    return found


@app.command("create")
def create(
    title: Annotated[str, typer.Option(help="For the publishers' own list.")],
    text_file: TextFile,
    by: By,
    lang: Lang = "zh",
    variant_file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Other words, for half."),
    ] = None,
    audience: Annotated[
        str, typer.Option(help='Such as {"district":"江岸","topics":["loan"]}; none is everybody.')
    ] = "{}",
    cron: Annotated[
        str | None, typer.Option(help='In the region\'s time, such as "0 9 * * 1".')
    ] = None,
    at: Annotated[str | None, typer.Option(help="Once, such as 2026-09-01T09:00.")] = None,
    expires: Annotated[str | None, typer.Option(help="Nothing is sent after this time.")] = None,
    catch_up: Annotated[
        CatchUp, typer.Option(help="A time missed while the service was down.")
    ] = CatchUp.ONCE,
    control: Annotated[
        float,
        typer.Option(min=0, max=store.MOST_CONTROL, help="Share that gets nothing."),
    ] = 0.0,
    poster: Annotated[
        bool, typer.Option("--poster", help="Send it as a picture drawn from the words, too.")
    ] = False,
) -> None:
    """Write a draft and print its id. Without --cron and --at it goes out once it is approved."""
    with wiring.service(settings.load()) as service, refusing():
        if cron and at:
            raise Refusal("either --cron or --at")
        if not title.strip():
            raise Refusal("the title is empty")
        draft = _draft(service, title.strip(), text_file, lang, audience, cron, at, expires)
        variants = dict(draft.variants)
        if variant_file:
            variants["b"] = read_words(variant_file, lang)[0]
        if poster:
            variants = _with_posters(service, draft, variants)
        draft = replace(draft, variants=variants, catch_up=catch_up, control=control)
        with service.sessions.begin() as db:
            made = store.create(db, draft, by=officer(db, by), now=service.clock())
        console.print(str(made.id))


def _draft(
    service: Service,
    title: str,
    file: Path,
    lang: str,
    audience: str,
    cron: str | None,
    at: str | None,
    expires: str | None,
) -> store.Draft:
    zone, now = service.region.timezone, service.clock()
    words, piece = read_words(file, lang)
    try:
        wish = json.loads(audience)
    except ValueError as error:
        raise Refusal(f"the audience is not JSON: {error}") from None
    if piece and not wish:
        wish = dict(piece.audience)
    try:
        chosen = parse_audience(wish, districts=service.region.districts)
        if cron and times.following(cron, now, zone) is None:
            raise BadTime(f"{cron!r} never comes")
        when = times.parse_time(at, zone) if at else None
        until = times.parse_time(expires, zone) if expires else None
    except (BadAudience, BadTime) as error:
        raise Refusal(str(error)) from None
    if when and when <= now - GRACE:
        raise Refusal(f"{at} is past")
    if until and until <= max(now, when or now):
        raise Refusal("it would expire before it goes out")
    return store.Draft(
        title,
        {"a": words},
        kind=piece.kind if piece else "text",
        type=piece.type if piece else None,
        audience=chosen,
        cron=cron,
        at=when,
        expires_at=until,
    )


def read_words(file: Path, lang: str) -> tuple[dict[str, dict[str, str]], content.Piece | None]:
    """Return the words of a file by language, and the piece they are of, if they are one."""
    if lang not in content.LANGUAGES:
        raise Refusal(f"no language {lang!r}; there are {', '.join(content.LANGUAGES)}")
    try:
        text = storable(file.read_text("utf-8-sig")).replace("\r\n", "\n")
        if content.is_piece(text):
            piece = content.parse(text, name=file.stem)
            return wording.words_of(piece), piece
    except UnicodeDecodeError:
        raise Refusal(f"{file} is not UTF-8 text") from None
    except BadContent as error:
        raise Refusal(f"{file}:\n{error}") from None
    if not text.strip():
        raise Refusal(f"{file} is empty")
    if len(text) > LONGEST:
        raise Refusal(f"{file} has {len(text):,} characters; at most {LONGEST:,} fit")
    return {lang: {"text": text.strip()}}, None


def _with_posters(
    service: Service, draft: store.Draft, variants: wording.Words
) -> dict[str, Mapping[str, Mapping[str, str]]]:
    try:
        about = wording.About(draft.kind, draft.type)
        return dict(wording.with_posters(variants, service.region, about))
    except TooLong as error:
        raise Refusal(str(error)) from None


@contextmanager
def _acting(campaign_id: int, by: int) -> Iterator[tuple[Service, Session, Campaign, Officer]]:
    with wiring.service(settings.load()) as service, refusing(), service.sessions.begin() as db:
        who = officer(db, by)
        yield service, db, find(db, campaign_id), who


@app.command("submit")
def submit(campaign_id: Id, by: By) -> None:
    """Ask a second publisher to approve it."""
    with _acting(campaign_id, by) as (service, db, campaign, who):
        status.submit(db, campaign, by=who, now=service.clock())
        publisher.ask_second(db, service.desk, campaign, by=who, now=service.clock())
        outbox.nudge(db)
        shown = status.content_hash(campaign)[:8]
    console.print(f"campaign {campaign_id} is submitted; its content is {shown}")


@app.command("approve")
def approve(
    campaign_id: Id,
    by: By,
    content: Annotated[
        str | None, typer.Option(help="The hash that `preview` showed you, or its beginning.")
    ] = None,
) -> None:
    """Approve exactly the content as submitted. Never your own."""
    with _acting(campaign_id, by) as (service, db, campaign, who):
        approved = status.approve(db, campaign, by=who, now=service.clock(), seen=content)
        outbox.nudge(db)
    console.print(f"campaign {campaign_id} is approved; its content is {approved}")


@app.command("return")
def send_back(campaign_id: Id, by: By) -> None:
    """Give a submitted campaign back to its author."""
    with _acting(campaign_id, by) as (service, db, campaign, who):
        status.send_back(db, campaign, by=who, now=service.clock())
    console.print(f"campaign {campaign_id} is a draft again")


@app.command("pause")
def pause(campaign_id: Id, by: By) -> None:
    """Hold back what has not left yet."""
    with _acting(campaign_id, by) as (service, db, campaign, who):
        status.pause(db, campaign, by=who, now=service.clock())
    console.print(f"campaign {campaign_id} is paused")


@app.command("resume")
def resume(campaign_id: Id, by: By) -> None:
    """Let it go on."""
    with _acting(campaign_id, by) as (service, db, campaign, who):
        zone = str(service.region.timezone)
        status.resume(db, campaign, by=who, home=zone, now=service.clock())
        outbox.nudge(db)
        now = campaign.status
    console.print(f"campaign {campaign_id} is {now}")


@app.command("cancel")
def cancel(campaign_id: Id, by: By) -> None:
    """End it; what still waits is not sent."""
    with _acting(campaign_id, by) as (service, db, campaign, who):
        status.cancel(db, campaign, by=who, now=service.clock())
    console.print(f"campaign {campaign_id} is cancelled; what still waited is not sent")


@app.command("reword")
def reword(
    campaign_id: Id,
    by: By,
    text_file: TextFile,
    lang: Lang = "zh",
) -> None:
    """Change the words. It becomes a draft again and needs a new approval."""
    with _acting(campaign_id, by) as (service, db, campaign, who):
        words, _ = read_words(text_file, lang)
        store.reword(db, campaign, {"a": words}, by=who, now=service.clock())
    console.print(f"campaign {campaign_id} is a draft with the new words")


@app.command("correct")
def correct(
    campaign_id: Id,
    by: By,
    text_file: TextFile,
    lang: Lang = "zh",
) -> None:
    """Stop it at once and draft its correction, for everybody it was meant for; print the id."""
    with _acting(campaign_id, by) as (service, db, campaign, who):
        words, _ = read_words(text_file, lang)
        first = service.region.languages[0]
        title = texts.say("campaign.correction", first, service.region, words=campaign.title)
        made = store.correct(db, campaign, {"a": words}, title=title, by=who, now=service.clock())
        console.print(str(made.id))
