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
        "call": re.compile(YES + r"|电话|通话|在聊|没挂|视频|phone|call|line|chat"),
    },
)
