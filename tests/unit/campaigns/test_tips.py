"""The tip that fits: the scam they last met, then what they told us, then the day."""

from __future__ import annotations

from datetime import date

import pytest

from actions.campaigns.content import AGES, Kind, Piece, is_in_season
from actions.triage.judgement import ScamType
from bot.campaigns import tips
from bot.campaigns.tips import About, choose

DAY = date(2026, 9, 7)


def piece(name: str, **values: object) -> Piece:
    given = {"kind": Kind.TIP, "type": ScamType.LOAN, "source": "own", **values}
    return Piece(name=name, **given)  # type: ignore[arg-type]


def test_the_scam_they_last_met_comes_before_their_topics() -> None:
    for met in ScamType:
        chosen = choose(
            tips.shelf().values(), About(met=met, topics=frozenset({ScamType.LOAN})), day=DAY
        )

        assert getattr(chosen, "type", None) == met


def test_without_a_scam_met_their_topics_decide() -> None:
    chosen = choose(tips.shelf().values(), About(topics=frozenset({ScamType.ROMANCE})), day=DAY)

    assert getattr(chosen, "type", None) == ScamType.ROMANCE


@pytest.mark.parametrize("age", AGES)
def test_nobody_gets_what_is_for_another_age(age: str) -> None:
    shelf = list(tips.shelf().values())
    given = [choose(shelf, About(age=age), day=DAY, nth=n) for n in range(len(shelf))]

    assert all(age in each.audience.get("ages", [age]) for each in given if each)


def test_asking_again_gives_every_other_piece_before_one_comes_back() -> None:
    shelf = [piece("a"), piece("b"), piece("c")]

    given = [choose(shelf, About(), day=DAY, nth=n) for n in range(4)]

    assert {each.name for each in given[:3] if each} == {"a", "b", "c"}
    assert given[3] == given[0]


def test_another_day_begins_with_another_piece() -> None:
    shelf = list(tips.shelf().values())

    names = {
        getattr(choose(shelf, About(), day=date(2026, 9, day)), "name", "") for day in range(1, 15)
    }

    assert len(names) > 7


@pytest.mark.parametrize(
    "dates", [{"since": date(2026, 9, 8)}, {"until": date(2026, 9, 6)}, {"season": "12-20..02-20"}]
)
def test_a_piece_out_of_its_dates_is_never_given(dates: dict[str, object]) -> None:
    assert choose([piece("a", **dates)], About(), day=DAY) is None


def test_a_season_may_run_over_new_year() -> None:
    dates = {"season": "12-20..02-20"}

    inside = [is_in_season(dates, day) for day in (date(2026, 12, 20), date(2027, 2, 20))]

    assert inside == [True, True]
    assert not is_in_season(dates, date(2027, 2, 21))


def test_every_piece_fits_behind_a_button() -> None:
    longest = max(len(f"ask:quiz:{name}.scam_scam".encode()) for name in tips.shelf())

    assert longest <= 64
