"""The one useful question when we cannot tell: what do they want done."""

from __future__ import annotations

import re

from bot.conversation.steps.question import NO, Question

QUESTION = Question(
    "unclear",
    ("pay", "code", "app", "nothing"),
    {
        "nothing": re.compile(NO + r"|(?:没|不)(?:有)?(?:要|让|叫)|nothing"),
        "code": re.compile(r"验证码|密码|卡号|身份证|code|password|card|details"),
        "app": re.compile(r"下载|安装|链接|扫码|app|install|link|scan"),
        "pay": re.compile(r"钱|转|付|充|交|汇|pay|money|transfer|deposit|fee"),
    },
)
