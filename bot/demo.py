"""A scripted day at the line. Only the people are made up: every answer is the real code's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from actions.codes import CASE
from actions.officers import store as officers
from actions.officers.models import Role
from actions.outbox import store as outbox
from bot import presses
from bot.channels.terminal.chat import CHANNEL, TerminalChat
from bot.channels.terminal.sender import TerminalSender
from bot.nlu.client import NluClient
from bot.presses import Press
from bot.sender import OutboxWorker
from bot.wiring import Service

DESK = "duty-desk"
OFFICER = 990_001  # a Telegram id that only this demonstration knows


class Day:
    """Citizens at their terminals and an officer at the desk, all on one screen."""

    def __init__(self, service: Service, nlu: NluClient, console: Console) -> None:
        self._service, self._nlu, self._console = service, nlu, console
        self._desk = replace(service.desk, chat=DESK, channel=CHANNEL)
        self._chats: dict[str, TerminalChat] = {}
        self._case = ""
        sender = TerminalSender(self._show)
        self._worker = OutboxWorker(service.sessions, {CHANNEL: sender}, clock=service.clock)

    def hire(self, name: str) -> None:
        """Put the officer of the day on the list."""
        with self._service.sessions.begin() as db:
            officers.add(
                db, telegram_id=OFFICER, name=name, roles=[Role.DISPATCHER], district=None
            )

    def scene(self, title: str) -> None:
        """Begin a new scene."""
        self._console.print()
        self._console.print(Rule(title))

    async def says(self, name: str, *lines: str) -> None:
        """Let a citizen say or press something, and show what comes of it."""
        chat = self._chats.get(name)
        if chat is None:
            chat = TerminalChat(self._service, self._nlu, self._desk, self._console, name=name)
            self._chats[name] = chat
        for line in lines:
            self._console.print(Text(f"\n{name}：{line}", style="bold green"))
            await chat.say(line)
            await self._worker.run_once()

    async def officer(self, verb: str, outcome: str | None = None) -> None:
        """Let the officer press a button on the newest card."""
        press = Press(OFFICER, self._case, verb, outcome)

        def store() -> str:
            with self._service.sessions.begin() as db:
                said = presses.press(db, self._desk, press, now=self._service.clock())
                outbox.nudge(db)
                return said

        said = await asyncio.to_thread(store)
        pressed = f"{verb} {outcome or ''}".strip()
        self._console.print(Text(f"\n民警 [{pressed}] → {said}", style="bold magenta"))
        await self._worker.run_once()

    def _show(self, recipient: str, body: Mapping[str, object]) -> None:
        if recipient == DESK:
            text = str(body["text"])
            if found := CASE.search(text):
                self._case = found.group()
            edited = "（更新）" if "edits" in body else ""
            self._console.print(Text(f"\n值班台{edited}", style="bold red"))
            self._console.print(Text(text, style="dim"))
            return
        for chat in self._chats.values():
            if chat.address == recipient:
                chat.show(body)


async def play(service: Service, nlu: NluClient, console: Console) -> None:
    """Play the day to its end."""
    day = Day(service, nlu, console)
    day.hire("李卫东")

    day.scene("冒充公检法，正在发生 → 民警接手，止付")
    await day.says("陈女士", "/start")
    await day.says(
        "陈女士", "公安局的说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂，不让我告诉家里人"
    )
    await day.officer("claim")
    await day.says("陈女士", "已经转了", "24 小时以内", "好的我挂了，银行在查")
    await day.officer("close", "stopped")

    day.scene("刷单返利，前几天被骗")
    await day.says(
        "小周",
        "上个月刷单做任务，前几单返了佣金，后来垫了两万多提不出来，客服把我拉黑了",
        "更早以前",
    )

    day.scene("真的银行问题，不是诈骗")
    await day.says("王先生", "花呗这个月的账单可以分几期还")

    day.scene("拿不准的，交给人")
    await day.says(
        "刘爹爹", "有个人打电话来，讲了半天我也没听懂，要我明天去一趟", "都没有", "👮 找民警"
    )
    await day.officer("claim")
    await day.officer("close", "false_alarm")

    day.scene("An English speaker")
    await day.says(
        "Anna", "Someone from my bank texted me a link and now wants the code I just got", "no"
    )

    day.scene("一条防骗提醒")
    await day.says("王先生", "/tips")
    console.print()
    console.print(Rule("一天结束 / end of the day"))
