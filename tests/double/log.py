"""Remembers every call, in memory and, if asked, as lines of JSON in a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tests.double.bodies import Params

#: The status of a call whose connection was cut; a call that waits for its answer has none yet.
CUT = 0


@dataclass(slots=True, eq=False)
class Logged:
    """One call. `at` is CLOCK_MONOTONIC, which all processes of a machine share."""

    method: str
    params: Params
    at: float
    status: int | None = None
    description: str | None = None
    message_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "params": self.params.tidy(),
            "at": self.at,
            "status": self.status,
            "description": self.description,
            "message_id": self.message_id,
        }


class Log:
    """All calls in the order they came; the file has them in the order they were answered."""

    def __init__(self, path: Path | None) -> None:
        self.calls: list[Logged] = []
        self.last_at = 0.0
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None

    def note(self, call: Logged) -> None:
        """Remember a call that has just come."""
        self.calls.append(call)
        if call.method != "getUpdates":
            self.last_at = call.at

    def answered(self, call: Logged, status: int, body: dict[str, Any]) -> None:
        """Remember how a call was answered."""
        call.status = status
        call.description = body.get("description")
        result = body.get("result")
        if isinstance(result, dict):
            call.message_id = result.get("message_id")
        if self._file is not None:
            self._file.write(json.dumps(call.as_json(), ensure_ascii=False) + "\n")

    def flush(self) -> None:
        """Write out what is still on its way to the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
