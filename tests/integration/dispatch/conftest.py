"""A citizen whose case an officer has claimed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actions.officers.models import Officer
from tests.line import Line

LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"


@pytest.fixture
def li(hire: Callable[..., Officer]) -> Officer:
    return hire(7, "李卫东")


@pytest.fixture
def on(line: Line, li: Officer) -> Line:
    """A citizen whose case Li has claimed."""
    line.says(LIVE)
    line.officer(li.telegram_id, "claim")
    return line
