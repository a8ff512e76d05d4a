"""`fanzha db`: the schema."""

from __future__ import annotations

import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError

from bot import database, settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _db() -> None:
    """Keep `upgrade` a command of its own."""


@app.command("upgrade")
def upgrade() -> None:
    """Bring the database's schema up to this version."""
    with database.running(settings.load()) as url:
        engine = database.engine(url)
        try:
            database.upgrade(engine)
        except OperationalError:
            database.check(engine, url)
            raise
        finally:
            engine.dispose()
    Console(highlight=False).print("the schema is up to date")
