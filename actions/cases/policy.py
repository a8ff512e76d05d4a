"""Who is alerted, after how long, then whom. Pure; a region's pack holds the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Whom(StrEnum):
    DESK = "desk"  # the dispatch chat
    ON_DUTY = "on_duty"  # the officers on duty in the case's district, each directly
    SUPERVISORS = "supervisors"  # each directly, on duty or not
    WEBHOOK = "webhook"  # the city's own telephony or dispatch system


@dataclass(frozen=True, slots=True)
class Step:
    """What happens when nobody has claimed a case for this long."""

    after: timedelta
    whom: frozenset[Whom]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a case is kept from being left alone."""

    steps: tuple[Step, ...]  # the first is at once: the card in the dispatch chat
    repeat: timedelta  # after the last step, it is taken again and again
    silent_after: timedelta  # a claimed case whose owner does nothing for this long
    offer_after: timedelta  # and does not answer for this long is offered to everybody again
    longest_snooze: timedelta

    def step(self, fired: int) -> Step:
        """Return the step to take when the alert has gone off this often before."""
        return self.steps[min(fired, len(self.steps) - 1)]

    def wait(self, fired: int) -> timedelta:
        """Return how long after `since` the step comes that follows this many."""
        last = len(self.steps) - 1
        if fired <= last:
            return self.steps[fired].after
        return self.steps[last].after + self.repeat * (fired - last)

    def late(self, fired: int) -> timedelta:
        """Return how long after a late tick the step comes whose own time has passed."""
        return self.repeat if fired >= len(self.steps) else timedelta(seconds=1)


def _seconds(value: object) -> timedelta:
    return timedelta(seconds=float(str(value)))


def read(pack: Mapping[str, object]) -> Policy:
    """Return the policy that a region's pack describes, or say what is wrong with it."""
    rows = pack["unclaimed"]
    assert isinstance(rows, Sequence)  # noqa: S101  a list of steps in the pack
    steps = tuple(
        Step(_seconds(row["after"]), frozenset(Whom(whom) for whom in row["alert"]))
        for row in rows
    )
    times = [step.after for step in steps]
    if not steps or times != sorted(times) or times[0]:
        raise ValueError("escalation.unclaimed: the steps begin at 0 and come in order")
    return Policy(
        steps,
        repeat=_seconds(pack["repeat"]),
        silent_after=_seconds(pack["silent_after"]),
        offer_after=_seconds(pack["offer_after"]),
        longest_snooze=_seconds(pack["longest_snooze"]),
    )


USUAL = Policy(
    (
        Step(timedelta(), frozenset({Whom.DESK})),
        Step(timedelta(seconds=60), frozenset({Whom.DESK, Whom.ON_DUTY})),
        Step(timedelta(seconds=120), frozenset({Whom.DESK, Whom.ON_DUTY})),
        Step(
            timedelta(seconds=180),
            frozenset({Whom.DESK, Whom.ON_DUTY, Whom.SUPERVISORS, Whom.WEBHOOK}),
        ),
    ),
    repeat=timedelta(seconds=60),
    silent_after=timedelta(minutes=10),
    offer_after=timedelta(minutes=2),
    longest_snooze=timedelta(hours=4),
)
