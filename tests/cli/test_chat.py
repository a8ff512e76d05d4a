"""`fanzha chat`: a citizen in the terminal, line by line from stdin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Fanzha = Callable[..., subprocess.CompletedProcess[str]]


def test_a_conversation_over_stdin(fanzha: Fanzha) -> None:
    lines = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂\n\n2\n/nonsense\n/person\n"

    done = fanzha("chat", stdin=lines.encode())

    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert told.index("机器人") < told.index("请先停下") < told.index("没有这个指令")
    assert told.index("没有这个指令") < told.index("民警已经知道了")
    assert "[1]" in told
    assert done.stderr == ""


def test_a_conversation_with_bytes_that_are_no_text_goes_on(fanzha: Fanzha) -> None:
    done = fanzha("chat", stdin=b"\xff\xfe\x00\n/help\n")

    assert done.returncode == 0, done.stderr
    assert "/forget" in done.stdout
    assert "Traceback" not in done.stderr


def test_in_singapore_english_comes_first(fanzha: Fanzha) -> None:
    done = fanzha(
        "chat", stdin=b"the police officer on the phone says not to hang up\n", REGION="sg"
    )

    assert "999" in done.stdout
    assert "Singapore Anti-Scam Line" in done.stdout


def test_the_module_is_the_same_as_the_script(fanzha: Fanzha, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "officers", "list"],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, fanzha("officers", "list").stdout)
