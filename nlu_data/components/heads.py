"""The classifiers themselves: linear heads over views of a text, averaged.

The dense view (sentence vector and cues) carries meaning across wordings and languages; the kernel
view tells the same by likeness to typical texts; the sparse view (n-grams) carries the exact words
of a scheme. They err on different texts, so the mean of their scores errs less than any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

Array = NDArray[np.float32]
Rows = NDArray[np.bool_] | NDArray[np.intp]
Wanted = Mapping[str, float]
"""For each view that a head reads, the inverse strength of its regularisation."""
ROUNDS = 8  # of clustering: more of them move the middles little


@dataclass(frozen=True)
class Likeness:
    """A Gaussian kernel to typical texts (Nyström), so that a linear head bends.

    These are the middles of clusters: a sample drawn by lot is missing something else each time.
    """

    gamma: float
    known: Array
    mixing: NDArray[np.float64]
    squares: Array

    @classmethod
    def learn(cls, dense: Array, *, size: int, gamma: float, seed: int = 7) -> Likeness:
        """Find the typical texts, and the mixing that makes their kernel values independent."""
        clusters = KMeans(
            min(size, len(dense)), init="random", n_init=1, max_iter=ROUNDS, random_state=seed
        )
        known = np.ascontiguousarray(clusters.fit(dense).cluster_centers_, np.float32)
        plain = cls.of(gamma, known)
        eigenvalues, vectors = np.linalg.eigh(plain.raw(known).astype(np.float64))
        scale = 1.0 / np.sqrt(np.maximum(eigenvalues, 1e-9))
        return cls(gamma, known, (vectors * scale) @ vectors.T, plain.squares)

    @classmethod
    def of(cls, gamma: float, known: Array) -> Likeness:
        """Rebuild one for judging: the mixing is in the heads' weights already."""
        return cls(gamma, known, np.zeros((0, 0)), np.einsum("ij,ij->i", known, known))

    def raw(self, dense: Array) -> Array:
        """Return how like each typical text each row is, between 0 and 1."""
        squared = np.einsum("ij,ij->i", dense, dense)[:, None] + self.squares
        squared -= 2.0 * (dense @ self.known.T)
        np.maximum(squared, 0.0, out=squared)
        squared *= -self.gamma
        return np.asarray(np.exp(squared), np.float32)

    def mixed(self, raw: Array) -> Array:
        """Return the independent values that heads learn from; the dearest product of a training."""
        return np.asarray(raw.astype(np.float64) @ self.mixing, np.float32)

    def unmixed(self, head: Head) -> Head:
        """Return a head that learnt from mixed values as one that reads raw ones."""
        weights = dict(head.weights)
        if "kernel" in weights:
            weights["kernel"] = weights["kernel"] @ self.mixing.T
        return replace(head, weights=weights)


@dataclass(frozen=True)
class Views:
    """The same texts seen in several ways, a row for each in each."""

    seen: Mapping[str, NDArray[np.generic] | sparse.csr_matrix]

    @property
    def rows(self) -> int:
        """How many texts there are."""
        return int(next(iter(self.seen.values())).shape[0])

    def __getitem__(self, rows: Rows) -> Views:
        return Views({name: matrix[rows] for name, matrix in self.seen.items()})


@dataclass(frozen=True)
class Head:
    """One question and its answers: one out of many, or a yes or no for each."""

    classes: tuple[str, ...]
    exclusive: bool
    weights: Mapping[str, NDArray[np.generic]]
    bias: Array
    slope: Array

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
            f"{name}.bias": self.bias,
            f"{name}.slope": self.slope,
            **{
                # Half precision is enough for the many small weights of n-grams.
                f"{name}.weights.{view}": w.astype(np.float16) if view == "sparse" else w
                for view, w in self.weights.items()
            },
        }

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> Head:
        """Rebuild a head from what `arrays` returned."""
        prefix = f"{name}.weights."
        return cls(
            classes=tuple(str(c) for c in arrays[f"{name}.classes"]),
            exclusive=bool(arrays[f"{name}.exclusive"]),
            weights={
                key.removeprefix(prefix): _at_least_single(arrays[key])
                for key in arrays
                if key.startswith(prefix)
            },
            bias=np.asarray(arrays[f"{name}.bias"], np.float32),
            slope=np.asarray(arrays[f"{name}.slope"], np.float32),
        )


def _at_least_single(weights: NDArray[np.generic]) -> NDArray[np.generic]:
    return weights.astype(np.float32) if weights.dtype == np.float16 else weights


class Stack:
    """All heads side by side: one product a view instead of one a head."""

    def __init__(self, heads: Mapping[str, Head]) -> None:
        self.heads = heads
        self._columns: dict[str, slice] = {}
        end = 0
        for name, head in heads.items():
            self._columns[name] = slice(end, end + len(head.classes))
            end += len(head.classes)
        self._weights = {
            view: self._side_by_side(view) for head in heads.values() for view in head.weights
        }

    def _side_by_side(self, view: str) -> tuple[list[int], NDArray[np.generic]]:
        """Return which columns this view speaks to, and its weights, a contiguous row a feature."""
        columns: list[int] = []
        parts = []
        for name, head in self.heads.items():
            if view in head.weights:
                spoken = self._columns[name]
                columns += range(spoken.start, spoken.stop)
                parts.append(head.weights[view].T)
        return columns, np.ascontiguousarray(np.hstack(parts))

    def scores(self, views: Views) -> dict[str, Array]:
        """Return for each head one score a text and class: log-odds up to a constant."""
        total = np.zeros((views.rows, sum(len(h.classes) for h in self.heads.values())))
        for view, (columns, weights) in self._weights.items():
            total[:, columns] += views.seen[view] @ weights
        return {
            name: np.asarray((total[:, self._columns[name]] + head.bias) * head.slope, np.float32)
            for name, head in self.heads.items()
        }


def fit_exclusive(views: Views, right: NDArray[np.str_], wanted: Wanted) -> Head:
    """Fit one answer out of many."""
    weights, biases = {}, []
    for view, c in wanted.items():
        model = _fit(views.seen[view], right, view, c)
        weights[view] = model[0] / len(wanted)
        biases.append(model[1])
    return Head(
        classes=tuple(str(c) for c in np.unique(right)),
        exclusive=True,
        weights=weights,
        bias=np.asarray(np.mean(biases, axis=0), np.float32),
        slope=np.ones(1, np.float32),
    )


def fit_each(
    views: Views,
    answers: Mapping[str, NDArray[np.bool_]],
    wanted: Wanted,
    *,
    calibrate: bool = False,
) -> Head:
    """Fit a yes/no score for every class, on its own; calibrated on a quarter held out if asked."""
    rows: dict[str, list[NDArray[np.generic]]] = {view: [] for view in wanted}
    biases, slopes = [], []
    for yes in answers.values():
        bias = 0.0
        for view, c in wanted.items():
            w, b = _fit(views.seen[view], yes, view, c)
            rows[view].append(w[0] / len(wanted))
            bias += float(b[0]) / len(wanted)
        slope, offset = _platt(views, yes, wanted) if calibrate else (1.0, 0.0)
        biases.append(bias + offset / slope)
        slopes.append(slope)
    return Head(
        classes=tuple(answers),
        exclusive=False,
        weights={view: np.array(w) for view, w in rows.items()},
        bias=np.array(biases, np.float32),
        slope=np.array(slopes, np.float32),
    )


def _fit(
    seen: NDArray[np.generic] | sparse.csr_matrix,
    right: NDArray[np.generic],
    view: str,
    c: float,
) -> tuple[NDArray[np.generic], NDArray[np.float64]]:
    """Return weights and biases of a logistic regression on one view."""
    if view == "sparse":
        model = LogisticRegression(C=c, solver="liblinear").fit(seen, right)
        return np.asarray(model.coef_, np.float32), model.intercept_
    model = LogisticRegression(C=c, max_iter=60, tol=1e-3).fit(seen, right)
    exact = np.float64 if view == "kernel" else np.float32  # its weights are mixed once more
    return np.asarray(model.coef_, exact), model.intercept_


def _platt(views: Views, yes: NDArray[np.bool_], wanted: Wanted) -> tuple[float, float]:
    """Return the slope and offset that make the scores of a quarter held out honest chances."""
    seen, unseen = train_test_split(
        np.arange(len(yes)), test_size=0.25, stratify=yes, random_state=7
    )
    known, rest = views[seen], views[unseen]
    held_out = np.zeros(len(unseen))
    for view, c in wanted.items():
        w, b = _fit(known.seen[view], yes[seen], view, c)
        held_out += ((rest.seen[view] @ w.T)[:, 0] + b[0]) / len(wanted)
    line = LogisticRegression(C=1e3).fit(held_out[:, None], yes[unseen])
    return float(line.coef_[0, 0]), float(line.intercept_[0])
