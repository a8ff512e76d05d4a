"""Encrypt what must not be read from the database alone: AES-256-GCM under one key.

What a value is bound to ("table:column") is authenticated with it: one moved to another column
does not open.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_LENGTH = 32
_NONCE = 12


class CannotOpen(Exception):
    """Sealed with another key, for another place, or damaged."""


class Vault:
    """Seals and opens short texts."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, text: str, *, at: str) -> bytes:
        """Return the text encrypted for this place, such as "stop_payment:account"."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), at.encode())

    def open(self, sealed: bytes, *, at: str) -> str:
        """Return what was sealed for this place, or raise CannotOpen."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], at.encode()).decode()
        except (InvalidTag, ValueError):
            raise CannotOpen from None


def new_key() -> bytes:
    """Return a fresh random key."""
    return os.urandom(KEY_LENGTH)
