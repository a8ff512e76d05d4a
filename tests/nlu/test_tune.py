"""Tuning computes what the wheel's encoder computes, learns, and leaves what a training takes.

It runs in Rasa's environment, which has TensorFlow; a few texts are enough to see it move.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.train import CONFIG, PYTHON, ROOT, TEXTS, environment

SAME = """
import json, numpy as np, tune
from nlu_data.components import encoder
texts = ["你好", "安全账户 马上转过去", "my bank sent me a code", "a"]
words = tune.Words()
vectors, lengths = words.vectors([words.numbers(t) for t in texts])
def alike(wheel):
    ours = tune.sentences(encoder.layers(wheel), vectors, lengths).numpy()
    return (ours * wheel.encode(texts)).sum(axis=1).tolist()
fresh, tuned = words.encoder, encoder.tuned()
both = (fresh.encode(texts) * tuned.encode(texts)).sum(axis=1).tolist()
print(json.dumps({"fresh": alike(fresh), "tuned": alike(tuned), "both": both}))
"""
KEPT = """
import json, numpy as np, tune
from nlu_data.components import encoder
chance = np.random.default_rng(1)
before = encoder.layers(encoder.fresh())
now = {name: a + chance.normal(0, 0.01, a.shape).astype(np.float32) for name, a in before.items()}
now["d0"] = before["d0"]  # one that did not move
found = encoder.moves(now)
off = {}
for name, a in before.items():
    step = found[f"{name}.step"]
    off[name] = float((np.abs(a + found[f"{name}.moved"] * step - now[name]) / step).max())
print(json.dumps(off))
"""
SLIPS = """
import json, numpy as np, tune
chance = np.random.default_rng(1)
texts = ["", "ab", "他让我把钱转到安全账户", "send me the code now"]
print(json.dumps([[t, tune.slipped(t, chance)] for t in texts * 50]))
"""
OF_EACH = 5
STAGES = ("live", "loss", "contacted", "query", "none")


def _python(*arguments: str) -> str:
    ran = _run(*arguments)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), "-W", "ignore", *arguments],
        cwd=ROOT / "nlu_data",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )


def test_what_learns_computes_what_the_encoder_computes_fresh_and_tuned() -> None:
    alike = json.loads(_python("-c", SAME).splitlines()[-1])

    assert alike["fresh"] == pytest.approx([1.0] * 4, abs=1e-3)
    assert alike["tuned"] == pytest.approx([1.0] * 4, abs=1e-3)
    assert max(alike["both"]) < 0.9


def test_what_is_kept_of_a_weight_is_right_to_half_a_step() -> None:
    off = json.loads(_python("-c", KEPT).splitlines()[-1])

    assert off.pop("d0") == 0
    assert max(off.values()) < 0.51


def test_a_slip_moves_a_letter_and_leaves_the_shortest_alone() -> None:
    pairs = json.loads(_python("-c", SLIPS).splitlines()[-1])
    longer = [(text, slipped) for text, slipped in pairs if len(text) > 3]

    assert all(text == slipped for text, slipped in pairs if len(text) <= 3)
    assert sum(text != slipped for text, slipped in longer) > 0.8 * len(longer)
    for text, slipped in longer:
        same = SequenceMatcher(None, text, slipped, autojunk=False).get_matching_blocks()
        assert sum(block.size for block in same) >= len(text) - 2
        assert abs(len(text) - len(slipped)) <= 1


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts of each type and stage, of the everyday intents and of `unclear`."""
    folder = tmp_path_factory.mktemp("texts")
    for file in TEXTS.glob("*.zh.yml"):
        if not file.name.startswith("register_") or file.name == "register_unclear.zh.yml":
            folder.joinpath(file.name).write_text(_some(file), encoding="utf-8")
    return folder


def test_a_tuning_learns_and_leaves_all_that_a_training_takes(few: Path, tmp_path: Path) -> None:
    output = tmp_path / "tuned.npz"

    told = _python(str(ROOT / "nlu_data" / "tune.py"), str(few), str(output)).splitlines()

    wrong = [float(line.rsplit(" ", 1)[1]) for line in told if "wrong by" in line]
    assert wrong == sorted(wrong, reverse=True)
    assert wrong[-1] < 0.9 * wrong[0]
    with np.load(output) as found, np.load(ROOT / "nlu_data" / "tuned.npz") as kept:
        assert {name: array.shape for name, array in found.items()} == {
            name: array.shape for name, array in kept.items()
        }


def test_a_training_from_texts_that_answer_otherwise_says_what_to_do(
    few: Path, tmp_path: Path
) -> None:
    texts = Path(shutil.copytree(few, tmp_path / "texts"))
    loans = texts / "loan.zh.yml"
    loans.write_text(loans.read_text("utf-8").replace("intent: loan", "intent: lottery"), "utf-8")

    ran = _run(
        *(str(ROOT / "nlu_data" / "train.py"), str(CONFIG), str(texts), str(tmp_path), "x.tar.gz")
    )

    assert ran.returncode == 1
    assert ran.stderr.rstrip().endswith("there are other types than in tuned.npz: run `make tune`")


def _some(file: Path) -> str:
    """Return the first texts of each stage in a file, with its head."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    texts = [line for line in lines if line.startswith("  - {")]
    by_stage = {stage: [t for t in texts if f"stage: {stage}," in t] for stage in STAGES}
    head = [line for line in lines if not line.startswith("  - {")]
    return "".join([*head, *(t for some in by_stage.values() for t in some[:OF_EACH])])
