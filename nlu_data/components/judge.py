"""The judge says whether it is a scam, of which type, at which stage, and by which signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    FEATURE_TYPE_SENTENCE,
    FEATURE_TYPE_SEQUENCE,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse

from nlu_data.components.at_once import at_once
from nlu_data.components.component import Learner
from nlu_data.components.encoder import tuned_heads
from nlu_data.components.heads import Head, Stack, calibrated, learn, mean
from nlu_data.components.progress import tell
from nlu_data.components.questions import HEADS, SIGNALS, UNCLEAR, Question, held_out, questions

STAGES = ("live", "loss", "contacted", "query", "none")
MODEL_FILE = "judge.npz"
# Each text weighs its n-grams as if it held ten more that say nothing (a common one weighs 8 before
# scaling): a few words, or one slip of the thumb in a few, must not prove much.
SILENT = 10 * 8.0**2

Rows = tuple[NDArray[np.float32], sparse.csr_matrix]  # dense and sparse features of the same texts


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Judge(Learner, IntentClassifier):
    """Several heads on the same features, trained from the intent and metadata of each example."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Nothing Rasa could check: our featurizers are checked by the pipeline tests."""
        return []

    @staticmethod
    def required_packages() -> list[str]:
        """Rasa would try to import each by its name, dashes and all; the lock file holds them."""
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """How freely each head may bend to n-grams, and how much the whole counts beside parts."""
        return {
            "heads": {
                "scam": 40.0,
                "types": 40.0,
                "talk": 20.0,
                "stage": 40.0,
                "signals": 20.0,
                UNCLEAR: 20.0,
            },
            "weight_of_whole": 0.5,
        }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._columns: NDArray[np.intp] = np.zeros(0, np.intp)
        self._idf: NDArray[np.float32] = np.zeros(0, np.float32)
        self._heads: dict[str, Head] = {}
        self._stack = Stack({})

    # --- training

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(TEXT)]
        counts = sparse.vstack([_counts(m, FEATURE_TYPE_SENTENCE) for m in examples]).tocsr()
        seen_in = np.asarray((counts > 0).sum(axis=0)).ravel()
        self._columns = np.flatnonzero(seen_in >= 2)
        self._idf = np.float32(np.log((1 + len(examples)) / (1 + seen_in[self._columns])) + 1.0)
        tell(f"Judge: learning from {len(examples)} texts")
        self._heads = self._learn(examples, self._weigh([counts]))
        return self.keep()

    def _learn(self, examples: list[Message], grams: sparse.csr_matrix) -> dict[str, Head]:
        """Join each tuned head with one that learns from n-grams; calibrate what says scam or not."""
        asked = questions(examples)
        tuned = tuned_heads(asked)

        def with_grams(name: str, some: Question) -> Head:
            return mean(tuned[name], learn(some, grams[some.rows], self._config["heads"][name]))

        def know(name: str) -> Head:
            head = with_grams(name, asked[name])
            tell(f"Judge: knows {name}")
            return head

        heads = dict(zip(HEADS, at_once(know, HEADS), strict=True))
        unseen = held_out(examples)[asked["scam"].rows]
        half = Stack({"scam": with_grams("scam", asked["scam"][~unseen])})
        rest = asked["scam"][unseen]
        dense = np.vstack([_dense(examples[row], FEATURE_TYPE_SENTENCE) for row in rest.rows])
        scores = half.scores({"dense": dense, "sparse": grams[rest.rows]})["scam"]
        return {**heads, "scam": calibrated(heads["scam"], scores, rest.right)}

    def _weigh(self, counts: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
        """Turn counts into rows of tf-idf over the columns seen in training, short of unit length."""
        indices = np.concatenate([each.indices for each in counts])
        lengths = np.concatenate([np.diff(each.indptr) for each in counts])
        at = np.searchsorted(self._columns, indices)
        at[at == len(self._columns)] = 0
        known = self._columns[at] == indices
        rows = np.repeat(np.arange(len(lengths)), lengths)[known]
        columns = at[known]
        values = np.concatenate([each.data for each in counts])[known] * self._idf[columns]
        norms = np.sqrt(np.bincount(rows, values * values, len(lengths)) + SILENT)
        ends = np.cumsum(np.bincount(rows, minlength=len(lengths)))
        return sparse.csr_matrix(
            (np.asarray(values / norms[rows], np.float32), columns, np.r_[0, ends]),
            shape=(len(lengths), len(self._columns)),
        )

    def remember(self, folder: Path) -> None:
        arrays: dict[str, Any] = {"columns": self._columns, "idf": self._idf}
        for name, head in self._heads.items():
            arrays.update(head.arrays(name))
        np.savez(folder / MODEL_FILE, **arrays)

    def recall(self, folder: Path) -> None:
        with np.load(folder / MODEL_FILE, allow_pickle=False) as arrays:
            self._columns = arrays["columns"]
            self._idf = arrays["idf"]
            self._heads = {name: Head.of(arrays, name) for name in HEADS}
        self._stack = Stack(self._heads)

    # --- judging

    def process(self, messages: list[Message]) -> list[Message]:
        """Score all the texts and their parts in one go, then judge each text by its rows."""
        read = []
        for message in messages:
            if self._heads and message.get("plain"):
                read.append(message)
            else:
                _answer_nothing(message)
        if not read:
            return messages
        seen = [[part for part in (_whole(m), _parts(m)) if part is not None] for m in read]
        dense = np.vstack([rows for parts in seen for rows, _ in parts])
        counts = self._weigh([rows for parts in seen for _, rows in parts])
        scores = self._stack.scores({"dense": dense, "sparse": counts})
        at = 0
        for message, parts in zip(read, seen, strict=True):
            end = at + sum(len(rows) for rows, _ in parts)
            self._judge(message, {name: rows[at:end] for name, rows in scores.items()})
            at = end
        return messages

    def _judge(self, message: Message, scores: Mapping[str, NDArray[np.float32]]) -> None:
        chances = {
            name: head.chances(self._pooled(name, scores[name]))[0]
            for name, head in self._heads.items()
        }
        scam = float(chances["scam"][0])
        types = dict(zip(self._heads["types"].classes, map(float, chances["types"]), strict=True))
        talk = dict(zip(self._heads["talk"].classes, map(float, chances["talk"]), strict=True))
        ranking = [(t, scam * p) for t, p in types.items()]
        ranking += [(t, (1 - scam) * p) for t, p in talk.items()]
        ranking.sort(key=lambda pair: -pair[1])
        named = [{"name": name, "confidence": round(p, 5)} for name, p in ranking[:10]]
        message.set("intent", named[0], add_to_output=True)
        message.set("intent_ranking", named, add_to_output=True)
        message.set("scam", scam, add_to_output=True)
        message.set("types", types, add_to_output=True)
        message.set(UNCLEAR, float(chances[UNCLEAR][0]), add_to_output=True)
        for name in ("stage", "signals"):
            answers = dict(zip(self._heads[name].classes, map(float, chances[name]), strict=True))
            message.set(name, answers, add_to_output=True)

    def _pooled(self, name: str, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Join what the whole says with what its most telling part says, or all parts together."""
        if len(scores) == 1:
            return scores
        whole, rest = scores[:1], scores[1:]
        told = rest.mean if name in ("types", "stage") else rest.max
        share = float(self._config["weight_of_whole"])
        strongest = told(axis=0, keepdims=True)
        return np.asarray(share * whole + (1 - share) * strongest, np.float32)


def _whole(message: Message) -> Rows:
    """Return the dense and the sparse features of the whole text, one row each."""
    rows = _rows(message, FEATURE_TYPE_SENTENCE)
    assert rows is not None  # noqa: S101  every featurizer reads the whole text
    return rows


def _parts(message: Message) -> Rows | None:
    """Return the features of the parts, one row each, or None for a short text."""
    return _rows(message, FEATURE_TYPE_SEQUENCE)


def _rows(message: Message, kind: str) -> Rows | None:
    if not any(each.type == kind for each in message.features):
        return None
    return _dense(message, kind), _counts(message, kind)


def _dense(message: Message, kind: str) -> NDArray[np.float32]:
    """Join the dense features of one kind as Rasa's own getters do, which copy them all first."""
    return np.hstack([f.features for f in message.features if f.type == kind and f.is_dense()])


def _counts(message: Message, kind: str) -> sparse.csr_matrix:
    (counts,) = (f.features for f in message.features if f.type == kind and f.is_sparse())
    return counts


def _answer_nothing(message: Message) -> None:
    message.set("intent", {"name": "none", "confidence": 1.0}, add_to_output=True)
    message.set("scam", 0.0, add_to_output=True)
    message.set(UNCLEAR, 1.0, add_to_output=True)
    message.set("types", {}, add_to_output=True)
    message.set("stage", {s: float(s == "none") for s in STAGES}, add_to_output=True)
    message.set("signals", dict.fromkeys(SIGNALS, 0.0), add_to_output=True)
