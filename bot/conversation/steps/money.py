"""Has money left? The most urgent thing to know: what is still there can still be kept."""

from __future__ import annotations

import re

from actions.triage.rules import NO_CALL
from bot.conversation.steps.question import NO, NOT_GONE, YES, Question

QUESTION = Question(
    "money",
    ("no", "about", "yes"),
    {
        "about": re.compile(r"正(?:在|准备|要)|准备(?:转|付|打)|马上(?:转|付)|about to|going to"),
        "no": re.compile(f"{NO}|{NOT_GONE}"),
        "yes": re.compile(
            YES
            + r"|(?:转|付|给|交|充|汇|打"
            + NO_CALL
            + r")(?:了|过去了|出去了)|(?:钱|款)(?:已经|都)?(?:出去|没)了|\bpaid\b|\bsent\b|transferred"
        ),
    },
)
