"""A stand-in for Telegram's Bot API on loopback, for tests that speak real HTTP.

Why not `lo-bot-api-emulator`: it checks requests but keeps no chat, answers edits, presses and
copies without looking, and has no faults, limits or parse_mode; a subclass would have replaced its
one handler, its validation and its queues, that is all of it. Side by side on two quiet cores it
answered 5,400 sendMessage a second at 182 µs of CPU each, and this one, which keeps every message
and call, 10,400 at 95 µs (busy: 3,800 and 8,200; `python -m tests.double.measure`).

    with BotApiDouble() as api:                      # a thread; BotApiProcess() is a process
        run_the_bot(api.url, api.token)
        citizen = api.citizen(1001)
        citizen.says("有人让我转账到安全账户")
        citizen.wait_for("不要转账")
"""

from tests.double.client import BotApi, Call
from tests.double.people import Citizen, Group, Message, NotHeard, Press
from tests.double.run import BotApiDouble, BotApiProcess, connect

__all__ = [
    "BotApi",
    "BotApiDouble",
    "BotApiProcess",
    "Call",
    "Citizen",
    "Group",
    "Message",
    "NotHeard",
    "Press",
    "connect",
]
