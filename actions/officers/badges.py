"""Badge codes such as P-7K3M: what a citizen may ask us about, telling nothing else."""

from __future__ import annotations

import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U
PATTERN = re.compile(r"P-[0-9A-Z]{4,6}")


def new_badge() -> str:
    """Return a random badge; the table's unique key decides whether it is free."""
    return "P-" + "".join(secrets.choice(ALPHABET) for _ in range(5))
