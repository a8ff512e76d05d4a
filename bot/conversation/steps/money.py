"""Has money left? The most urgent thing to know: what is still there can still be kept."""

from __future__ import annotations

import re

from bot.conversation.steps.question import NO, YES, Question

QUESTION = Question(
    "money",
    ("no", "about", "yes"),
    {
        "about": re.compile(r"正(?:在|准备|要)|准备(?:转|付|打)|马上(?:转|付)|about to|going to"),
        "no": re.compile(
            NO
            + r"|(?:没|未|不)[^。]{0,4}(?:转|付|给|打|交)|(?:haven't|didn't|not) (?:paid|pay|sent|send)"
        ),
        "yes": re.compile(YES + r"|(?:转|付|给|打|交|充)了|\bpaid\b|\bsent\b|transferred"),
    },
)
