"""Ask the NLU server what a text says; say None, quickly, when it is away.

The server answers `POST /model/parse {"text": …}` with Rasa's usual keys and ours:

    intent    {"name", "confidence"}: a scam type of DESIGN section 4, `none`, or an everyday
              intent (greet thanks help ask_tip person stop language is_it_you affirm deny forget)
    scam      calibrated probability that the text tells of, or is, a scam
    types     {type: p}: which type, given that it is one
    stage     {"live","loss","contacted","query","none": p}
    unclear   probability that nobody could tell from these words alone
    signals   {"asked_pay","on_line",…: p}: each on its own
    entities  [{"entity","value","start","end"}]: amount, time, organisation, platform,
              payment_channel

A parse has one second. After a few failures in a row the breaker opens: nothing is asked for a
while, then one call at a time probes whether the server is back. An answer of another shape is no
failure of that kind: it says something of one text, and nothing of the others. Words are never
logged.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import aiohttp
import structlog

from actions.triage.understanding import Entity, Understanding

log = structlog.get_logger(__name__)

BUDGET = 1.0
LONGEST_TEXT = 4096
PROBE = "你好"  # what a server that is there understands
FAILURES_TO_OPEN = 3
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
CONNECTIONS = 8

_SLASH = re.compile(r"\A[/\s]+")  # Rasa takes what follows for an intent that is spelled out

SILLY = (KeyError, TypeError, ValueError, AttributeError)
"""What reading an answer of another shape raises."""

State = Literal["up", "down", "off", "starting"]
Where = Callable[[], str | None]
Post = Callable[[str, Mapping[str, str]], Awaitable[Mapping[str, Any]]]
"""How a question reaches the server; what fails raises an OSError or one of SILLY."""


class NluClient:
    """One pooled connection to the server, wherever it is now, behind a circuit breaker.

    `where` is the base URL, None for "rules only", or a function that returns the URL of the
    moment and None while the server is still starting.
    """

    def __init__(
        self,
        where: str | Where | None,
        *,
        budget: float = BUDGET,
        clock: Callable[[], float] = time.monotonic,
        post: Post | None = None,
    ) -> None:
        self._where = where
        self._clock = clock
        self._post = post or self._over_http
        self._http: aiohttp.ClientSession | None = None
        self._budget = budget
        self._failures = 0
        self._closed_until = 0.0
        self._pause = FIRST_PAUSE
        self._probing = False
        self._answered = False
        self._last_url: str | None = None

    @property
    def state(self) -> State:
        """`off` (rules only), `starting`, `down` (away, or the breaker is open) or `up`."""
        if self._where is None:
            return "off"
        if self._url() is None:
            return "down" if self._answered else "starting"
        return "down" if self._failures >= FAILURES_TO_OPEN else "up"

    @property
    def worth_asking(self) -> bool:
        """Whether a parse would be sent now: the server is up, or it is time to probe it."""
        return self._url() is not None and self._may_ask()

    async def parse(self, text: str) -> Understanding | None:
        """Return what the text says, or None when the server is away: then rules answer."""
        url = self._url()
        if url is None or not self._may_ask():
            return None
        open_before = self._failures >= FAILURES_TO_OPEN
        self._probing = open_before
        try:
            answer = await self._ask(url, text)
        except (aiohttp.ClientError, OSError) as error:
            self._note_failure(error)
            return None
        except SILLY as error:
            log.warning("nlu_not_understood", error=type(error).__name__)
            return None
        finally:
            if open_before:
                self._probing = False
        self._note_answer()
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()

    async def _ask(self, url: str, text: str) -> Understanding:
        async with asyncio.timeout(self._budget):
            asked = {"text": bare(text)[:LONGEST_TEXT]}
            return understood(await self._post(f"{url}/model/parse", asked))

    async def _over_http(self, url: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        if self._http is None or self._http.closed:  # it belongs to the loop that uses it
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                raise_for_status=True,
            )
        async with self._http.post(url, json=asked) as reply:
            said: Mapping[str, Any] = await reply.json(content_type=None)
            return said

    def _url(self) -> str | None:
        url = self._where() if callable(self._where) else self._where
        if url != self._last_url:  # a new child: what the old one did says nothing about it
            self._last_url = url
            self._failures, self._closed_until, self._pause = 0, 0.0, FIRST_PAUSE
        return url

    def _may_ask(self) -> bool:
        if self._failures < FAILURES_TO_OPEN:
            return True
        return self._clock() >= self._closed_until and not self._probing

    def _note_failure(self, error: Exception) -> None:
        self._failures += 1
        if self._failures < FAILURES_TO_OPEN:
            return
        if self._failures == FAILURES_TO_OPEN:
            log.warning("nlu_away", error=type(error).__name__)
        self._closed_until = self._clock() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _note_answer(self) -> None:
        if self._failures >= FAILURES_TO_OPEN:
            log.info("nlu_back")
        self._failures, self._pause, self._answered = 0, FIRST_PAUSE, True


def bare(text: str) -> str:
    """Return a text as Rasa reads it for what it says; never nothing."""
    return _SLASH.sub("", text) or "?"


def understood(reply: Mapping[str, Any]) -> Understanding:
    """Read the server's answer; raise one of SILLY when it is not one."""
    return Understanding(
        intent=str(reply["intent"]["name"]),
        intent_confidence=float(reply["intent"]["confidence"]),
        scam=float(reply["scam"]),
        unclear=float(reply["unclear"]),
        types=_chances(reply["types"]),
        stage=_chances(reply["stage"]),
        signals=_chances(reply["signals"]),
        entities=tuple(
            Entity(str(each["entity"]), str(each["value"])) for each in reply["entities"]
        ),
    )


def _chances(given: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(p) for name, p in given.items()}
