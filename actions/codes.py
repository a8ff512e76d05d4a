"""Codes that are said aloud, of letters that do not look alike.

Cases have C-7K3M9, messages to citizens M-4K8QWZ, officers the badge P-2B4CD.
"""

from __future__ import annotations

import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U
CASE = re.compile(rf"C-[{ALPHABET}]{{5}}")
MESSAGE = re.compile(rf"M-[{ALPHABET}]{{6}}")
BADGE = re.compile(r"P-[0-9A-Z]{4,6}")


def new_case() -> str:
    """Return a random code; the table's unique key decides whether it is free (24 million are)."""
    return _draw("C", 5)


def new_message() -> str:
    """Return a random code for a message to a citizen, by which `/verify` knows it."""
    return _draw("M", 6)


def new_badge() -> str:
    """Return a random badge: what a citizen may ask us about, telling nothing else."""
    return _draw("P", 5)


def _draw(kind: str, length: int) -> str:
    return f"{kind}-" + "".join(secrets.choice(ALPHABET) for _ in range(length))
