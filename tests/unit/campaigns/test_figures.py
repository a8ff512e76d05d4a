"""The figures by which campaigns and warnings are measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.campaigns.quiz import Skill
from actions.campaigns.rise import at_least, weigh
from actions.warnings.figures import wilson


def test_who_calls_everything_a_scam_is_cautious_and_not_skilled() -> None:
    cautious = Skill("a", hits=50, scams=50, false_alarms=50, reals=50)
    skilled = Skill("b", hits=45, scams=50, false_alarms=5, reals=50)

    assert cautious.sensitivity == pytest.approx(0)
    assert cautious.false_alarm_rate == 1
    assert skilled.sensitivity == pytest.approx(2.5, abs=0.1)
    assert skilled.false_alarm_rate == pytest.approx(0.1)


def test_sensitivity_needs_answers_to_both_kinds() -> None:
    assert Skill("a", 3, 3, 0, 0).sensitivity is None
    assert Skill("a", 0, 0, 0, 0).false_alarm_rate is None


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (989, 1000, 0.9804, 0.9938), (1, 1, 0.2065, 1.0)],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-3)


def test_nothing_known_has_no_interval() -> None:
    assert wilson(0, 0) == (None, None)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share(hits: int, of: int) -> None:
    hits = min(hits, of)
    low, high = wilson(hits, of)

    assert low is not None
    assert high is not None
    assert 0 <= low <= hits / of + 1e-9
    assert hits / of - 1e-9 <= high <= 1


@pytest.mark.parametrize(
    ("weeks", "found"),
    [
        pytest.param([12, 2, 3, 1, 2], True, id="a clear rise"),
        pytest.param([5, 0, 0, 0, 0], True, id="a new kind"),
        pytest.param([4, 0, 0, 0, 0], False, id="too few people"),
        pytest.param([12, 10, 9, 11, 10], False, id="as usual"),
        pytest.param([9, 5, 5, 4, 5], False, id="less than twice"),
        pytest.param([0, 9, 9, 9, 9], False, id="a fall"),
    ],
)
def test_a_rise_is_told_from_chance(weeks: list[int], found: bool) -> None:
    assert (weigh("江岸", "loan", weeks) is not None) is found


def test_the_chance_is_poissons() -> None:
    assert at_least(0, 2.0) == 1
    assert at_least(1, 2.0) == pytest.approx(0.8647, abs=1e-4)
    assert at_least(6, 2.0) == pytest.approx(0.0166, abs=1e-4)
