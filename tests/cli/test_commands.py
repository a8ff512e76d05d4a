"""`fanzha officers`, `db`, `doctor`: what an operator types, and what they hear."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from actions.audit.models import AuditEntry
from actions.officers.models import Officer
from bot.database import Sessions
from tests.double import BotApiDouble

Fanzha = Callable[..., subprocess.CompletedProcess[str]]


def test_an_officer_is_put_on_the_list_shown_and_taken_off(
    here: Fanzha, sessions: Sessions
) -> None:
    added = here(
        *("officers", "add", "--telegram-id", "7", "--name", " 李卫东 "),
        *("--role", "dispatcher", "--role", "supervisor", "--district", "武昌"),
    )
    shown = here("officers", "list")
    removed = here("officers", "remove", "--telegram-id", "7")
    again = here("officers", "remove", "--telegram-id", "7")

    assert (added.returncode, shown.returncode, removed.returncode) == (0, 0, 0)
    assert "李卫东" in added.stdout
    for each in ("7", "李卫东", "dispatcher, supervisor", "武昌"):
        assert each in shown.stdout
    assert (again.returncode, "no officer" in again.stdout) == (1, True)
    with sessions() as db:
        officer = db.scalars(select(Officer)).one()
        assert (officer.name, officer.roles) == ("李卫东", ["dispatcher", "supervisor"])
        assert officer.removed_at is not None
        events = db.scalars(select(AuditEntry.event).order_by(AuditEntry.id)).all()
    assert events == ["officer.added", "officer.removed"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--telegram-id 7 --name 李 --role chief", "chief"),
        ("--telegram-id seven --name 李 --role analyst", "telegram-id"),
        ("--telegram-id 7 --name 李 --role analyst --district 浦东", "浦东"),
        ("--telegram-id 7 --role analyst", "--name"),
        ("--telegram-id 7 --name 李", "--role"),
        ("--telegram-id 99999999999999999999 --name 李 --role analyst", "telegram-id"),
        ("--telegram-id -5 --name 李 --role analyst", "telegram-id"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(
    here: Fanzha, sessions: Sessions, options: str, says: str
) -> None:
    done = here("officers", "add", *options.split())

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    with sessions() as db:
        assert db.scalars(select(Officer)).all() == []


def test_the_schema_may_be_upgraded_again_and_again(here: Fanzha) -> None:
    for _ in range(2):
        done = here("db", "upgrade")
        assert (done.returncode, done.stdout) == (0, "the schema is up to date\n")


def test_doctor_finds_nothing_wrong_where_nothing_is(here: Fanzha) -> None:
    done = here("doctor")

    assert done.returncode == 0
    assert [line[0] for line in done.stdout.splitlines()] == ["✓"] * 5


def test_doctor_names_everything_that_is_wrong_and_how_to_mend_it(here: Fanzha) -> None:
    done = here(
        "doctor",
        DATABASE_URL="postgresql://fanzha:hushhush@127.0.0.1:9/fanzha",
        TELEGRAM_TOKEN="1:hushhush",
        TELEGRAM_API="http://127.0.0.1:9",
        NLU_URL="http://127.0.0.1:9",
    )

    assert done.returncode == 1
    wrong = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    assert [line.split(":")[0] for line in wrong] == ["✗ database", "✗ NLU", "✗ Telegram"]
    assert "hushhush" not in done.stdout + done.stderr


def test_doctor_names_bad_settings(here: Fanzha) -> None:
    done = here("doctor", REGION="atlantis", TELEGRAM_RATE="fast")

    assert done.returncode == 1
    assert "FANZHA_REGION" in done.stdout
    assert "FANZHA_TELEGRAM_RATE" in done.stdout


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("FANZHA_TELEGRM_TOKEN=1:a", "FANZHA_TELEGRM_TOKEN is none; did you mean FANZHA_TELEGRAM"),
        ("export FANZHA_QWERTY=1", "FANZHA_QWERTY is none"),
    ],
)
def test_doctor_names_a_setting_that_is_none(
    here: Fanzha, tmp_path: Path, file: str, said: str
) -> None:
    (tmp_path / ".env").write_text(f"# FANZHA_COMMENT=1\nOTHER_THING=1\n{file}\n")

    done = here("doctor")

    wrong = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    assert (done.returncode, len(wrong)) == (1, 1)
    assert said in wrong[0]


def test_doctor_knows_the_officers_chat_and_who_is_missing(here: Fanzha) -> None:
    with BotApiDouble() as api:
        desk = api.group(-1001234567890, title="值班群")
        desk.says(api.citizen(7), "都在吗")
        telegram = {"TELEGRAM_TOKEN": api.token, "TELEGRAM_API": api.url}

        nobody = here("doctor", **telegram)
        here("officers", "add", "--telegram-id", "7", "--name", "李", "--role", "dispatcher")
        missing = here("doctor", **telegram, DISPATCH_CHAT_ID="-1")
        fine = here("doctor", **telegram, DISPATCH_CHAT_ID="-1001234567890")

        assert api.pending_updates == 1  # nothing was taken from the service

    assert (nobody.returncode, missing.returncode, fine.returncode) == (1, 1, 0)
    assert "✗ officers: nobody is on the list" in nobody.stdout
    assert "the bot is in “值班群”: -1001234567890" in nobody.stdout
    assert "✗ dispatch: the bot is in no chat -1" in missing.stdout
    assert "✓ dispatch: “值班群” (-1001234567890)" in fine.stdout


def test_doctor_wants_a_group_and_somebody_who_may_take_a_case(here: Fanzha) -> None:
    with BotApiDouble() as api:
        api.citizen(42).says("你好")
        telegram = {"TELEGRAM_TOKEN": api.token, "TELEGRAM_API": api.url}
        here("officers", "add", "--telegram-id", "51", "--name", "王", "--role", "publisher")

        done = here("doctor", **telegram, DISPATCH_CHAT_ID="42")

    assert "✗ officers: nobody on the list may take a case" in done.stdout
    assert "✗ dispatch: 42 is one person's chat" in done.stdout


def test_doctor_says_what_telegram_could_not_post(here: Fanzha) -> None:
    url = "http://127.0.0.1:9/telegram"
    with BotApiDouble() as api:
        hook = {
            "TELEGRAM_TOKEN": api.token,
            "TELEGRAM_API": api.url,
            "TELEGRAM_WEBHOOK_URL": url,
            "TELEGRAM_WEBHOOK_SECRET": "hushhush",
        }
        before = here("doctor", **hook)
        httpx.post(f"{api.url}/bot{api.token}/setWebhook", json={"url": url})
        nothing_yet = here("doctor", **hook)
        api.citizen(9).says("在吗")
        failed = here("doctor", **hook)
        elsewhere = here("doctor", **hook | {"TELEGRAM_WEBHOOK_URL": f"{url}2"})

    assert "✓ webhook: not set yet" in before.stdout
    assert f"✓ webhook: Telegram posts to {url}" in nothing_yet.stdout
    assert f"✗ webhook: Telegram could not post to {url} (" in failed.stdout
    assert "must reach FANZHA_TELEGRAM_LISTEN, path /telegram" in failed.stdout
    assert "✓ webhook: not set yet" in elsewhere.stdout


def test_a_home_that_cannot_be_made_is_told_with_its_remedy(here: Fanzha, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = here("doctor", HOME=str(tmp_path / "file" / "home"), DATABASE_URL="")

    assert "set FANZHA_HOME to a folder that this user may write to" in done.stdout


def test_help_names_every_command(here: Fanzha) -> None:
    done = here("--help")

    for command in ("run", "chat", "assess", "train", "evaluate", "officers", "db", "doctor"):
        assert command in done.stdout
