"""The classifiers themselves: linear heads over two views of a text, averaged.

The dense view (the tuned encoder's vector and cues) carries meaning across wordings and languages;
the sparse view (n-grams) carries the exact words of a scheme. They err on different texts, so the
mean of their scores errs less than either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from nlu_data.components.questions import Question

Array = NDArray[np.float32]
Views = Mapping[str, NDArray[np.generic] | sparse.csr_matrix]
"""The same texts seen in several ways, a row for each in each."""


@dataclass(frozen=True)
class Head:
    """One question and its answers: one out of many, or a yes or no for each."""

    classes: tuple[str, ...]
    exclusive: bool
    weights: Mapping[str, Array]
    bias: Array
    slope: float = 1.0

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
            f"{name}.slope": np.array(self.slope),
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
                key.removeprefix(prefix): np.asarray(arrays[key], np.float32)
                for key in arrays
                if key.startswith(prefix)
            },
            bias=np.asarray(arrays[f"{name}.bias"], np.float32),
            slope=float(arrays[f"{name}.slope"]),
        )


class Stack:
    """All heads side by side: one product a view instead of one a head."""

    def __init__(self, heads: Mapping[str, Head]) -> None:
        self.heads = heads
        self._ends = np.cumsum([len(head.classes) for head in heads.values()])[:-1]
        self._weights = {
            view: np.ascontiguousarray(np.vstack([h.weights[view] for h in heads.values()]).T)
            for view in sorted({view for head in heads.values() for view in head.weights})
        }

    def scores(self, views: Views) -> dict[str, Array]:
        """Return for each head one score a text and class: log-odds up to a constant."""
        total = sum(views[view] @ weights for view, weights in self._weights.items())
        by_head = np.split(np.asarray(total, np.float32), self._ends, axis=1)
        return {
            name: (scores + head.bias) * np.float32(head.slope)
            for (name, head), scores in zip(self.heads.items(), by_head, strict=True)
        }


def learn(question: Question, grams: sparse.csr_matrix, c: float) -> Head:
    """Fit a head on n-grams, a row for each text asked; `c` is how freely it may bend to them."""
    if question.exclusive:
        fits = [_fit(grams, question.right.argmax(axis=1), c)]
    else:
        fits = [_fit(grams, yes, c) for yes in question.right.T]
    return Head(
        classes=question.classes,
        exclusive=question.exclusive,
        weights={"sparse": np.vstack([fit.coef_ for fit in fits]).astype(np.float32)},
        bias=np.concatenate([fit.intercept_ for fit in fits]).astype(np.float32),
    )


def _fit(grams: sparse.csr_matrix, right: NDArray[np.generic], c: float) -> LogisticRegression:
    return LogisticRegression(C=c, solver="liblinear").fit(grams, right)


def mean(one: Head, other: Head) -> Head:
    """Return the head whose score is the mean of those of two that answer alike by other views."""
    return replace(
        one,
        weights={view: w / 2 for view, w in {**one.weights, **other.weights}.items()},
        bias=(one.bias + other.bias) / 2,
    )


def calibrated(head: Head, scores: Array, right: NDArray[np.bool_]) -> Head:
    """Return a head of one class whose chances are honest, by texts it has not seen (Platt)."""
    line = LogisticRegression(C=1e3).fit(scores, right[:, 0])
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    return replace(head, bias=head.bias + np.float32(offset / slope), slope=slope)
