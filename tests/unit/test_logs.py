"""What goes to the log: what we write there ourselves, and nothing that others would."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import logging, sys
from bot import logs
logs.configure()
logging.getLogger(sys.argv[1]).critical("Received data was %r", [{"text": "words"}])
"""


@pytest.mark.parametrize("name", ["telegram", "telegram.Bot", "telegram.request", "httpx"])
def test_libraries_that_see_words_or_the_token_log_nothing_however_grave(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, name], capture_output=True, text=True, check=True
    )

    assert (done.stdout, done.stderr) == ("", "")
