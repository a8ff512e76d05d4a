"""`fanzha campaign` as a publisher types it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.campaigns import clock as campaigns
from bot.cli import app
from bot.clock import now
from bot.database import Sessions
from bot.wiring import Service
from tests.integration.campaigns.city import (
    AUTHOR,
    DISPATCHER,
    SECOND,
    Clock,
    campaign,
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
    (tmp_path / "empty.txt").touch()
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
        (["--at", "2020-01-01T00:00"], "past"),
        (["--at", "2030-01-01T00:00", "--expires", "2029-12-31T00:00"], "expire"),
        (["--expires", "0001-01-01T00:00"], "not a time"),
        (["--audience", "[]"], "is an object"),
        (["--audience", '{"topics":["loan","x"]}'], "no topics 'x'"),
        (["--variant-file", "empty.txt"], "empty.txt is empty"),
        (["--at", "2030-01-01T00:00", "--cron", "0 9 * * 1"], "either"),
        (["--lang", "fr"], "fr"),
    ],
)
def test_a_wish_that_makes_no_sense_is_explained(words: list[str], reason: str) -> None:
    code, said = fanzha(
        "create", "--title", "T", "--text-file", "tip.txt", "--by", str(AUTHOR), *words
    )

    assert code == 3
    assert reason in said
    assert said.startswith("fanzha: refused: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n ", "is empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"x" * 3501, "3,501 characters"),
        (b"---\nkind: tip\n---\n# zh\n", "type is missing"),
    ],
    ids=["nothing", "blank", "another code", "too long", "half a piece"],
)
def test_a_file_that_says_nothing_we_can_send_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "bad.txt").write_bytes(content)

    code, said = fanzha("create", "--title", "T", "--text-file", "bad.txt", "--by", str(AUTHOR))

    assert code == 3
    assert reason in said


def test_marks_that_editors_leave_behind_are_not_sent(tmp_path: Path, sessions: Sessions) -> None:
    (tmp_path / "tip.txt").write_bytes("\ufeff先交钱\r\n都是骗局\x00\r\n".encode())

    number = create()

    with sessions() as db:
        assert campaign(db, int(number)).variants == {"a": {"zh": {"text": "先交钱\n都是骗局"}}}


def test_a_time_that_has_just_passed_is_now() -> None:
    just = (now() - timedelta(minutes=1)).isoformat()

    assert create("--at", just).isdigit()


def test_a_poster_is_drawn_where_the_preview_says(tmp_path: Path) -> None:
    number = create("--poster")

    _, shown = fanzha("preview", number, "--posters", str(tmp_path / "seen"))

    file = tmp_path / "seen" / f"campaign-{number}-a-zh.png"
    assert f"[poster: {file}]" in shown
    assert file.read_bytes().startswith(b"\x89PNG")


def test_words_too_long_for_a_poster_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tip.txt").write_text("长" * 1500, "utf-8")

    code, said = fanzha(
        "create", "--title", "T", "--text-file", "tip.txt", "--by", str(AUTHOR), "--poster"
    )

    assert code == 3
    assert "do not fit on a poster" in said


def test_a_pieces_poster_can_be_drawn_before_there_is_a_campaign(tmp_path: Path) -> None:
    piece = Path(campaigns.__file__).parents[2] / "content/seasons/red-packets.md"

    code, _ = fanzha("poster", str(piece), "--out", str(tmp_path))

    assert code == 0
    assert {file.name for file in tmp_path.glob("*.png")} == {
        "red-packets-zh.png",
        "red-packets-en.png",
    }


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
