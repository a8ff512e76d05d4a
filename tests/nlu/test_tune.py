"""Tuning computes what the wheel's encoder computes, learns, and leaves what a training takes.

It runs in Rasa's environment, which has TensorFlow; a few texts are enough to see it move.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.train import CONFIG, PYTHON, ROOT, TEXTS

SAME = """
import json, numpy as np, tune
from nlu_data.components import encoder
texts = ["你好", "安全账户 马上转过去", "my bank sent me a code", "a"]
words = tune.Words()
vectors, lengths = words.vectors([words.numbers(t) for t in texts])
layers = encoder.layers(words.encoder)
ours = tune.sentences(layers, vectors, lengths).numpy()
wheel = words.encoder.encode(texts)
print(json.dumps((ours * wheel).sum(axis=1).tolist()))
"""
SLIPS = """
import json, numpy as np, tune
chance = np.random.default_rng(1)
texts = ["", "ab", "他让我把钱转到安全账户", "send me the code now"]
print(json.dumps([[t, tune.slipped(t, chance)] for t in texts * 50]))
"""
OF_EACH = 12


def _python(*arguments: str) -> str:
    ran = _run(*arguments)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), "-W", "ignore", *arguments],
        cwd=ROOT / "nlu_data",
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'nlu_data'}",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_what_learns_computes_what_the_wheels_encoder_computes() -> None:
    alike = json.loads(_python("-c", SAME).splitlines()[-1])

    assert alike == pytest.approx([1.0] * 4, abs=1e-3)


def test_a_slip_changes_a_letter_or_two_and_leaves_the_shortest_alone() -> None:
    for text, slipped in json.loads(_python("-c", SLIPS).splitlines()[-1]):
        assert abs(len(text) - len(slipped)) <= 1
        if len(text) <= 3:
            assert slipped == text


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first texts of each type, of the everyday intents and of `unclear`."""
    folder = tmp_path_factory.mktemp("texts")
    for file in TEXTS.glob("*.zh.yml"):
        if not file.name.startswith("register_") or file.name == "register_unclear.zh.yml":
            folder.joinpath(file.name).write_text(_first(file), encoding="utf-8")
    return folder


def test_a_tuning_learns_and_leaves_all_that_a_training_takes(few: Path, tmp_path: Path) -> None:
    output = tmp_path / "tuned.npz"

    told = _python(str(ROOT / "nlu_data" / "tune.py"), str(few), str(output)).splitlines()

    wrong = [float(line.rsplit(" ", 1)[1]) for line in told if "wrong by" in line]
    assert wrong == sorted(wrong, reverse=True)
    assert wrong[-1] < 0.9 * wrong[0]
    with np.load(output) as found, np.load(ROOT / "nlu_data" / "tuned.npz") as kept:
        assert {name: array.dtype.kind for name, array in found.items()} == {
            name: array.dtype.kind for name, array in kept.items()
        }


def test_a_training_from_texts_that_answer_otherwise_says_what_to_do(
    few: Path, tmp_path: Path
) -> None:
    file = next(few.glob("loan.zh.yml"))
    file.write_text(file.read_text("utf-8").replace("intent: loan", "intent: lottery"), "utf-8")

    ran = _run(
        str(ROOT / "nlu_data" / "train.py"), str(CONFIG), str(few), str(tmp_path), "x.tar.gz"
    )

    assert ran.returncode == 1
    assert "the texts have other" in ran.stderr
    assert ran.stderr.rstrip().endswith("run `make tune`")


def _first(file: Path) -> str:
    """Return the first texts of a file: its head, and a line each."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    texts = [line for line in lines if line.startswith("  - {")]
    return "".join(line for line in lines if not line.startswith("  - {")) + "".join(
        texts[:OF_EACH]
    )
