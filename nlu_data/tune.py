"""Tune the sentence encoder on our texts: `python nlu_data/tune.py TEXTS OUTPUT`.

Google's encoder was made to tell what any sentence is about; what tells a fraud from a bank's own
notice is a small part of that. Here all its layers but the table of words learn, together with the
heads, what our texts are labelled with. This takes a quarter of an hour, so it
is done when many texts or a type have come (`make tune`), and what it found is kept in the tree.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from rasa.shared.nlu.constants import TEXT
from sklearn.metrics import roc_auc_score

from nlu_data.components import encoder
from nlu_data.components.heads import Head
from nlu_data.components.lexicon import NAMES, cue_rows
from nlu_data.components.normalise import normalise
from nlu_data.components.progress import tell
from nlu_data.components.questions import Question, held_out, questions
from nlu_data.components.texts import read

SEED = 8
EPOCHS = 3
BATCH = 64  # texts that teach together
NEAR = 50 * BATCH  # texts among which those of like length are found
LONGEST = 160  # words of a text that are read, beginning and end counted
LAYERS_LEARN = 3e-4  # how far a layer moves in one step at most
HEADS_LEARN = 2e-3  # more, for they know nothing yet
WARM_UP = 0.1  # of all steps, until they are as long as that
FORGET_WORDS = 0.1  # of each text, so that no one word decides
FORGET_FEATURES = 0.3
SLIPPED = 0.3  # of all texts, learnt with slips of the thumb in them
SLIP_EVERY = 30  # characters
SHORTEST = 3  # characters; a text of no more is left alone

Floats = NDArray[np.float32]
Variables = Mapping[str, tf.Variable]


class Words:
    """What the encoder knows of single words: its table, which is left as it is."""

    def __init__(self) -> None:
        self.encoder = encoder.fresh()
        self._inside = self.encoder._model
        self._chunks = len(self._inside.scale)

    def numbers(self, text: str) -> NDArray[np.intp]:
        """Return the rows of the table that a text is written in."""
        spoken = self._inside.sp.encode(text, out_type=int, add_bos=True, add_eos=True)
        return np.array(spoken[:LONGEST], np.intp)

    def vectors(self, texts: Sequence[NDArray[np.intp]]) -> tuple[Floats, NDArray[np.int32]]:
        """Return the vectors of all words, texts side by side, and how many each text has."""
        lengths = np.array([len(numbers) for numbers in texts], np.int32)
        padded = np.zeros((len(texts), lengths.max()), np.intp)
        for row, numbers in zip(padded, texts, strict=True):
            row[: len(numbers)] = numbers
        chunk = padded % self._chunks
        vectors = self._inside.table[padded] * self._inside.scale[chunk][..., None]
        return np.asarray(vectors + self._inside.lo[chunk][..., None], np.float32), lengths


def sentences(layer: Variables, words: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """Return the vector of each text: what the wheel's encoder computes, so that it can learn."""
    inside = tf.sequence_mask(lengths, tf.shape(words)[1], tf.float32)[..., None]
    each = words @ layer["proj_W"] + layer["proj_b"]
    each = _normal(each, layer["ln_g_all"], layer["ln_b_all"]) * inside
    seen = [words]
    for at, own in enumerate(tf.split(each, len(encoder.GRAMS), axis=-1)):
        once = (_grams(layer, own, at, "1") + own) * inside
        seen.append(_grams(layer, once, at, "2") + once)
    seen = _normal(tf.concat(seen, -1), layer["ln_g"], layer["ln_b"]) * inside
    count = tf.cast(lengths, tf.float32)[:, None]
    mean = (tf.reduce_sum(seen, 1) @ layer["cnn_W"] + count * layer["cnn_b"]) / tf.sqrt(count)
    first = tf.nn.relu(mean @ layer["d0"])
    second = tf.nn.relu(mean @ layer["p1"] + first @ layer["d1"])
    third = tf.nn.relu(second @ layer["d2"])
    return tf.math.l2_normalize(tf.tanh(second @ layer["p3"] + third @ layer["d3"]), -1)


def _normal(values: tf.Tensor, gain: tf.Variable, offset: tf.Variable) -> tf.Tensor:
    mean, variance = tf.nn.moments(values, -1, keepdims=True)
    return tf.nn.batch_normalization(values, mean, variance, offset, gain, 1e-12)


def _grams(layer: Variables, values: tf.Tensor, at: int, depth: str) -> tf.Tensor:
    size, before = encoder.GRAMS[at]
    width = values.shape[-1]
    padded = tf.pad(values, [[0, 0], [before, size - 1 - before], [0, 0]])
    weights = tf.reshape(layer[f"w{depth}.{at}"], [size, width, width])
    return tf.nn.relu(tf.nn.conv1d(padded, weights, 1, "VALID") + layer[f"b{depth}.{at}"])


class Lesson:
    """All layers and heads, and how one batch teaches them."""

    def __init__(self, words: Words, cues: int, asked: Mapping[str, Question], steps: int) -> None:
        tf.random.set_seed(SEED)
        self.layers = {n: tf.Variable(a) for n, a in encoder.layers(words.encoder).items()}
        wide = len(self.layers["p3"][0]) + cues
        self.weights = {
            name: tf.Variable(tf.random.normal([wide, len(q.classes)], stddev=0.02))
            for name, q in asked.items()
        }
        self.biases = {name: tf.Variable(tf.zeros(len(q.classes))) for name, q in asked.items()}
        self.asked = asked
        self._taught = (
            (tuple(self.layers.values()), _adam(LAYERS_LEARN, steps)),
            ((*self.weights.values(), *self.biases.values()), _adam(HEADS_LEARN, steps)),
        )

    def scores(self, words: Any, lengths: Any, cues: Any, *, forget: float = 0) -> Any:
        """Return for each head one score a text and class."""
        meant = sentences(self.layers, words, lengths) * encoder.SCALE
        known = tf.nn.dropout(tf.concat([meant, cues], -1), forget)
        return {name: known @ w + self.biases[name] for name, w in self.weights.items()}

    @tf.function(reduce_retracing=True, autograph=False)
    def teach(self, words: Any, lengths: Any, cues: Any, right: Any) -> Any:
        """Move everything a step towards the right answers; return how wrong it was."""
        kept = tf.random.uniform(tf.shape(words)[:2]) >= FORGET_WORDS
        words *= tf.cast(kept, tf.float32)[..., None]
        with tf.GradientTape() as tape:
            said = self.scores(words, lengths, cues, forget=FORGET_FEATURES)
            wrong = tf.add_n(
                [
                    tf.reduce_mean(_error(self.asked[name], said[name], answer) * times)
                    for name, (answer, times) in right.items()
                ]
            )
        learners = [variables for variables, _ in self._taught]
        for (variables, optimizer), moves in zip(
            self._taught, tape.gradient(wrong, learners), strict=True
        ):
            optimizer.apply_gradients(zip(moves, variables, strict=True))
        return wrong

    def found(self) -> dict[str, NDArray[np.generic]]:
        """Return what to keep: how layers moved, heads, and the names of the cues that they know."""
        arrays: dict[str, Any] = encoder.moves({n: v.numpy() for n, v in self.layers.items()})
        arrays["cues"] = np.array(NAMES)
        for name, q in self.asked.items():
            head = Head(
                classes=q.classes,
                exclusive=q.exclusive,
                weights={"dense": self.weights[name].numpy().T},
                bias=self.biases[name].numpy(),
            )
            arrays.update(head.arrays(name))
        return arrays


def _error(asked: Question, said: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    if asked.exclusive:
        return tf.nn.softmax_cross_entropy_with_logits(right, said)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(right, said), -1)


class UpAndDown(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Longer and longer steps at first, then shorter and shorter ones."""

    def __init__(self, most: float, steps: int) -> None:
        self.most, self.steps = most, steps

    def __call__(self, step: Any) -> Any:
        done = tf.cast(step, tf.float32) / self.steps
        return self.most * tf.minimum(done / WARM_UP, (1 - done) / (1 - WARM_UP))


def _adam(most: float, steps: int) -> Any:
    return tf.keras.optimizers.Adam(UpAndDown(most, steps))


def answers(asked: Question, texts: int) -> tuple[Floats, Floats]:
    """Return the right answers text by text, and how often each text is asked (0: not at all)."""
    right = np.zeros((texts, len(asked.classes)), np.float32)
    np.add.at(right, asked.rows, asked.right)
    times = np.bincount(asked.rows, minlength=texts).astype(np.float32)
    return right / np.maximum(times, 1)[:, None], times


def slipped(text: str, chance: np.random.Generator) -> str:
    """Return a text with slips of the thumb: letters swapped, lost, doubled or wrong."""
    letters = list(text)
    for _ in range(1 + len(letters) // SLIP_EVERY):
        if len(letters) <= SHORTEST:
            break
        at = chance.integers(len(letters) - 1)
        match chance.integers(4):
            case 0:
                letters[at : at + 2] = reversed(letters[at : at + 2])
            case 1:
                del letters[at]
            case 2:
                letters.insert(at, letters[at])
            case _:
                letters[at] = chance.choice(letters)
    return "".join(letters)


def batches(
    rows: NDArray[np.intp], numbers: Sequence[NDArray[np.intp]], chance: np.random.Generator
) -> Iterator[NDArray[np.intp]]:
    """Yield all rows once in random order, texts of like length together."""
    order = chance.permutation(rows)
    made = []
    for start in range(0, len(order), NEAR):
        some = sorted(order[start : start + NEAR], key=lambda row: len(numbers[row]))
        made += [np.array(some[at : at + BATCH]) for at in range(0, len(some), BATCH)]
    for at in chance.permutation(len(made)):
        yield made[at]


@dataclass(frozen=True)
class Lines:
    """Texts as the encoder and its heads see them: the words' numbers, and the cues."""

    numbers: list[NDArray[np.intp]]
    cues: Floats

    @classmethod
    def read(cls, words: Words, texts: Sequence[str]) -> Lines:
        """See texts as they are read when somebody sends them; one in a hundred is cut off."""
        plain = [normalise(text) for text in texts]
        return cls([words.numbers(text) for text in plain], cue_rows(plain))

    def __getitem__(self, some: NDArray[np.intp]) -> Lines:
        return Lines([self.numbers[i] for i in some], self.cues[some])

    def shown(self, words: Words) -> tuple[Floats, NDArray[np.int32], Floats]:
        """Return what a lesson takes."""
        return *words.vectors(self.numbers), self.cues


def main() -> None:
    """Tune, tell how well texts that were held out are understood, and write what was found."""
    folder, output = map(Path, sys.argv[1:3])
    examples = [e for file in sorted(folder.glob("*.yml")) for e in read(file)]
    texts = [e.get(TEXT) for e in examples]
    out = held_out(examples)
    asked = questions(examples)
    right = {name: answers(question, len(texts)) for name, question in asked.items()}
    words, chance = Words(), np.random.default_rng(SEED)
    unseen = Lines.read(words, [texts[i] for i in np.flatnonzero(out)])
    known = {name: (answer[out], times[out]) for name, (answer, times) in right.items()}
    lesson = Lesson(words, unseen.cues.shape[1], asked, EPOCHS * -(-int((~out).sum()) // BATCH))
    for epoch in range(1, EPOCHS + 1):
        tell(f"round {epoch} of {EPOCHS}: reading {len(texts)} texts")
        slips = chance.random(len(texts)) < SLIPPED
        lines = Lines.read(
            words, [slipped(t, chance) if s else t for t, s in zip(texts, slips, strict=True)]
        )
        wrong = []
        for done, some in enumerate(batches(np.flatnonzero(~out), lines.numbers, chance)):
            if done % 100 == 0:
                tell(f"round {epoch} of {EPOCHS}: {done * BATCH} of {len(texts)} texts")
            now = {name: (answer[some], times[some]) for name, (answer, times) in right.items()}
            wrong.append(lesson.teach(*lines[some].shown(words), now))
        tell(f"round {epoch} of {EPOCHS}: {how_well(words, lesson, unseen, known)}")
        tell(f"round {epoch} of {EPOCHS}: wrong by {np.mean(wrong):.3f}")
    whole = output.with_suffix(".whole.npz")
    np.savez_compressed(whole, **lesson.found())
    whole.replace(output)


def how_well(
    words: Words, lesson: Lesson, unseen: Lines, right: Mapping[str, tuple[Floats, Floats]]
) -> str:
    """Say how well texts that were held out are understood."""
    said: dict[str, list[Floats]] = {name: [] for name in right}
    for start in range(0, len(unseen.numbers), BATCH):
        some = np.arange(start, min(start + BATCH, len(unseen.numbers)))
        for name, scores in lesson.scores(*unseen[some].shown(words)).items():
            said[name].append(scores.numpy())
    is_scam, once = right["scam"][0][:, 0], right["scam"][1] == 1  # not what nobody could tell
    scam = roc_auc_score(is_scam[once], np.vstack(said["scam"])[once, 0])
    of_type, typed = right["types"][0].argmax(1), right["types"][1] == 1
    types = np.vstack(said["types"]).argmax(1)
    return (
        f"of {len(unseen.numbers)} texts held out, scam or not AUC {scam:.4f}, "
        f"type right {np.mean(types[typed] == of_type[typed]):.3f}"
    )


if __name__ == "__main__":
    main()
