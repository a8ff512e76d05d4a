"""`fanzha officers`: who may work cases and publish."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from actions.audit import store as audit
from actions.officers import store
from actions.officers.models import Role
from bot import settings, wiring

app = typer.Typer(no_args_is_help=True)
TelegramId = Annotated[
    int,
    typer.Option("--telegram-id", min=1, max=2**52, help="The officer's Telegram user id."),
]
_console = Console(highlight=False, soft_wrap=True)


@app.command("add")
def add(
    telegram_id: TelegramId,
    name: Annotated[str, typer.Option(help="The name citizens and colleagues see.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    district: Annotated[str | None, typer.Option(help="A district of the region.")] = None,
) -> None:
    """Put an officer on the list, or bring their entry up to date."""
    with wiring.service(settings.load()) as service:
        known = service.region.districts
        if district is not None and district not in known:
            raise typer.BadParameter(f"no district {district!r}; there are {', '.join(known)}")
        if not name.strip():
            raise typer.BadParameter("the name is empty")
        with service.sessions.begin() as db:
            officer = store.add(
                db, telegram_id=telegram_id, name=name.strip(), roles=role, district=district
            )
            db.flush()  # the audit entry needs officer.id
            audit.record(
                db,
                "officer.added",
                actor="operator",
                now=service.clock(),
                officer=officer.id,
                roles=officer.roles,
            )
    _console.print(f"{name} ({telegram_id}) is on the list: {', '.join(role)}", markup=False)


@app.command("list")
def list_officers() -> None:
    """Show every officer on the list."""
    with wiring.service(settings.load()) as service, service.sessions() as db:
        table = Table("telegram id", "name", "roles", "district")
        for officer in store.list_serving(db):
            table.add_row(
                str(officer.telegram_id),
                officer.name,
                ", ".join(officer.roles),
                officer.district or "",
            )
    _console.print(table)


@app.command("remove")
def remove(telegram_id: TelegramId) -> None:
    """Take an officer off the list; their past stays in the audit log."""
    with wiring.service(settings.load()) as service, service.sessions.begin() as db:
        now = service.clock()
        removed = store.remove(db, telegram_id=telegram_id, now=now)
        if removed:
            audit.record(db, "officer.removed", actor="operator", now=now, telegram_id=telegram_id)
    if not removed:
        _console.print(f"no officer with Telegram id {telegram_id} is on the list")
        raise typer.Exit(1)
    _console.print(f"{telegram_id} is off the list")
