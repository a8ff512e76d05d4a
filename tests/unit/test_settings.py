"""Settings: a bad one stops the start, named, and no secret is told with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import settings
from bot.settings import Address, BadSettings


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_with_nothing_set_the_defaults_of_the_contract_hold(tmp_path: Path) -> None:
    loaded = settings.load()

    assert loaded.home == tmp_path / "var"
    assert loaded.telegram_api == "https://api.telegram.org"
    assert (loaded.telegram_listen, loaded.console_listen) == ("127.0.0.1:8443", "127.0.0.1:8080")
    assert (loaded.telegram_rate, loaded.region) == (30, "cn-wuhan")
    assert loaded.database_url is loaded.telegram_token is loaded.nlu_url is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://a:secret@b/c", "only PostgreSQL"),
        ("DATABASE_URL", "postgresql://a:secret@b:port/c", "not a URL"),
        ("TELEGRAM_TOKEN", "secret", "NUMBER:LETTERS"),
        ("TELEGRAM_TOKEN", "12:", "NUMBER:LETTERS"),
        ("TELEGRAM_API", "api.telegram.org", "http"),
        ("TELEGRAM_API", "off", "http"),
        ("TELEGRAM_WEBHOOK_URL", "ftp://x", "http"),
        ("TELEGRAM_WEBHOOK_URL", "off", "http"),
        ("TELEGRAM_WEBHOOK_SECRET", "has a space", "letters"),
        ("TELEGRAM_LISTEN", "8443", "HOST:PORT"),
        ("CONSOLE_LISTEN", "localhost:99999", "HOST:PORT"),
        ("CONSOLE_LISTEN", ":8080", "HOST:PORT"),
        ("CONSOLE_LISTEN", "localhost:²", "HOST:PORT"),
        ("TELEGRAM_RATE", "fast", "number"),
        ("TELEGRAM_RATE", "-1", "greater than or equal to 0"),
        ("TELEGRAM_RATE", "2000", "less than or equal to 1000"),
        ("TELEGRAM_RATE", "nan", "less than"),
        ("DISPATCH_CHAT_ID", "@police", "integer"),
        ("NLU_URL", "localhost:5005", "http"),
        ("REGION", "atlantis", "cn-wuhan"),
    ],
)
def test_a_bad_value_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"FANZHA_{name}", value)

    with pytest.raises(BadSettings) as error:
        settings.load()

    assert str(error.value).startswith(f"FANZHA_{name}: ")
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


def test_every_bad_value_has_its_own_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_REGION", "atlantis")
    monkeypatch.setenv("FANZHA_TELEGRAM_RATE", "fast")

    with pytest.raises(BadSettings) as error:
        settings.load()

    named = [line.partition(":")[0] for line in str(error.value).splitlines()]
    assert sorted(named) == ["FANZHA_REGION", "FANZHA_TELEGRAM_RATE"]


def test_a_webhook_needs_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_TELEGRAM_WEBHOOK_URL", "https://example.org/telegram")

    with pytest.raises(BadSettings, match="FANZHA_TELEGRAM_WEBHOOK_SECRET is missing"):
        settings.load()


def test_an_empty_value_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_DATABASE_URL", "")
    monkeypatch.setenv("FANZHA_REGION", "")

    assert settings.load().database_url is None


def test_a_file_may_set_what_the_environment_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("FANZHA_REGION=sg\nFANZHA_TELEGRAM_RATE=5\nOTHER=1\n")
    monkeypatch.setenv("FANZHA_TELEGRAM_RATE", "6")

    loaded = settings.load()

    assert (loaded.region, loaded.telegram_rate) == ("sg", 6)


def test_what_is_secret_is_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_TELEGRAM_TOKEN", "12:hushhush")
    monkeypatch.setenv("FANZHA_DATABASE_URL", "postgresql://a:hushhush@b/c")
    monkeypatch.setenv("FANZHA_TELEGRAM_WEBHOOK_SECRET", "hushhush")

    assert "hushhush" not in repr(settings.load())


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("[::1]:0", "::1", 0),
        ("0.0.0.0:65535", "0.0.0.0", 65535),
    ],
)
def test_an_address_has_a_host_and_a_port(text: str, host: str, port: int) -> None:
    address = Address.parse(text)

    assert (address.host, address.port) == (host, port)
