"""The scripted day: what it says of each citizen is what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(model: Path) -> Iterator[Path]:
    """A FANZHA_HOME with the model in it, where PostgreSQL may go, unlike pytest's own folder."""
    with tempfile.TemporaryDirectory(prefix="fanzha-demo-", ignore_cleanup_errors=True) as home:
        (Path(home) / "models").symlink_to(model.parent)
        yield Path(home)


def test_every_scene_of_the_day_shows_what_its_title_says(home: Path) -> None:
    day = subprocess.run(
        [sys.executable, "-m", "bot", "demo"],
        cwd=ROOT,
        env={**os.environ, "FANZHA_HOME": str(home), "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
    )

    assert day.returncode == 0, day.stderr
    live, loss, harmless, unclear, english, tip = _scenes(day.stdout)
    for said in (
        "请先停下",
        "police_gov · live",
        "已由您接手",
        "结案：已止付或冻结",
        "您做得很对",
    ):
        assert said in live
    assert "这是诈骗：刷单返利" in loss
    assert "请抓紧做这三件事" in loss
    assert "没看出诈骗的迹象" in harmless
    assert "⚠️" not in harmless
    assert "还判断不了" in unclear
    assert "⚠️" not in unclear
    assert "市民要求找民警" in unclear
    assert "Please stop" in english
    assert "考考您" in tip


def _scenes(said: str) -> list[str]:
    return re.split(r"\n─+ [^\n]+ ─+\n", said)[1:-1]
