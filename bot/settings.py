"""Settings from the environment or `.env`. A bad or missing one stops the start, naming it.

This is the only module that reads the environment.
"""

from __future__ import annotations

import binascii
import os
import re
from base64 import b64decode
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Self

from dotenv import dotenv_values
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from actions.vault import KEY_LENGTH

PREFIX = "FANZHA_"
ENV_FILE = ".env"


class BadSettings(Exception):
    """Says which settings are wrong, and how to mend each, one a line."""


class Address(str):
    """`host:port` to listen on."""

    @property
    def host(self) -> str:
        """The host part."""
        return self.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port part; 0 lets the system choose."""
        return int(self.rpartition(":")[2])

    @classmethod
    def parse(cls, value: str) -> Address:
        """Return the address, or say what is wrong with it."""
        host, colon, port = value.rpartition(":")
        if not (colon and host and re.fullmatch(r"[0-9]{1,5}", port) and int(port) < 65536):
            raise ValueError(f"{value!r} is not HOST:PORT, such as 127.0.0.1:8080")
        return cls(value)


class Settings(BaseSettings):
    """What an operator may set; the README's table says the same."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", env_ignore_empty=True
    )

    home: Path = Path("var")
    database_url: SecretStr | None = None
    telegram_token: SecretStr | None = None
    telegram_api: str = "https://api.telegram.org"
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_listen: Annotated[Address, NoDecode] = Address("127.0.0.1:8443")
    telegram_rate: float = Field(default=30, ge=0, le=1000)
    dispatch_chat_id: int | None = None
    nlu_url: str | None = None
    console_listen: Annotated[Address, NoDecode] = Address("127.0.0.1:8080")
    console_url: str | None = None
    region: str = "cn-wuhan"
    secret_key: SecretStr | None = None
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    heartbeat_url: str | None = None
    bulk_gap: float = Field(default=6, ge=0, le=168)
    drill_hours: float = Field(default=0, ge=0, le=168)

    @field_validator("telegram_listen", "console_listen", mode="before")
    @classmethod
    def _address(cls, value: str) -> Address:
        return Address.parse(value)

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("only PostgreSQL is supported: postgresql://user:password@host/name")
        try:
            make_url(value.get_secret_value() if value else "postgresql://")
        except (ArgumentError, ValueError):
            raise ValueError(
                "this is not a URL such as postgresql://user:password@host:5432/name; "
                "signs such as @ and / in a password are written %40 and %2F"
            ) from None
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            raise ValueError("Telegram takes 1 to 256 letters, digits, _ and - only")
        return value

    @field_validator("telegram_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        number, colon, secret = (value.get_secret_value() if value else "1:x").partition(":")
        if not (number.isdigit() and colon and secret):
            raise ValueError("a bot token reads NUMBER:LETTERS; @BotFather gives it")
        return value

    @field_validator(
        "telegram_api", "telegram_webhook_url", "nlu_url", "console_url", "webhook_url"
    )
    @classmethod
    def _http(cls, value: str | None, field: ValidationInfo) -> str | None:
        if value == "off" and field.field_name == "nlu_url":
            return value
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} does not start with http:// or https://")
        return value and value.rstrip("/")

    @field_validator("heartbeat_url")
    @classmethod
    def _heartbeat(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} does not start with http:// or https://")
        return value  # as it is: a slash at its end may matter

    @field_validator("secret_key")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(decoded(value)) != KEY_LENGTH:
            raise ValueError("32 random bytes in base64: `openssl rand -base64 32` gives them")
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        from bot.regions import names

        if value not in names():
            raise ValueError(f"no region pack {value!r}; there are: {', '.join(names())}")
        return value

    @property
    def console_address(self) -> str:
        """Where an officer's browser finds the console."""
        return self.console_url or f"http://{self.console_listen}"

    @model_validator(mode="after")
    def _posts_are_signed(self) -> Self:
        if self.webhook_url and not self.webhook_secret:
            raise ValueError(
                f"{PREFIX}WEBHOOK_SECRET is missing: with {PREFIX}WEBHOOK_URL whoever is posted "
                "to must be able to tell that it was us"
            )
        return self

    @model_validator(mode="after")
    def _webhook_needs_secret(self) -> Self:
        if self.telegram_webhook_url and not self.telegram_webhook_secret:
            raise ValueError(
                f"{PREFIX}TELEGRAM_WEBHOOK_SECRET is missing: with "
                f"{PREFIX}TELEGRAM_WEBHOOK_URL Telegram must prove that a post is its own"
            )
        return self


def decoded(key: SecretStr) -> bytes:
    """Return the bytes of a key in base64; none when it is not base64."""
    try:
        return b64decode(key.get_secret_value(), validate=True)
    except binascii.Error:
        return b""


def load() -> Settings:
    """Read the settings; raise BadSettings with a line for each that is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise BadSettings("\n".join(_tell(each) for each in error.errors())) from None
    settings.home = settings.home.expanduser().resolve()
    return settings


def unknown() -> dict[str, str | None]:
    """Return the names with our prefix that are no setting, each with the one it may stand for."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    given = {*dotenv_values(ENV_FILE), *os.environ}
    return {
        name: next(iter(get_close_matches(name, known, n=1)), None)
        for name in sorted(given)
        if name.startswith(PREFIX) and name.upper() not in known
    }


def _tell(error: object) -> str:
    assert isinstance(error, dict)  # noqa: S101  pydantic's ErrorDetails
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = PREFIX + str(error["loc"][0]).upper()
    return f"{name}: {message}"
