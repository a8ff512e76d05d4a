"""The command line: `fanzha`, one module a command; what goes wrong is one line."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from bot.cli import (
    assess,
    campaign_report,
    chat,
    db,
    demo,
    doctor,
    drill,
    evaluate,
    inbox,
    officers,
    outbox,
    run,
    train,
    warnings,
)
from bot.database import DatabaseAway, OldSchema
from bot.nlu.train import TrainingFailed
from bot.run import BadToken
from bot.settings import BadSettings
from bot.web import PortTaken

app = typer.Typer(
    name="fanzha",
    help="The public anti-fraud line of a city police, as a Telegram bot.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command("run")(run.run)
app.command("chat")(chat.chat)
app.command("assess")(assess.assess)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(officers.app, name="officers", help="Who may work cases and publish.")
app.add_typer(campaign_report.app, name="campaign", help="Tips and alerts: write and approve.")
app.add_typer(warnings.app, name="warnings", help="People at risk, and what came of it.")
app.add_typer(db.app, name="db", help="The database's schema.")
app.add_typer(inbox.app, name="inbox", help="Updates that could not be taken in.")
app.add_typer(outbox.app, name="outbox", help="How delivery is doing.")
app.command("doctor")(doctor.doctor)
app.command("drill")(drill.drill)
app.command("demo", hidden=True)(demo.demo)

# What an operator can mend: told in a line, with exit code 2, never as a traceback.
MENDABLE = (BadSettings, DatabaseAway, OldSchema, PortTaken, BadToken, TrainingFailed)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except MENDABLE as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(
            f"fanzha: {error}", markup=False
        )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
