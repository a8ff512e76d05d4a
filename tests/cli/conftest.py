"""The command line as an operator meets it: a process, its output, its exit code."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from bot.cli import app
from bot.database import Sessions

FANZHA = Path(sys.executable).parent / "fanzha"
Fanzha = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(sessions: Sessions, url: str, tmp_path: Path) -> dict[str, str]:
    ours = {"FANZHA_HOME": str(tmp_path), "FANZHA_DATABASE_URL": url, "FANZHA_NLU_URL": "off"}
    return {**os.environ, **ours, "COLUMNS": "120", "NO_COLOR": "1"}


@pytest.fixture
def fanzha(environment: dict[str, str], tmp_path: Path) -> Fanzha:
    """Run a command: `fanzha("officers", "list", stdin=b"…", REGION="sg")`."""

    def run(*args: str, stdin: bytes = b"", **settings: str) -> subprocess.CompletedProcess[str]:
        named = {f"FANZHA_{name}": value for name, value in settings.items()}
        done = subprocess.run(
            [FANZHA, *args],
            input=stdin,
            env={**environment, **named},
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


@pytest.fixture
def here(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fanzha]:
    """The same within this process, where no stdin and no exit of the last instance matter."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.root.handlers[:]

    def run(*args: str, **settings: str) -> subprocess.CompletedProcess[str]:
        named = {f"FANZHA_{name}": value for name, value in settings.items()}
        done = CliRunner().invoke(app, args, env={**environment, **named})
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(args, done.exit_code, done.stdout, done.stderr)

    yield run
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
