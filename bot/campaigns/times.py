"""When a campaign goes out, by APScheduler's cron over the region's wall clock.

Two traps of CronTrigger are kept out: it counts weekdays from Monday = 0, where cron's Monday
is 1; and where clocks go back it fires in both hours of the same name. So cron is asked over a
wall clock without a zone, and each wall time is one moment: the first of two of the same name,
and where clocks go forward, the moment the missing hour would have been.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LOOKS_BACK = timedelta(days=32)  # a monthly time that was missed is still found


class BadTime(Exception):
    """Says what is wrong with a time or a cron line."""


def parse_cron(line: str) -> CronTrigger:
    """Return the trigger of five cron fields, such as `0 9 * * 1` for Mondays at nine."""
    fields = line.split()
    if len(fields) != 5:
        raise BadTime(f"{line!r} is not five cron fields: minute hour day month weekday")
    minute, hour, day, month, weekday = fields
    try:
        return CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month,
            day_of_week=_weekdays(weekday),
            timezone=UTC,  # stands for the wall clock, whose zone comes in afterwards
        )
    except ValueError as error:
        raise BadTime(f"{line!r} is not a cron line: {error}") from None


def _weekdays(field: str) -> str:
    """Return the field as a list of names; numbers are cron's: 0 and 7 are Sunday."""
    if field == "*":
        return field
    chosen: set[int] = set()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
        low, high = _weekday(first), _weekday(last or first)
        if high < low or (dash and high == 0):
            high += 7  # sat-sun, 5-7
        if step and not (step.isdigit() and int(step)):
            raise BadTime(f"weekday step {step!r} is not a number")
        chosen.update(day % 7 for day in range(low, high + 1, int(step or 1)))
    return ",".join(DAYS[day] for day in sorted(chosen))


def _weekday(said: str) -> int:
    if said in DAYS:
        return DAYS.index(said)
    if said.isdigit() and int(said) <= 7:
        return int(said)
    raise BadTime(f"weekday {said!r}: 0 to 7, where 0 and 7 are Sunday, or {', '.join(DAYS)}")


def following(line: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first time after this moment, or None when there is none."""
    trigger = parse_cron(line)
    # Clocks that go back repeat wall times: begin two hours early, and go on until it is later.
    wall = after.astimezone(zone).replace(tzinfo=UTC) - timedelta(hours=2)
    while (found := trigger.get_next_fire_time(None, wall)) is not None:
        moment = to_moment(found, zone)
        if moment > after:
            return moment
        wall = found + timedelta(seconds=1)
    return None


def between(line: str, first: datetime, last: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the times after `first` up to `last`; of a long outage, those of its last days."""
    times = []
    moment = following(line, max(first, last - LOOKS_BACK), zone)
    while moment is not None and moment <= last:
        times.append(moment)
        moment = following(line, moment, zone)
    return times


def to_moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the one moment that a wall time stands for."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def parse_time(said: str, zone: ZoneInfo) -> datetime:
    """Return the moment of an ISO time; without an offset it is the region's wall clock."""
    try:
        when = datetime.fromisoformat(said)
        return when.astimezone(UTC) if when.tzinfo else to_moment(when, zone)
    except (ValueError, OverflowError):
        raise BadTime(f"{said!r} is not a time such as 2026-09-01T09:00") from None
