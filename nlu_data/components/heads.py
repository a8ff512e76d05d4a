"""The classifiers themselves: linear heads over two views of a text, averaged.

The dense view (sentence vector, cues, length) carries meaning across wordings and languages; the
sparse view (n-grams) carries the exact words of a scheme. They err on different texts, so the mean
of their scores errs less than either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Views:
    """The same texts seen twice: dense rows and sparse rows."""

    dense: Array
    sparse: sparse.csr_matrix

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Views:
        return Views(self.dense[rows], self.sparse[rows])


@dataclass(frozen=True)
class Head:
    """One question and its answers: softmax over classes, or one yes/no score a class."""

    classes: tuple[str, ...]
    exclusive: bool
    dense_w: Array
    sparse_w: Array
    bias: Array
    slope: Array
    offset: Array

    def scores(self, views: Views) -> Array:
        """Return one calibrated log-odds (or logit) a text and class."""
        raw = views.dense @ self.dense_w.T + views.sparse @ self.sparse_w.T + self.bias
        return np.asarray(raw * self.slope + self.offset, np.float32)

    def chances(self, scores: Array) -> Array:
        """Turn scores into probabilities."""
        if self.exclusive:
            shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
            return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)
        return np.asarray(1.0 / (1.0 + np.exp(-scores)), np.float32)

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Return everything there is to save, each array under this head's name."""
        return {
            f"{name}.classes": np.array(self.classes),
            f"{name}.exclusive": np.array(self.exclusive),
            f"{name}.dense_w": self.dense_w,
            f"{name}.sparse_w": self.sparse_w,
            f"{name}.bias": self.bias,
            f"{name}.slope": self.slope,
            f"{name}.offset": self.offset,
        }

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> Head:
        """Rebuild a head from what `arrays` returned."""

        def get(part: str) -> Array:
            return np.asarray(arrays[f"{name}.{part}"], np.float32)

        return cls(
            classes=tuple(str(c) for c in arrays[f"{name}.classes"]),
            exclusive=bool(arrays[f"{name}.exclusive"]),
            dense_w=get("dense_w"),
            sparse_w=get("sparse_w"),
            bias=get("bias"),
            slope=get("slope"),
            offset=get("offset"),
        )


def fit_exclusive(
    views: Views, labels: Sequence[str], *, dense_c: float, sparse_c: float, share: float
) -> Head:
    """Fit one answer out of many."""
    wanted = np.array(labels)
    dense = LogisticRegression(C=dense_c, max_iter=150).fit(views.dense, wanted)
    words = LogisticRegression(C=sparse_c, solver="liblinear").fit(views.sparse, wanted)
    classes = tuple(str(c) for c in dense.classes_)
    return Head(
        classes=classes,
        exclusive=True,
        dense_w=np.float32(dense.coef_ * (1 - share)),
        sparse_w=np.float32(words.coef_ * share),
        bias=np.float32(dense.intercept_ * (1 - share) + words.intercept_ * share),
        slope=np.ones(len(classes), np.float32),
        offset=np.zeros(len(classes), np.float32),
    )


def fit_each(
    views: Views,
    answers: Mapping[str, NDArray[np.bool_]],
    *,
    dense_c: float,
    sparse_c: float,
    share: float,
    weights: NDArray[np.float64] | None = None,
    calibrate: bool = False,
) -> Head:
    """Fit a yes/no score for every class, on its own; calibrated by cross-validation if asked."""
    dense_w, sparse_w, bias, slope, offset = [], [], [], [], []
    for yes in answers.values():
        dense = LogisticRegression(C=dense_c, max_iter=150).fit(views.dense, yes, weights)
        words = LogisticRegression(C=sparse_c, solver="liblinear").fit(views.sparse, yes, weights)
        dense_w.append(dense.coef_[0] * (1 - share))
        sparse_w.append(words.coef_[0] * share)
        bias.append(dense.intercept_[0] * (1 - share) + words.intercept_[0] * share)
        a, b = (1.0, 0.0)
        if calibrate:
            a, b = _platt(views, yes, dense_c=dense_c, sparse_c=sparse_c, share=share)
        slope.append(a)
        offset.append(b)
    return Head(
        classes=tuple(answers),
        exclusive=False,
        dense_w=np.array(dense_w, np.float32),
        sparse_w=np.array(sparse_w, np.float32),
        bias=np.array(bias, np.float32),
        slope=np.array(slope, np.float32),
        offset=np.array(offset, np.float32),
    )


def _platt(
    views: Views, yes: NDArray[np.bool_], *, dense_c: float, sparse_c: float, share: float
) -> tuple[float, float]:
    """Return the slope and offset that make held-out scores honest probabilities."""
    held_out = np.zeros(len(yes))
    folds = StratifiedKFold(4, shuffle=True, random_state=7)
    for seen, unseen in folds.split(views.dense, yes):
        dense = LogisticRegression(C=dense_c, max_iter=150).fit(views.dense[seen], yes[seen])
        words = LogisticRegression(C=sparse_c, solver="liblinear").fit(
            views.sparse[seen], yes[seen]
        )
        held_out[unseen] = dense.decision_function(views.dense[unseen]) * (
            1 - share
        ) + share * words.decision_function(views.sparse[unseen])
    line = LogisticRegression(C=1e3).fit(held_out[:, None], yes)
    return float(line.coef_[0, 0]), float(line.intercept_[0])
