"""The live queue: what waits, what is being worked on, what has just ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from actions.cases import search
from actions.cases.models import Case, Status
from actions.cases.search import Glance
from bot.console import view
from bot.console.asking import Ask, page
from bot.console.view import Nav

NAV = Nav("queue", "/")
LATE = timedelta(seconds=60)  # unclaimed for longer: the clock turns red
KEEP_CLOSED = timedelta(hours=2)
GROUPS = ("waiting", "working", "ended")


@dataclass(frozen=True, slots=True)
class Card:
    """One case in the queue."""

    case: Case
    glance: Glance
    urgent: bool
    mine: bool
    since: datetime  # what its clock counts from

    @property
    def mark(self) -> str:
        """Return what differs when the card must be drawn anew."""
        case, owner = self.case, self.case.owner
        return view.version(
            [case.status, case.cause, case.type, case.stage, case.amount, case.district],
            [case.outcome, case.discreet, case.drill, str(case.snoozed_until), str(self.since)],
            [owner.name if owner else "", self.glance.words, self.glance.unread, self.mine],
        )


def show(ask: Ask) -> Response:
    """Show the whole page."""
    return _answer(ask, "queue.html")


def parts(ask: Ask) -> Response:
    """Show what may have changed on it."""
    return _answer(ask, "queue_parts.html")


def alive(ask: Ask) -> Response:
    """Say that the session lasts, and how many cases wait."""
    waiting = search.count_waiting(ask.db, ask.officer)
    return Response(status_code=204, headers={"x-waiting": str(waiting)})


def _answer(ask: Ask, template: str) -> Response:
    late = int(LATE.total_seconds())
    return view.show(ask, template, here="queue", groups=cards(ask), late=late)


def cards(ask: Ask) -> dict[str, list[Card]]:
    """Return the cards of each group, the most pressing first."""
    cases = search.list_desk(ask.db, ask.officer, closed_since=ask.now - KEEP_CLOSED)
    glances = search.glances(ask.db, cases)
    made = [_card(ask, case, glances[case.id]) for case in cases]
    by_status = {
        status: [card for card in made if card.case.status == status] for status in Status
    }
    return {
        "waiting": sorted(by_status[Status.OPEN], key=lambda card: (not card.urgent, card.since)),
        "working": sorted(
            by_status[Status.CLAIMED],
            key=lambda card: (not card.mine, not card.glance.unread, card.since),
        ),
        "ended": sorted(by_status[Status.CLOSED], key=lambda card: card.since, reverse=True),
    }


def _card(ask: Ask, case: Case, glance: Glance) -> Card:
    mine = case.owner_id == ask.officer.id and case.status == Status.CLAIMED
    since = case.closed_at or case.claimed_at or case.opened_at
    return Card(case, glance, case.urgent, mine, since)


ROUTES = [
    page("/", show),
    page("/queue", parts),
    page("/alive", alive),
]
