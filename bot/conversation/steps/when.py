"""When did it leave? Within a day a bank can often still stop it. Or it has not left after all."""

from __future__ import annotations

import re

from bot.conversation.steps.question import NO, NOT_GONE, Question

NOT_YET = "not"
QUESTION = Question(
    "when",
    ("today", "earlier", NOT_YET),
    {
        NOT_YET: re.compile(f"{NO}|{NOT_GONE}|hasn't gone"),
        "earlier": re.compile(
            r"昨|前天|上(?:周|个|星期|月)|天前|月|年|早就|更早|(?<!小时)(?<!分钟)(?<!钟头)(?:以前|之前)|yesterday|\blast\b(?! (?:\d+ |few )?(?:hour|minute))|days? ago|longer ago|week|month|year"
        ),
        "today": re.compile(
            r"^.{0,3}刚(?!好)|刚(?:刚|才)|今(?:天|早|晚|日|儿)|24 小时|(?:分钟|小时|钟头)(?:前|以前|之前|以内|之内|内|左右)|^.{0,3}[\d半一二两三四五六七八九十几来多个]{1,5}(?:分钟|小时|钟头)\W*$"
            r"|上午|下午|早上|中午|晚上|\bjust (?:now|did|sent|paid)\b|^just\b.{0,8}$|\btoday\b|this (?:morning|afternoon|evening)|tonight"
            r"|(?:hours?|minutes?|mins?) ago|^.{0,20}(?:hours?|minutes?|mins?)\W*$|^(?:right )?now\W*$"
        ),
    },
)
