"""`fanzha doctor`: what is wrong, and how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

import typer
from rich.console import Console
from telegram import Bot, Chat, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from actions.officers import store as officers
from actions.officers.models import DESK, Officer
from bot import clock, database, logs, settings, wiring
from bot.channels.telegram.webhook import PATH
from bot.cli import nlu
from bot.nlu import train as training
from bot.nlu.client import PROBE
from bot.settings import PREFIX, Settings

Finding = tuple[bool, str]
LATELY = timedelta(hours=1)  # an older failure of the webhook has most likely been mended
_NO_CHAT = f"dispatch: console only ({PREFIX}DISPATCH_CHAT_ID is not set)"


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
    for name, meant in settings.unknown().items():
        yield False, f"settings: {name} is none" + (f"; did you mean {meant}?" if meant else "")
    yield True, f"settings: region {chosen.region}, home {chosen.home}"
    yield from _database(chosen)
    yield from _nlu(chosen)
    yield from asyncio.run(_telegram(chosen))


def _database(chosen: Settings) -> Iterator[Finding]:
    try:
        with wiring.service(chosen) as service, service.sessions() as db:
            yield True, "database: there, and its schema is ours"
            if chosen.telegram_token is not None:
                yield from _officers(officers.list_serving(db))
    except (database.DatabaseAway, database.OldSchema) as error:
        yield False, f"database: {error}"


def _officers(serving: Sequence[Officer]) -> Iterator[Finding]:
    if not serving:
        yield False, "officers: nobody is on the list; `fanzha officers add` puts them there"
    elif not any(each.may(DESK) for each in serving):
        yield False, "officers: nobody on the list may take a case; add a dispatcher"


def _nlu(chosen: Settings) -> Iterator[Finding]:
    if chosen.nlu_url == "off":
        yield True, f"NLU: off by {PREFIX}NLU_URL, rules answer"
        return
    if chosen.nlu_url is None and training.is_stale(chosen.home):
        yield False, "NLU: the model is missing or out of date; run `fanzha train`"
        return
    if asyncio.run(_nlu_answers(chosen)):
        yield True, f"NLU: {chosen.nlu_url or 'its own Rasa server'} answers"
    elif chosen.nlu_url is None:
        yield False, "NLU: its own Rasa server does not answer; `make setup` makes it anew"
    else:
        yield False, f"NLU: {chosen.nlu_url} does not answer; start it, or unset {PREFIX}NLU_URL"


async def _nlu_answers(chosen: Settings) -> bool:
    async with nlu.ready(chosen, Console(stderr=True)) as client:
        return await client.parse(PROBE) is not None


async def _telegram(chosen: Settings) -> list[Finding]:
    """Ask Telegram for the bot and for the officers' chat."""
    if chosen.telegram_token is None:
        off = f"Telegram: off ({PREFIX}TELEGRAM_TOKEN is not set)"
        if chosen.dispatch_chat_id is None:
            return [(True, off), (True, _NO_CHAT)]
        useless = f"dispatch: {PREFIX}DISPATCH_CHAT_ID does nothing without {PREFIX}TELEGRAM_TOKEN"
        return [(True, off), (False, useless)]
    bot = Bot(chosen.telegram_token.get_secret_value(), base_url=f"{chosen.telegram_api}/bot")
    try:
        async with bot:
            found = [(True, f"Telegram: @{bot.username} answers")]
            if chosen.telegram_webhook_url is not None:
                found += await _webhook(bot, str(chosen.telegram_webhook_url))
            return [*found, await _dispatch(bot, chosen.dispatch_chat_id)]
    except InvalidToken:
        said = f"Telegram: {PREFIX}TELEGRAM_TOKEN is not known; @BotFather shows it"
    except TelegramError as error:
        said = (
            f"Telegram: {chosen.telegram_api} is away ({type(error).__name__}); check this "
            f"machine's way there, or set {PREFIX}TELEGRAM_API"
        )
    return [(False, said)]


async def _webhook(bot: Bot, url: str) -> list[Finding]:
    """Tell how Telegram fares with our address; it keeps its last failure for us."""
    try:
        known = await bot.get_webhook_info()
    except TelegramError:  # a Bot API server that does not know the method
        return []
    failed_at = known.last_error_date
    if known.url != url:
        return [(True, "webhook: not set yet; `fanzha run` sets it")]
    if known.pending_update_count and failed_at and clock.now() - failed_at < LATELY:
        said = (
            f"webhook: Telegram could not post to {url} ({known.last_error_message}); it must "
            f"reach {PREFIX}TELEGRAM_LISTEN, path {PATH}, while `fanzha run` is up"
        )
        return [(False, said)]
    return [(True, f"webhook: Telegram posts to {url}")]


async def _dispatch(bot: Bot, chat_id: int | None) -> Finding:
    if chat_id is None:
        return True, _NO_CHAT + await _groups(bot)
    try:
        chat = await bot.get_chat(chat_id)
    except (BadRequest, Forbidden):
        return False, (
            f"dispatch: the bot is in no chat {chat_id}; add it to the officers' group, or "
            f"correct {PREFIX}DISPATCH_CHAT_ID" + await _groups(bot)
        )
    if chat.type == Chat.PRIVATE:
        return False, (
            f"dispatch: {chat_id} is one person's chat; set {PREFIX}DISPATCH_CHAT_ID to a group"
        )
    return True, f"dispatch: “{chat.title or chat_id}” ({chat_id})"


async def _groups(bot: Bot) -> str:
    """Name the groups that wait to be heard, so that nobody has to look for an id elsewhere.

    Asked without an offset, Telegram keeps the updates for `fanzha run`.
    """
    try:
        waiting = await bot.get_updates(timeout=0)
    except TelegramError:  # a webhook, or a service that is asking already
        return ""
    chats = {each.id: each.title for each in map(_group, waiting) if each}
    return "".join(f"; the bot is in “{title}”: {id_}" for id_, title in chats.items())


def _group(update: Update) -> Chat | None:
    chat = update.effective_chat
    return chat if chat and chat.type in (Chat.GROUP, Chat.SUPERGROUP) else None
