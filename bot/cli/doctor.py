"""`fanzha doctor`: what is wrong, and how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import typer
from rich.console import Console
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot import database, logs, settings, wiring
from bot.cli import nlu
from bot.nlu import train as training
from bot.settings import PREFIX, Settings

Finding = tuple[bool, str]


def doctor() -> None:
    """Check settings, database, NLU and Telegram; exit 1 when something needs mending."""
    logs.configure(quiet=True)
    console = Console(highlight=False, soft_wrap=True)
    found = list(_check())
    for fine, said in found:
        console.print(f"{'✓' if fine else '✗'} {said}", markup=False)
    if not all(fine for fine, _ in found):
        raise typer.Exit(1)


def _check() -> Iterator[Finding]:
    try:
        chosen = settings.load()
    except settings.BadSettings as error:
        yield from ((False, f"settings: {line}") for line in str(error).splitlines())
        return
    yield True, f"settings: region {chosen.region}, home {chosen.home}"
    yield _database(chosen)
    yield from _nlu(chosen)
    yield asyncio.run(_telegram(chosen))
    if chosen.dispatch_chat_id is None:
        yield True, f"dispatch: console only ({PREFIX}DISPATCH_CHAT_ID is not set)"


def _database(chosen: Settings) -> Finding:
    try:
        with wiring.service(chosen):
            return True, "database: there, and its schema is ours"
    except (database.DatabaseAway, database.OldSchema) as error:
        return False, f"database: {error}"


def _nlu(chosen: Settings) -> Iterator[Finding]:
    if chosen.nlu_url == "off":
        yield True, f"NLU: off by {PREFIX}NLU_URL, rules answer"
        return
    if chosen.nlu_url is None and training.is_stale(chosen.home):
        yield False, "NLU: the model is missing or out of date; run `fanzha train`"
        return
    answers = asyncio.run(_nlu_answers(chosen))
    where = chosen.nlu_url or "its own Rasa server"
    yield answers, f"NLU: {where} {'answers' if answers else 'does not answer'}"


async def _nlu_answers(chosen: Settings) -> bool:
    async with nlu.ready(chosen, Console(stderr=True)) as client:
        return await client.parse("你好") is not None


async def _telegram(chosen: Settings) -> Finding:
    if chosen.telegram_token is None:
        return True, f"Telegram: off ({PREFIX}TELEGRAM_TOKEN is not set)"
    token = chosen.telegram_token.get_secret_value()
    bot = Bot(token, base_url=f"{chosen.telegram_api}/bot")
    try:
        async with bot:
            return True, f"Telegram: @{bot.username} answers"
    except InvalidToken:
        return False, f"Telegram: {PREFIX}TELEGRAM_TOKEN is not known; @BotFather shows it"
    except TelegramError as error:
        return False, f"Telegram: {chosen.telegram_api} is away ({type(error).__name__})"
