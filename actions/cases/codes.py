"""Case codes such as C-7K3M9: short enough to say aloud, no letters that look alike."""

from __future__ import annotations

import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U
PATTERN = re.compile(rf"C-[{ALPHABET}]{{5}}")


def new_code() -> str:
    """Return a random code; the table's unique key decides whether it is free (24 million are)."""
    return "C-" + "".join(secrets.choice(ALPHABET) for _ in range(5))


MESSAGE = re.compile(rf"M-[{ALPHABET}]{{6}}")


def new_message_code() -> str:
    """Return a random code for a message to a citizen, by which `/verify` knows it."""
    return "M-" + "".join(secrets.choice(ALPHABET) for _ in range(6))
