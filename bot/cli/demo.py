"""`make demo`: a citizen chat with the console beside it, or a scripted day without a terminal."""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console
from rich.panel import Panel

from actions.officers import sign_in
from actions.officers import store as officers
from actions.officers.models import Role
from bot import logs, settings, wiring
from bot import run as service_run
from bot.channels.terminal.chat import converse
from bot.cli import nlu
from bot.demo import play
from bot.nlu import train as training
from bot.wiring import Service

BANNER = """\
[bold]反诈 fanzha[/] — 把可疑的事说给它听 / tell it what is happening to you

试试 / try:
  • 警察说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂
  • 做任务垫付了三单，说再垫一单就能提现
  • Someone says he is from my bank and wants the code I just got
  • /person   /tips   /language en   /forget

退出 / leave: Ctrl-D"""
DOOR = """
值班民警的控制台（10 分钟内、用一次有效）/ the duty officer's console (good once, for ten minutes):
{link}"""
OFFICER = 990_002  # a Telegram id that only this demonstration knows


def demo() -> None:
    """Show the main job, with the real code and the real model."""
    logs.configure(quiet=True)
    chosen = settings.load()
    console = Console(highlight=False, soft_wrap=True)
    training.train(chosen.home, progress=lambda line: console.print(line, markup=False))
    # A demonstration keeps its citizens apart from the city's.
    apart = chosen.model_copy(
        update={"home": chosen.home / "demo", "database_url": None, "telegram_token": None}
    )
    with wiring.service(apart) as service:

        async def show() -> None:
            async with nlu.ready(chosen, Console(stderr=True)) as client:
                if sys.stdin.isatty():
                    console.print(Panel(BANNER))
                    link = await asyncio.to_thread(_door, service)
                    console.print(DOOR.format(link=link), markup=False)
                    await service_run.beside(
                        service,
                        client,
                        converse(service, client, service.desk, console, interactive=True),
                    )
                else:
                    await play(service, client, console)

        asyncio.run(show())


def _door(service: Service) -> str:
    """Return a one-time link to the console: here no Telegram hands one out."""
    with service.sessions.begin() as db:
        officer = officers.add(
            db, telegram_id=OFFICER, name="李卫东", roles=[Role.ADMIN], district=None
        )
        db.flush()  # the token needs officer.id
        token = sign_in.issue(db, officer, now=service.clock())
    return service.desk.door(token)
