"""What Telegram says when it will not do as asked."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A call that Telegram answers with an error."""

    def __init__(
        self, description: str, status: int = 400, parameters: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.description, self.status, self.parameters = description, status, parameters

    def body(self) -> dict[str, Any]:
        """The JSON of Telegram's answer."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad(description: str) -> Refused:
    """The commonest refusal: 400."""
    return Refused(f"Bad Request: {description}")


def too_many(retry_after: int) -> Refused:
    """The flood limit's refusal: 429, with the seconds to wait."""
    return Refused(
        f"Too Many Requests: retry after {retry_after}", 429, {"retry_after": retry_after}
    )
