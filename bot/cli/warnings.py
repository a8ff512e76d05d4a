"""`fanzha warnings`: lists of people at risk, and what came of warning them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from actions.campaigns.status import Refusal
from actions.outbox import store as outbox
from actions.warnings import figures, importing, store
from actions.warnings.importing import BadList, Listed, NotAllowed
from actions.warnings.models import Outcome, Warning
from bot import settings, wiring
from bot.campaigns import risk
from bot.cli.campaign import REFUSED, By, complaints, console, officer, refusing

app = typer.Typer(no_args_is_help=True)
SHOWN = 50  # complaints; a file that is all wrong need not fill the screen


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE.csv")],
    by: By,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
) -> None:
    """Warn everybody on a list: telegram_id or phone_sha256, level, type, expires.

    A line that is not in order is named and left out, the others count; the exit code is 1 then.
    """
    with wiring.service(settings.load()) as service, refusing():
        with service.sessions() as db:
            try:
                importing.require(officer(db, by))
            except NotAllowed as refusal:
                raise Refusal(refusal.__doc__) from None
        try:
            listed = importing.read(
                file.read_bytes(), zone=service.region.timezone, now=service.clock()
            )
            for line, complaint in listed.complaints[:SHOWN]:
                complaints.print(f"line {line}: {complaint}", markup=False)
            if len(listed.complaints) > SHOWN:
                complaints.print(f"and {len(listed.complaints) - SHOWN} lines more")
            if dry_run:
                console.print(
                    f"{len(listed.rows)} lines are in order, {len(listed.complaints)} are not; "
                    "nothing was stored"
                )
            else:
                _store(service, listed, by)
        except BadList as error:
            complaints.print(f"fanzha: {file}: {error}", markup=False)
            raise typer.Exit(REFUSED) from None
    if listed.complaints:
        raise typer.Exit(1)


def _store(service: wiring.Service, listed: Listed, by: int) -> None:
    with service.sessions.begin() as db:
        done = importing.store(
            db,
            listed,
            by=officer(db, by),
            bodies=risk.bodies(service.region),
            home=str(service.region.timezone),
            now=service.clock(),
        )
        outbox.nudge(db)
    console.print(
        f"{done.warned} are warned, {done.unmatched} are not on this line and need a telephone "
        f"call, {done.already} were warned of the same before, {len(listed.complaints)} lines "
        "were left out"
    )


@app.command("close")
def close(
    warning_id: Annotated[int, typer.Argument(metavar="ID")],
    outcome: Annotated[Outcome, typer.Option(help="What came of it.")],
    by: By,
) -> None:
    """Record what an officer found out."""
    with wiring.service(settings.load()) as service, refusing(), service.sessions.begin() as db:
        who = officer(db, by)
        found = db.get(Warning, warning_id, with_for_update={"of": Warning})
        if found is None:
            raise Refusal(f"there is no warning {warning_id}")
        try:
            store.close(db, found, outcome, by=who, now=service.clock())
        except store.NotAllowed as refusal:
            raise Refusal(refusal.__doc__) from None
    console.print(f"warning {warning_id}: {outcome}")


@app.command("stats")
def stats(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show what became of all warnings, and how many people were dissuaded."""
    with wiring.service(settings.load()) as service, service.sessions.begin() as db:
        found = figures.stats(db)
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table("", "warnings")
    for name, value in found.items():
        if isinstance(value, dict):
            for key, number in value.items():
                shown = f"{number:.1%}" if isinstance(number, float) else str(number)
                table.add_row(f"{name}: {key}", shown if number is not None else "—")
        else:
            table.add_row(name, str(value))
    console.print(table)
