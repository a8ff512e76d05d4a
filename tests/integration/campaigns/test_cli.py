"""`fanzha campaign` as a publisher types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.campaigns import clock as campaigns
from bot.cli import app
from bot.database import Sessions
from bot.wiring import Service
from tests.integration.campaigns.city import (
    AUTHOR,
    DISPATCHER,
    SECOND,
    Clock,
    live,
    run,
    send_due,
)


@pytest.fixture(autouse=True)
def environment(
    monkeypatch: pytest.MonkeyPatch, url: str, tmp_path: Path, staff: object, sessions: Sessions
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FANZHA_DATABASE_URL", url)
    (tmp_path / "tip.txt").write_text("先交钱的贷款都是骗局，拨 {hotline}。", "utf-8")
    with sessions.begin() as db:
        for n in range(3):
            live(db, f"c{n}", district="江岸")
        live(db, "other", district="武昌")


def fanzha(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["campaign", *words])
    return done.exit_code, done.output


def create(*words: str, by: int = AUTHOR) -> str:
    code, said = fanzha(
        "create", "--title", "每周提醒", "--text-file", "tip.txt", "--by", str(by), *words
    )
    assert code == 0, said
    return said.strip()


def test_a_campaign_from_the_draft_to_the_last_recipient(
    service: Service, sessions: Sessions, clock: Clock
) -> None:
    number = create("--audience", '{"district":"江岸"}')
    assert number.isdigit()
    assert fanzha("submit", number, "--by", str(AUTHOR))[0] == 0
    assert fanzha("approve", number, "--by", str(SECOND))[0] == 0
    code, shown = fanzha("preview", number)
    assert code == 0
    assert "audience: 3" in shown
    assert "拨 96110" in shown

    clock.turn(days=400)  # the command line's own clock is the machine's
    run(service)
    reached = send_due(sessions, clock())
    assert sorted(who for who in reached if who.startswith("c")) == ["c0", "c1", "c2"]
    assert str(SECOND) in reached  # was asked to look at it
    assert "other" not in reached
    campaigns.tick(service)

    code, said = fanzha("stats", number, "--json")
    counted = json.loads(said)
    assert list(counted) == [
        "audience", "queued", "sent", "failed", "blocked", "expired", "skipped"
    ]  # fmt: skip
    assert counted["audience"] == counted["sent"] == 3
    assert counted["audience"] == sum(
        counted[k] for k in ("queued", "sent", "failed", "blocked", "expired", "skipped")
    )
    code, said = fanzha("list", "--json")
    assert [(each["id"], each["title"]) for each in json.loads(said)] == [
        (int(number), "每周提醒")
    ]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["approve", "{id}", "--by", str(AUTHOR)], "Nobody approves what they have written"),
        (["approve", "{id}", "--by", "999"], "no officer with Telegram id 999"),
        (["approve", "{id}", "--by", str(DISPATCHER)], "only officers with the role"),
        (["approve", "{id}", "--by", str(SECOND), "--content", "0000"], "not what was submitted"),
        (["submit", "{id}", "--by", str(AUTHOR)], "it cannot become submitted"),
        (["pause", "{id}", "--by", str(SECOND)], "it cannot become paused"),
        (["resume", "{id}", "--by", str(SECOND)], "it cannot become"),
        (["cancel", "777", "--by", str(SECOND)], "there is no campaign 777"),
    ],
    ids=lambda v: "-".join(v) if isinstance(v, list) else "",
)
def test_a_refusal_exits_3_and_says_why(words: list[str], reason: str) -> None:
    number = create()
    fanzha("submit", number, "--by", str(AUTHOR))

    code, said = fanzha(*(word.format(id=number) for word in words))

    assert code == 3
    assert reason in said


def test_a_dispatcher_cannot_write_one() -> None:
    code, said = fanzha(
        "create", "--title", "T", "--text-file", "tip.txt", "--by", str(DISPATCHER)
    )

    assert code == 3
    assert "publisher" in said


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--audience", '{"district":"火星"}'], "火星"),
        (["--audience", "everybody"], "not JSON"),
        (["--audience", '{"shoe":"42"}'], "shoe"),
        (["--cron", "every monday"], "five cron fields"),
        (["--cron", "0 9 30 2 *"], "never comes"),
        (["--at", "tomorrow"], "not a time"),
        (["--expires", "2020-01-01T00:00"], "expire"),
        (["--at", "2030-01-01T00:00", "--cron", "0 9 * * 1"], "either"),
        (["--lang", "fr"], "fr"),
    ],
)
def test_a_wish_that_makes_no_sense_is_explained(words: list[str], reason: str) -> None:
    code, said = fanzha(
        "create", "--title", "T", "--text-file", "tip.txt", "--by", str(AUTHOR), *words
    )

    assert code == 2
    assert reason in said


def test_monday_at_nine_is_monday_at_nine_in_wuhan() -> None:
    number = create("--cron", "0 9 * * 1")

    _, shown = fanzha("preview", number)

    assert "09:00 CST" in shown


def test_a_piece_of_content_brings_both_languages_and_its_audience() -> None:
    piece = Path(campaigns.__file__).parents[2] / "content/tips/loan-fee-before-payout.md"
    code, number = fanzha(
        "create", "--title", "贷款", "--text-file", str(piece), "--by", str(AUTHOR)
    )
    assert code == 0

    _, shown = fanzha("preview", number.strip())

    assert "--- a · zh · real ---" in shown
    assert "--- a · en · scam ---" in shown
    assert '"ages": ["middle", "young"]' in shown


def test_all_content_is_in_order() -> None:
    assert fanzha("lint")[0] == 0
