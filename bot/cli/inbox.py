"""`fanzha inbox`: updates that could not be taken in and were set aside."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from telegram import Bot, Update
from telegram.error import TelegramError

from actions.inbox import store
from bot import logs, settings, wiring
from bot.channels.telegram.intake import Intake, named
from bot.channels.telegram.update import CHANNEL
from bot.wiring import Service

app = typer.Typer(no_args_is_help=True)
_console = Console(highlight=False, soft_wrap=True)


@app.command("list")
def list_set_aside() -> None:
    """Show what was set aside: its number, when, how often it failed and why. No words."""
    with wiring.service(settings.load()) as service, service.sessions() as db:
        records = store.list_set_aside(db, channel=CHANNEL)
        table = Table("update", "set aside", "failures", "error")
        for each in records:
            at = each.set_aside_at and each.set_aside_at.astimezone(service.region.timezone)
            table.add_row(
                each.external_id, f"{at:%Y-%m-%d %H:%M:%S}", str(each.failures), each.error
            )
    if not records:
        _console.print("nothing is set aside")
        return
    _console.print(table)


@app.command("replay")
def replay(
    updates: Annotated[list[str] | None, typer.Argument(help="Which ones; all, if none.")] = None,
) -> None:
    """Take in again what was set aside, in its order; exit 1 when some fails again."""
    logs.configure(quiet=True)
    with wiring.service(settings.load()) as service:
        failed = asyncio.run(_replay(service, [_full(each) for each in updates or ()]))
    if failed:
        raise typer.Exit(1)


def _full(number: str) -> str:
    return number if number.startswith("update:") else f"update:{number}"


async def _replay(service: Service, wanted: list[str]) -> int:
    token = service.settings.telegram_token
    bot = Bot(
        token.get_secret_value() if token else "1:x",
        base_url=f"{service.settings.telegram_api}/bot",
    )
    try:
        await bot.initialize()  # what mentions the bot in a group is known by its name
    except TelegramError as error:
        _console.print(f"Telegram does not answer ({type(error).__name__}); try again later")
        return 1
    finally:
        await bot.shutdown()
    client, _ = wiring.nlu(service.settings)
    intake = Intake(bot, service.sessions, client, service.desk, service.clock)
    with service.sessions() as db:
        records = store.list_set_aside(db, channel=CHANNEL, external_ids=wanted)
        waiting = [(each.external_id, each.raw) for each in records]
    missing = set(wanted) - {external_id for external_id, _ in waiting}
    for external_id in sorted(missing):
        _console.print(f"{external_id} is not set aside")
    failed = len(missing)
    for external_id, raw in waiting:
        try:
            await intake.take(Update.de_json(dict(raw or {}), bot))
        except Exception as error:  # noqa: BLE001  it stays where it is, and the next is tried
            failed += 1
            _console.print(f"{external_id} failed again: {named(error)}")
            continue
        with service.sessions.begin() as db:
            store.clear(db, channel=CHANNEL, external_id=external_id)
        _console.print(f"{external_id} is taken in")
    await client.aclose()
    if not waiting and not missing:
        _console.print("nothing is set aside")
    return failed
