"""What a sending worker knows that it holds; what stands under its name beside that goes back.

A claim may have been stored though its answer was lost on the way, and a message may have been
left alone because the lease had run out: nobody else takes these over while the worker lives.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from actions.outbox import leases
from actions.outbox.claim import Claimed
from bot.database import Sessions

Attempt = tuple[int, int]  # a message and the number of the attempt


class Held:
    """Attempts that were claimed and are not settled; may be used from any thread."""

    def __init__(self) -> None:
        self._known: set[Attempt] = set()
        self._unsure = False
        self._claiming = threading.Lock()

    @contextmanager
    def claiming(self) -> Iterator[list[Claimed]]:
        """Hold what is put into the list, once the claim is known to be stored."""
        claimed: list[Claimed] = []
        heard = False
        with self._claiming:
            try:
                yield claimed
                heard = True
            finally:
                if not heard:
                    self._unsure = True  # it may have been stored all the same
            self._known.update((each.id, each.attempts) for each in claimed)

    def settled(self, attempts: Iterable[Attempt]) -> None:
        """These have come to their end."""
        self._known.difference_update(attempts)

    def leave(self, attempt: Attempt) -> None:
        """This one will not be tried."""
        self._known.discard(attempt)
        self._unsure = True

    def put_back(self, sessions: Sessions, *, holder: str) -> int:
        """Put back what is not held, if there may be any; return how many messages."""
        if not self._unsure or not self._claiming.acquire(blocking=False):
            return 0
        looked = self._unsure = False  # before looking: what is left meanwhile is looked for again
        try:
            with sessions.begin() as db:
                leases.begin(db)
                back = leases.put_back(db, known=list(self._known), holder=holder)
            looked = True
        finally:
            if not looked:
                self._unsure = True
            self._claiming.release()
        return back
