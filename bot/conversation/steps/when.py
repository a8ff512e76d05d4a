"""When did it leave? Within a day a bank can often still stop it."""

from __future__ import annotations

import re

from bot.conversation.steps.question import Question

QUESTION = Question(
    "when",
    ("today", "earlier"),
    {
        "earlier": re.compile(
            r"昨|前天|上(?:周|个|星期|月)|天前|月|年|早就|更早|以前|之前|yesterday|\blast\b(?! (?:\d+ |few )?(?:hour|minute))|days? ago|longer ago|week|month|year"
        ),
        "today": re.compile(
            r"刚|今|小时|分钟|上午|下午|早上|中午|晚上|just|today|hour|minute|this (?:morning|afternoon|evening)|tonight|now"
        ),
    },
)
