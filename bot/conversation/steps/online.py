"""Are they on the line, or on the citizen's screen? Then the first step is to cut that off."""

from __future__ import annotations

import re

from bot.conversation.steps.question import NO, YES, Question

QUESTION = Question(
    "online",
    ("call", "screen", "no"),
    {
        "screen": re.compile(r"屏幕|共享|远程|会议|screen|remote|anydesk|teamviewer"),
        "no": re.compile(NO + r"|挂了|断了|没(?:有)?(?:联系|通话)|hung up|ended"),
        "call": re.compile(
            YES
            + r"|还在|没挂|在(?:打|通|聊|视频|线上|电话)|通话|^.{0,3}(?:电话|聊天|视频)(?:里|中|上|着)?\W*$"
            r"|\bstill\b|\bon (?:the|a) (?:phone|line|call)|\b(?:chatting|talking)\b|^(?:phone|call|chat)\W*$"
        ),
    },
)
