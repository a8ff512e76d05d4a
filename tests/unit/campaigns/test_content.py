"""The lint of content says what is wrong, and takes what is right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from actions.campaigns import content
from actions.campaigns.lint import lint, load

FOLDER = Path(content.__file__).parents[2] / "content"
TIP = (FOLDER / "tips/loan-fee-before-payout.md").read_text("utf-8")


def test_all_our_content_is_in_order() -> None:
    assert list(lint(FOLDER)) == []
    assert all(piece.has_pair for piece in load(FOLDER).values() if piece.kind in ("tip", "quiz"))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("kind: tip", "kind: poem", "kind is 'poem'"),
        ("type: loan", "type: theft", "type is 'theft'"),
        ("type: loan\n", "", "type is missing"),
        ("source: own\n", "", "source is missing"),
        ("ages: [young, middle]", "ages: [old]", "no 'old'"),
        ("ages: [young, middle]", "shoes: [42]", "no 'shoes'"),
        ("poster: true", "poster: maybe", "poster is true or false"),
        ("poster: true", "colour: red", "front matter has no 'colour'"),
        ("poster: true", "since: soon", "since is 'soon'"),
        ("poster: true", "since: 2026-09-01\nuntil: 2026-08-01", "since is after until"),
        ("# en\n", "# fr\n", "there is no `# en`"),
        ("## why\n第一条", "## because\n第一条", "a tip has no `## because`"),
        ("马上拨 {police}", "马上拨 110", "names a hotline"),
        ("马上拨 {police}", "上 www.gov-help.cn 问", "holds a link"),
        ("马上拨 {police}", "马上拨 {policy}", "{policy} is not a region fact"),
        ("正规贷款，", "正规贷款，" * 80, "at most 260"),
        ("---\nkind", "kind", "does not open with front matter"),
        ("kind: tip", "kind: [tip", "not YAML"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, complaint: str) -> None:
    assert old in TIP

    complaints = list(content.check(TIP.replace(old, new, 1), name="a-tip"))

    assert any(complaint in each for each in complaints), complaints


def test_a_pair_must_differ() -> None:
    piece = content.parse(TIP, name="a-tip")
    same = TIP.replace(piece.words["zh"]["real"], piece.words["zh"]["scam"])

    assert list(content.check(same, name="a-tip")) == [
        "zh: the scam and the real one are the same"
    ]


@pytest.mark.parametrize(
    ("season", "day", "inside"),
    [
        ("08-20..09-15", date(2026, 8, 20), True),
        ("08-20..09-15", date(2026, 9, 16), False),
        ("12-20..02-20", date(2026, 1, 3), True),
        ("12-20..02-20", date(2026, 12, 20), True),
        ("12-20..02-20", date(2026, 6, 1), False),
        ("02-29..02-29", date(2028, 2, 29), True),
    ],
)
def test_a_season_comes_every_year_and_may_run_over_new_year(
    season: str, day: date, inside: bool
) -> None:
    piece = content.Piece("a", content.Kind.SEASON, None, "own", season=season)

    assert piece.in_season(day) is inside


@pytest.mark.parametrize("season", ["2026-08-20", "13-01..13-02", "02-30..03-01", "8-1..9-1"])
def test_a_season_that_is_none_is_refused(season: str) -> None:
    text = TIP.replace("poster: true", f"season: {season}")

    assert any("season is" in each for each in content.check(text, name="a"))
