"""Words and pieces of words of a normalised text, hashed into a fixed space."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from math import log

import numpy as np
from scipy import sparse

SPACE = 1 << 18
_RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z']+|\d+|[^\s\w]")


def pieces(text: str) -> Counter[str]:
    """Count Chinese n-grams of two to four characters, words, word pairs and word middles.

    Single characters, punctuation and numbers are left out: they tell how a text is written (long,
    pasted, masked), which a model gladly mistakes for what it says.
    """
    found: list[str] = []
    before = "^"
    for run in _RUNS.findall(text):
        if "\u3400" <= run[0] <= "\u9fff":
            for n in (2, 3, 4):
                found += [run[i : i + n] for i in range(len(run) - n + 1)]
            before = run[-1:]
        elif run[0].isalpha():
            found += ("w:" + run, "p:" + before + " " + run)
            if len(run) > 4:
                padded = f"<{run}>"
                found += ["c:" + padded[i : i + 4] for i in range(len(padded) - 3)]
            before = run
        else:
            before = run
    return Counter(found)


def hashed(texts: list[str]) -> sparse.csr_matrix:
    """Return one row of damped counts a text, in the hashed space."""
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        for piece, count in pieces(text).items():
            columns.append(zlib.crc32(piece.encode()) % SPACE)
            values.append(1.0 + log(count))
        ends.append(len(columns))
    matrix = sparse.csr_matrix(
        (np.array(values, np.float32), np.array(columns, np.int32), np.array(ends, np.int32)),
        shape=(len(texts), SPACE),
    )
    matrix.sum_duplicates()
    return matrix
