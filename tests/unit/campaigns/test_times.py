"""Cron on the wall clock of a region: weekdays, summer time, leap days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.campaigns.times import BadTime, between, following, parse_cron, parse_time

NEW_YORK = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(said: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        ("1", "Mon"), ("0", "Sun"), ("7", "Sun"), ("1-5", "Mon Tue Wed Thu Fri"),
        ("5-7", "Fri Sat Sun"), ("0-2", "Mon Tue Sun"), ("mon,thu", "Mon Thu"), ("6", "Sat"),
        ("sat-sun", "Sat Sun"),
    ],
)  # fmt: skip
def test_weekdays_are_crons_own(weekday: str, days: str) -> None:
    monday = at("2026-05-03T23:00", SHANGHAI)

    found = between(f"0 9 * * {weekday}", monday, monday + timedelta(days=7), SHANGHAI)

    assert " ".join(each.astimezone(SHANGHAI).strftime("%a") for each in found) == days


@pytest.mark.parametrize(
    ("line", "first", "days", "times"),
    [
        pytest.param(
            "30 2 * * *", "2026-03-07T12:00", 2,
            ["2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00"], id="an hour is missing",
        ),
        pytest.param(
            "30 1 * * *", "2026-10-31T12:00", 2,
            ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"], id="an hour comes twice",
        ),
        pytest.param(
            "0 9 29 2 *", "2026-01-01T00:00", 1000, ["2028-02-29T09:00:00-05:00"], id="leap day",
        ),
        pytest.param(
            "0 9 31 * *", "2026-03-31T12:00", 62, ["2026-05-31T09:00:00-04:00"], id="a 31st",
        ),
    ],
)  # fmt: skip
def test_a_wall_time_is_one_moment(line: str, first: str, days: int, times: list[str]) -> None:
    moment, found = at(first), []
    while (moment := following(line, moment, NEW_YORK)) and moment <= at(first) + timedelta(days):
        found.append(moment.astimezone(NEW_YORK).isoformat())

    assert found == times


@given(
    st.integers(0, 3 * 365 * 24 * 60).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(["30 1 * * *", "30 2 * * *", "0 9 * * 1", "*/15 * * * *", "0 0 29 2 *"]),
)
def test_the_next_time_is_later_and_the_one_after_it_later_still(
    after: datetime, line: str
) -> None:
    first = following(line, after, NEW_YORK)
    assert first
    second = following(line, first, NEW_YORK)

    assert second
    assert after.timestamp() < first.timestamp() < second.timestamp()


@pytest.mark.parametrize(
    "line",
    ["", "0 9 * *", "0 9 * * * *", "61 9 * * *", "0 25 * * *", "0 9 * * 8", "0 9 * * funday",
     "0 9 32 * *", "a b c d e", "0 9 * * 1/0"],
)  # fmt: skip
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(BadTime):
        parse_cron(line)


def test_a_time_without_an_offset_is_the_regions() -> None:
    assert parse_time("2026-09-01T09:00", SHANGHAI).isoformat() == "2026-09-01T01:00:00+00:00"
    assert parse_time("2026-09-01T09:00Z", SHANGHAI).isoformat() == "2026-09-01T09:00:00+00:00"
    with pytest.raises(BadTime):
        parse_time("tomorrow", SHANGHAI)
