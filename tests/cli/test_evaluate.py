"""`fanzha evaluate`: two models side by side, and what is no labelled text."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

Fanzha = Callable[..., subprocess.CompletedProcess[str]]
ROWS = """{"text": "公安局让我把钱转到安全账户，电话没挂", "type": "police_gov", "stage": "live"}
{"text": "武汉明天下雨吗", "type": "none", "stage": "none"}
"""


def test_another_model_stands_beside_what_answers_now(
    here: Fanzha, tmp_path: Path, model: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(ROWS)
    other = os.path.relpath(model)

    done = here("evaluate", str(rows), "--out", str(tmp_path / "out"), "--against", other)

    assert done.returncode == 0
    assert f"|  | rules alone | {model.name.removesuffix('.tar.gz')} |" in done.stdout
    assert (tmp_path / "out" / "rows.png").exists()


def test_what_is_no_labelled_text_is_named_line_by_line(here: Fanzha, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(
        b'\xef\xbb\xbf{"text": "a", "type": "none"}\nno json\n{"text": "b"}\n\xb9\xab'
    )

    done = here("evaluate", str(rows), "--out", str(tmp_path / "out"))

    assert done.returncode == 1
    told = [line.partition(", ")[2] for line in done.stderr.splitlines()]
    assert [line[:6] for line in told] == ["line 2", "line 3", "line 4"]
    assert "not UTF-8" in told[2]
