"""`fanzha campaign`, the looking half: preview, list, stats, export, offers, lint."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from actions.campaigns import account, lint, rise, status, store
from actions.campaigns.models import Campaign
from actions.campaigns.status import Refusal
from bot import poster, regions, settings, texts, wiring
from bot.campaigns import report, risk, times, wording
from bot.campaigns.tips import CONTENT
from bot.cli.campaign import By, Id, Lang, app, console, find, officer, read_words, refusing
from bot.wiring import Service

__all__ = ["app"]


@app.command("preview")
def preview(
    campaign_id: Id,
    posters: Annotated[
        Path | None,
        typer.Option(help="The folder for its pictures; posters/ in FANZHA_HOME is usual."),
    ] = None,
) -> None:
    """Show how many it would reach now, a sample of them, and the message as it will read."""
    with wiring.service(settings.load()) as service, refusing(), service.sessions() as db:
        campaign = find(db, campaign_id)
        _preview(service, db, campaign, posters or service.settings.home / "posters")


def _preview(service: Service, db: Session, campaign: Campaign, folder: Path) -> None:
    number, sample = store.sample_audience(db, campaign, at=service.clock())
    say = console.print
    say(f"campaign {campaign.id} · {campaign.title} · {campaign.status}", markup=False)
    say(f"content: {status.content_hash(campaign)}", markup=False)
    say(f"when: {_when(service, campaign)}", markup=False)
    say(f"audience: {number}  {json.dumps(campaign.audience, ensure_ascii=False)}", markup=False)
    if campaign.control:
        say(f"of them kept as a control group: {campaign.control:.0%}", markup=False)
    for each in sample:
        shown = " · ".join(part or "—" for part in (each.district, each.age, each.language))
        say(f"  for example: {shown}", markup=False)
    said = wording.wording(campaign, service.region, occurrence_id=0)
    for key, body in sorted(said.bodies.items()):
        variant, language, side = key.split(":")
        say(f"\n--- {variant} · {language}{' · ' + side if side else ''} ---", markup=False)
        if isinstance(told := body.get("poster"), dict):
            file = folder / f"campaign-{campaign.id}-{variant}-{language}.png"
            _keep(file, poster.draw(poster.from_json(told)))
        say(str(body["text"]), markup=False)
        for row in body.get("buttons", ()):  # type: ignore[attr-defined]
            say(f"  [{row[0]['label']}]", markup=False)


def _keep(file: Path, picture: bytes) -> None:
    """Write a picture and say where."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture)
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}") from None
    console.print(f"[poster: {file}]", markup=False)


@app.command("poster")
def draw(
    piece: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Words, or a piece of content/.")
    ],
    out: Annotated[Path, typer.Option(help="The folder for the pictures.")] = Path(),
    lang: Lang = "zh",
) -> None:
    """Draw the poster of a text or piece, in every language it has."""
    region = regions.load(settings.load().region)
    with refusing():
        words, found = read_words(piece, lang)
        about = wording.About(found.kind, found.type) if found else wording.About()
        try:
            drawn = wording.with_posters({"a": words}, region, about)
        except poster.TooLong as error:
            raise Refusal(str(error)) from None
        for language, parts in drawn["a"].items():
            made = wording.poster_of(parts, language, region, about)
            if made is not None:
                _keep(out / f"{piece.stem}-{language}.png", poster.draw(made))


def _when(service: Service, campaign: Campaign) -> str:
    def local(moment: datetime) -> str:
        return moment.astimezone(service.region.timezone).strftime("%Y-%m-%d %H:%M %Z")

    if campaign.cron:
        coming = times.following(campaign.cron, service.clock(), service.region.timezone)
        return f"{campaign.cron}, next {local(coming)}" if coming else campaign.cron
    return local(campaign.at) if campaign.at else "as soon as it is approved"


@app.command("list")
def list_campaigns(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show every campaign, newest first."""
    with wiring.service(settings.load()) as service, service.sessions() as db:
        found = store.list_all(db)
        if as_json:
            typer.echo(json.dumps([_to_json(each) for each in found], ensure_ascii=False))
            return
        table = Table("id", "title", "status", "author", "when")
        for each in found:
            table.add_row(
                str(each.id), each.title, each.status, each.author.name, _when(service, each)
            )
        console.print(table)


def _to_json(campaign: Campaign) -> dict[str, object]:
    def iso(moment: datetime | None) -> str | None:
        return moment.isoformat() if moment else None

    return {
        "id": campaign.id,
        "title": campaign.title,
        "kind": campaign.kind,
        "status": campaign.status,
        "author": campaign.author.telegram_id,
        "audience": campaign.audience,
        "cron": campaign.cron,
        "at": iso(campaign.at),
        "next_at": iso(campaign.next_at),
        "expires_at": iso(campaign.expires_at),
        "content": status.content_hash(campaign),
        "corrects": campaign.corrects_id,
    }


@app.command("stats")
def stats(
    campaign_id: Id,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    effect: Annotated[
        bool, typer.Option("--effect", help="With why, opt-outs, reads and quiz answers.")
    ] = False,
) -> None:
    """Show what became of every recipient."""
    with wiring.service(settings.load()) as service, refusing(), service.sessions.begin() as db:
        campaign = find(db, campaign_id)
        counted = account.count(db, campaign)
        because = account.reasons(db, campaign)
        measured = report.measured(db, campaign)
    if as_json:
        more = {"reasons": because, **measured} if effect else {}
        typer.echo(json.dumps({**counted, **more}))
        return
    table = Table("", "recipients")
    for name, number in [*counted.items(), *((f"  {k}", v) for k, v in because.items())]:
        table.add_row(name, str(number))
    console.print(table)
    if effect:
        _show_effect(measured)


def _show_effect(measured: report.Measured) -> None:
    console.print(f"read, as far as known: {measured['read']}")
    console.print(f"opted out within a day: {measured['opt_outs']}")
    table = Table("answers", "cohort", "number", "d′", "false alarms")
    for name in ("quiz", "later"):
        for each in measured[name]:
            d, rate = each["sensitivity"], each["false_alarm_rate"]
            table.add_row(
                name,
                each["cohort"],
                str(each["answers"]),
                "—" if d is None else f"{d:.2f}",
                "—" if rate is None else f"{rate:.0%}",
            )
    console.print(table)


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(help="The CSV file.")] = Path("campaigns.csv"),
) -> None:
    """Write one line a campaign with everything that was counted, as CSV."""
    with wiring.service(settings.load()) as service, service.sessions.begin() as db:
        told = report.as_csv(db)
    out.write_text(told, "utf-8", newline="")
    console.print(f"written to {out}", markup=False)


@app.command("offers")
def offers() -> None:
    """Show districts and types whose reports rose, and for which nobody has drafted an alert."""
    with wiring.service(settings.load()) as service, service.sessions() as db:
        for each in rise.list_open(db):
            console.print(
                texts.say(
                    "rise.offer",
                    service.region.languages[0],
                    service.region,
                    **risk.facts(each, service.region, service.region.languages[0]),
                ),
                markup=False,
            )


@app.command("take")
def take(offer: Annotated[int, typer.Argument(help="As `offers` shows it.")], by: By) -> None:
    """Draft the alert that is offered; print the campaign's id."""
    with wiring.service(settings.load()) as service, refusing(), service.sessions.begin() as db:
        who = officer(db, by)
        made = risk.take(db, offer, service.region, by=who, now=service.clock())
        console.print(str(made.id))


@app.command("lint")
def check(
    folder: Annotated[Path, typer.Option(exists=True, file_okay=False)] = CONTENT,
) -> None:
    """Check every piece of content; exit 1 with a line for each complaint."""
    complaints = list(lint.lint(folder))
    for each in complaints:
        console.print(each, markup=False)
    if complaints:
        raise typer.Exit(1)
    console.print(f"{len(lint.pieces(folder))} pieces, nothing to mend")
