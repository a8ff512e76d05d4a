"""`fanzha run`: the parts of the service in one process; any number may run side by side."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from socket import socket

import structlog
from starlette.applications import Starlette
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from actions.outbox import chats
from actions.outbox.pace import Pace
from bot import relay, schedule, texts, web, wiring
from bot.channels.sender import Sender
from bot.channels.telegram import polling, webhook
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.sender import TelegramSender
from bot.channels.webhook.sender import WebhookSender
from bot.console.app import application
from bot.console.live import Live
from bot.desk import Desk
from bot.drill import DrillSender
from bot.inbound import DRILL
from bot.nlu.client import NluClient
from bot.regions import Region
from bot.sender import IN_FLIGHT, OutboxWorker, listen
from bot.settings import PREFIX, Settings
from bot.wiring import Service

log = structlog.get_logger()

PARTS = ("telegram", "sender", "schedule", "console")
COMMANDS = (
    *("start", "help", "check", "tips", "person", "profile", "mydata", "guardian"),
    *("verify", "word", "quiet", "language", "stop", "forget"),
)


FIRST_GREETING = 5.0  # seconds to learn at the start whether the token is good
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before a part that died is begun again
STEADY_AFTER = 120.0  # seconds after which a part has not died of the same again


class BadToken(Exception):
    """Telegram does not know this token."""


async def run(service: Service, parts: frozenset[str], *, ready: Callable[[str], None]) -> None:
    """Run these parts until SIGTERM or SIGINT, then finish what is in flight."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        await _start(service, parts, stack, ready)
        await stop.wait()
        ready("stopping: finishing what is in flight")


async def beside(service: Service, nlu: NluClient, work: Awaitable[None]) -> None:
    """Do some work with the console and the schedule running beside it."""
    settings = service.settings
    live = Live(service)
    app = application(service, {"nlu": lambda: nlu.state}, live)
    tasks = Tasks()
    with web.bind(settings.console_listen, setting="CONSOLE_LISTEN") as listening:
        tasks.start("live", live.run)
        tasks.start("console", partial(_serve, app, listening))
        scheduler = schedule.start(service, nlu, service.desk)
        try:
            await work
        finally:
            scheduler.shutdown(wait=False)
            await tasks.cancel()


async def _start(
    service: Service,
    parts: frozenset[str],
    stack: AsyncExitStack,
    ready: Callable[[str], None],
) -> None:
    settings, desk = service.settings, await asyncio.to_thread(_desk, service)
    listening = {name: stack.enter_context(s) for name, s in _bind(settings, parts).items()}
    tasks = Tasks()
    stack.push_async_callback(tasks.cancel)
    states: dict[str, Callable[[], str]] = {}

    needs_nlu = parts & {"telegram", "schedule"}
    nlu, child = wiring.nlu(settings) if needs_nlu else (NluClient(None), None)
    stack.push_async_callback(nlu.aclose)
    states["nlu"] = lambda: nlu.state
    if child is not None:
        tasks.start("nlu", child.run)

    bot = await _bot(settings, stack) if settings.telegram_token else None
    if bot is None:
        ready(f"Telegram is off: {PREFIX}TELEGRAM_TOKEN is not set")
    if "sender" in parts:
        senders = _senders(service, bot, stack)
        paces = {"telegram": Pace(settings.telegram_rate)} if settings.telegram_rate else {}
        sending = Sending(
            lambda: OutboxWorker(
                service.sessions,
                senders,
                clock=service.clock,
                paces=paces if bot else {},
                afterwards=partial(relay.landed, desk),
            )
        )
        task = tasks.start("sender", sending.run, last=True)
        tasks.start("listen", lambda: listen(service.url, sending.wake))
        stack.push_async_callback(_finish, sending, task)
        states["sender"] = lambda: sending.worker.state
    if "telegram" in parts and bot is not None:
        intake = Intake(bot, service.sessions, nlu, desk, service.clock)
        task = tasks.start("telegram", partial(_take_in, bot, intake, settings, listening))
        states["telegram"] = lambda: "up" if tasks.is_up("telegram") else "down"
        stack.push_async_callback(_end, task)  # before the sender: it sends the last answers
    if "schedule" in parts:
        scheduler = schedule.start(service, nlu, desk)
        stack.callback(scheduler.shutdown, wait=False)
    if "console" in parts:
        live = Live(service)
        pictures = partial(_picture, bot) if bot else None
        app = application(service, states, live, pictures=pictures)
        tasks.start("live", live.run)
        tasks.start("console", partial(_serve, app, listening["console"]))
        ready(f"console on {settings.console_address}")
    ready(f"fanzha is running: {', '.join(part for part in PARTS if part in parts)}")


async def _picture(bot: Bot, file_id: str) -> bytes | None:
    """Fetch a picture that was sent on Telegram, for the console; None while it cannot be had."""
    try:
        sent = await bot.get_file(file_id)
        return bytes(await sent.download_as_bytearray())
    except TelegramError as error:
        log.warning("console.no_picture", error=error)
        return None


def _senders(service: Service, bot: Bot | None, stack: AsyncExitStack) -> Mapping[str, Sender]:
    settings = service.settings
    senders: dict[str, Sender] = {DRILL: DrillSender()}
    if bot is not None:
        senders["telegram"] = TelegramSender(bot, service.vault)
    if settings.webhook_url and settings.webhook_secret:
        secret = settings.webhook_secret.get_secret_value()
        posting = WebhookSender(settings.webhook_url, secret, service.vault, clock=service.clock)
        stack.push_async_callback(posting.aclose)
        senders["webhook"] = posting
    return senders


def _desk(service: Service) -> Desk:
    """The duty desk, followed to where its group has moved."""
    desk = service.desk
    if desk.chat is None:
        return desk
    with service.sessions() as db:
        return replace(desk, chat=chats.find_moved(db, channel=desk.channel, recipient=desk.chat))


def _bind(settings: Settings, parts: frozenset[str]) -> dict[str, socket]:
    listening = {}
    if "console" in parts:
        listening["console"] = web.bind(settings.console_listen, setting="CONSOLE_LISTEN")
    if "telegram" in parts and settings.telegram_token and settings.telegram_webhook_url:
        listening["telegram"] = web.bind(settings.telegram_listen, setting="TELEGRAM_LISTEN")
    return listening


async def _bot(settings: Settings, stack: AsyncExitStack) -> Bot:
    assert settings.telegram_token is not None  # noqa: S101  by the caller
    bot = Bot(
        settings.telegram_token.get_secret_value(),
        base_url=f"{settings.telegram_api}/bot",
        base_file_url=f"{settings.telegram_api}/file/bot",
        request=AiohttpRequest(connections=IN_FLIGHT, timeout=10),
        get_updates_request=AiohttpRequest(connections=2, timeout=10),
    )
    stack.push_async_callback(bot.shutdown)
    try:
        await asyncio.wait_for(bot.initialize(), FIRST_GREETING)
    except InvalidToken:
        raise BadToken(
            f"{PREFIX}TELEGRAM_TOKEN: Telegram does not know this token; "
            "@BotFather shows it under /mybots"
        ) from None
    except (TelegramError, TimeoutError) as error:  # it may come back: go on without it
        log.warning("telegram.away", error=error)
    return bot


async def _take_in(
    bot: Bot, intake: Intake, settings: Settings, listening: Mapping[str, socket]
) -> None:
    await polling.retrying(bot.initialize)  # nothing new if it has been greeted already
    await _offer_commands(bot, intake.desk.region)
    await learn_of_forum(bot, intake.desk)
    if settings.telegram_webhook_url is None:
        await polling.poll(bot, intake)
        return
    assert settings.telegram_webhook_secret is not None  # noqa: S101  by the settings
    secret = settings.telegram_webhook_secret.get_secret_value()
    app = webhook.application(intake, secret=secret)
    server = web.server(app)
    serving = asyncio.create_task(server.serve(sockets=[listening["telegram"].dup()]))
    try:
        await polling.retrying(
            lambda: bot.set_webhook(
                settings.telegram_webhook_url or "",
                secret_token=secret,
                allowed_updates=list(polling.ALLOWED),
            )
        )
        await asyncio.shield(serving)
    finally:  # what has begun is finished and answered
        server.should_exit = True
        await asyncio.wait([serving], timeout=7)


async def _offer_commands(bot: Bot, region: Region) -> None:
    """Put the commands into the clients' menus, in each language; a nicety that may fail."""
    try:
        for language in (None, *texts.LANGUAGES):
            shown = language or region.languages[0]
            await bot.set_my_commands(
                [(name, texts.say(f"commands.{name}", shown, region)) for name in COMMANDS],
                language_code=language,
            )
    except TelegramError as error:
        log.warning("telegram.no_menu", error=error)


async def learn_of_forum(bot: Bot, desk: Desk) -> None:
    """Learn whether the officers' chat keeps topics; if it cannot be learnt, it does not."""
    if desk.chat is None:
        return
    try:
        chat = await bot._post("getChat", {"chat_id": desk.chat})  # PTB asks for more than we do
    except TelegramError as error:
        log.warning("telegram.dispatch_chat_unknown", error=error)
        return
    desk.forum.on = isinstance(chat, dict) and chat.get("is_forum") is True


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=10)


async def _serve(app: Starlette, listening: socket) -> None:
    await web.server(app).serve(sockets=[listening.dup()])  # it closes what it is given


async def _finish(sending: Sending, task: asyncio.Task[None]) -> None:
    await sending.worker.stop()
    await asyncio.wait([task], timeout=15)


class Sending:
    """The sender of this process: in the place of one that has ended stands a new one."""

    def __init__(self, make: Callable[[], OutboxWorker]) -> None:
        self._make = make
        self.worker = make()

    async def run(self) -> None:
        """Send until the worker is stopped."""
        try:
            await self.worker.run()
        finally:
            self.worker = self._make()

    def wake(self) -> None:
        """Look for due messages at once."""
        self.worker.wake()


class Tasks:
    """What runs in the background. What dies of an error is said aloud, and begun again."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._up: set[str] = set()

    def is_up(self, name: str) -> bool:
        """Whether this one runs, and has not just died."""
        return name in self._up

    def start(
        self, name: str, work: Callable[[], Awaitable[None]], *, last: bool = False
    ) -> asyncio.Task[None]:
        """Run this until it ends by itself or is cancelled; by `cancel`, unless it goes `last`."""
        task = asyncio.create_task(self._keep(name, work))
        if not last:
            self._tasks.append(task)
        return task

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            self._up.add(name)
            try:
                return await work()
            except Exception as error:  # noqa: BLE001  whatever it was, citizens go on writing
                log.error("part.died", part=name, error=error)
            finally:
                self._up.discard(name)
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY_AFTER else pause
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def cancel(self) -> None:
        """End them all but those that go last."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
