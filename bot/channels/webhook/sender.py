"""Post outbox messages to another system, signed (see `actions.signing`), until it takes them."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime

import httpx

from actions import signing
from actions.outbox.policy import Outcome, Refused, Sent, Unavailable
from actions.vault import CannotOpen, Vault
from bot.channels.sender import Envelope

TIMEOUT = 10.0  # seconds
BUSY = frozenset({408, 425, 429})


class WebhookSender:
    """A 2xx answer takes the message; other 4xx answers refuse it for good; the rest may later."""

    def __init__(
        self, url: str, secret: str, vault: Vault, *, clock: Callable[[], datetime]
    ) -> None:
        self._url, self._secret, self._vault, self._clock = url, secret, vault, clock
        self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def send(self, envelope: Envelope) -> Outcome:
        body = envelope.body
        try:
            content = (
                self._vault.open(b64decode(str(body["sealed"])), at="outbox_message:body")
                if "sealed" in body
                else str(body["content"])
            ).encode()
        except CannotOpen:
            return Refused("sealed with another key")
        now = await asyncio.to_thread(self._clock)  # which may ask the database
        headers = {
            "Content-Type": "application/json",
            "X-Fanzha-Event": str(body["event"]),
            "X-Fanzha-Delivery": str(body["delivery"]),
            signing.HEADER: signing.sign(self._secret, content, now=now),
        }
        try:
            answer = await self._client.post(self._url, content=content, headers=headers)
        except httpx.HTTPError as error:
            return Unavailable(type(error).__name__)
        if answer.is_success:
            return Sent()
        if answer.is_client_error and answer.status_code not in BUSY:
            return Refused(f"HTTP {answer.status_code}")
        return Unavailable(f"HTTP {answer.status_code}")
