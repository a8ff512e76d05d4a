"""Score judgements against labelled texts, and tell it in Markdown and in a picture.

How labels are read:

- `type` may name several, `loan|credit_repair`: any of them is right. `any_scam` says only that it
  is one. `other_scam` is left out of type scores. Types are scored on rows judged a scam.
- Rows of stage `query` are left out of scam-or-not: a general question need not be called a scam.
- `stage` may be absent, null or `either`: not scored. `escalate` is `must`, `must_not` or
  `either`; where there is none, `live` must be escalated and `contacted`, `query` and `none` must
  not.
- A verdict of `scam` or `suspicious` says scam; `unclear` is an abstention.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actions.triage.judgement import ScamType, Stage

JudgeText = Callable[[str], Mapping[str, object]]
"""From a text to what `fanzha assess` prints: verdict, type, stage, escalate."""

SAYS_SCAM = frozenset({"scam", "suspicious"})
TYPES = frozenset({*ScamType, "none", "any_scam"})
NOT_SCORED_TYPES = frozenset({"none", "any_scam", "other_scam"})
MUST_NOT_STAGES = frozenset({"contacted", "query", "none"})


MOST_NAMED = 20  # bad lines; a file of another kind has nothing else


class BadRow(Exception):
    """Names the lines that are no labelled texts, and what is wrong with each."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text and what is right for it; an empty set means that it is not scored."""

    text: str
    types: frozenset[str]
    stages: frozenset[str]
    escalate: str | None

    @property
    def is_scam(self) -> bool | None:
        """Whether it is one; None where the answer is not scored."""
        if "query" in self.stages:
            return None
        return None if self.types >= {"none", "any_scam"} else "none" not in self.types


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many, with its 95% interval (Wilson's)."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share, 0 where there is nothing to share."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies, with 95% confidence."""
        if not self.of:
            return (0.0, 1.0)
        z, n, p = 1.96, self.of, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (max(0.0, middle - half), min(1.0, middle + half))

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = self.interval
        return f"{self.value:.1%} ({low:.0%} to {high:.0%}, {self.hits} of {self.of})"


@dataclass(frozen=True, slots=True)
class Scores:
    """What came out, for one model on one set of texts."""

    rows: int
    scam_recall: Rate
    false_alarms: Rate
    unclear: Rate
    wrong_when_sure: Rate
    stage_recall: Mapping[str, Rate]
    escalated: Rate
    escalated_wrongly: Rate
    type_f1: Mapping[str, float]
    type_accuracy: Rate
    confusion: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def type_macro_f1(self) -> float:
        """The mean over the types that occur, each weighing the same."""
        return sum(self.type_f1.values()) / len(self.type_f1) if self.type_f1 else 0.0


def read(file: Path) -> list[Labelled]:
    """Read JSON lines with `text`, `type` and perhaps `stage` and `escalate`."""
    rows, bad = [], []
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rows.append(labelled(json.loads(line.decode("utf-8-sig"))))
        except UnicodeDecodeError:
            bad.append(f"{file}, line {number}: is not UTF-8 text")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            bad.append(f"{file}, line {number}: needs text and type ({error!r})")
    if bad or not rows:
        raise BadRow("\n".join(bad[:MOST_NAMED]) or f"{file} has no labelled text")
    return rows


def labelled(row: Mapping[str, object]) -> Labelled:
    """Read one row; raise KeyError, TypeError or ValueError when it says nothing we can score."""
    text, kind = row["text"], row["type"]
    if not isinstance(text, str) or not isinstance(kind, str):
        raise TypeError("text and type are words")
    if unknown := set(kind.split("|")) - TYPES:
        raise ValueError(f"no type {', '.join(sorted(unknown))}")
    stage, escalate = row.get("stage"), row.get("escalate")
    stages = frozenset(str(stage).split("|")) if stage else frozenset()
    stages = frozenset() if "either" in stages else stages
    if strange := stages - set(Stage):
        raise ValueError(f"no stage {', '.join(sorted(strange))}")
    if escalate not in ("must", "must_not", "either"):
        if stages == {"live"}:
            escalate = "must"
        else:
            calm = (stages and stages <= MUST_NOT_STAGES) or kind == "none"
            escalate = "must_not" if calm else None
    return Labelled(text, frozenset(kind.split("|")), stages, str(escalate) if escalate else None)


def measure(rows: Sequence[Labelled], judge: JudgeText) -> Scores:
    """Judge every text and score it."""
    return score([(row, judge(row.text)) for row in rows])


def score(pairs: Iterable[tuple[Labelled, Mapping[str, object]]]) -> Scores:
    """Score what was judged already."""
    pairs = list(pairs)
    verdicts = [(row, str(found["verdict"])) for row, found in pairs]
    scams = [v in SAYS_SCAM for row, v in verdicts if row.is_scam is True]
    genuine = [v in SAYS_SCAM for row, v in verdicts if row.is_scam is False]
    sure = [
        (v in SAYS_SCAM) != row.is_scam
        for row, v in verdicts
        if row.is_scam is not None and v != "unclear"
    ]
    confusion = _confusion(pairs)
    right = sum(n for (wanted, given), n in confusion.items() if wanted == given)
    return Scores(
        rows=len(pairs),
        scam_recall=_rate(scams),
        false_alarms=_rate(genuine),
        unclear=_rate(v == "unclear" for _, v in verdicts),
        wrong_when_sure=_rate(sure),
        stage_recall=_stage_recall(pairs),
        escalated=_rate(bool(f.get("escalate")) for row, f in pairs if row.escalate == "must"),
        escalated_wrongly=_rate(
            bool(f.get("escalate")) for row, f in pairs if row.escalate == "must_not"
        ),
        type_f1=_type_f1(confusion),
        type_accuracy=Rate(right, sum(confusion.values())),
        confusion=confusion,
    )


def _rate(answers: Iterable[bool]) -> Rate:
    answers = list(answers)
    return Rate(sum(answers), len(answers))


def _stage_recall(pairs: Sequence[tuple[Labelled, Mapping[str, object]]]) -> dict[str, Rate]:
    of: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for row, found in pairs:
        if not row.stages:
            continue
        wanted = "|".join(sorted(row.stages))
        of[wanted] += 1
        hits[wanted] += str(found.get("stage")) in row.stages
    return {stage: Rate(hits[stage], of[stage]) for stage in sorted(of)}


def _confusion(
    pairs: Sequence[tuple[Labelled, Mapping[str, object]]],
) -> dict[tuple[str, str], int]:
    """Count (right type, given type) over rows that are, and were judged, a scam."""
    counted: Counter[tuple[str, str]] = Counter()
    for row, found in pairs:
        if row.types & NOT_SCORED_TYPES or str(found["verdict"]) not in SAYS_SCAM:
            continue
        given = str(found.get("type") or "–")
        counted[(given if given in row.types else min(row.types), given)] += 1
    return dict(counted)


def _type_f1(confusion: Mapping[tuple[str, str], int]) -> dict[str, float]:
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for (right, said), n in confusion.items():
        wanted[right] += n
        given[said] += n
    return {
        kind: 2 * confusion.get((kind, kind), 0) / (wanted[kind] + given[kind])
        for kind in sorted(wanted)
    }


def report(scores: Mapping[str, Scores]) -> str:
    """Return a Markdown page: one column for each named model, so that two stand side by side."""
    names = list(scores)
    lines = [
        "# Evaluation",
        "",
        f"{next(iter(scores.values())).rows} texts.",
        "",
        _row(["", *names]),
        _row(["---"] * (len(names) + 1)),
    ]

    def tell(what: str, value: Callable[[Scores], object]) -> None:
        lines.append(_row([what, *(str(value(scores[name])) for name in names)]))

    tell("scam recall (scam or suspicious)", lambda s: s.scam_recall)
    tell("false alarms on what is none", lambda s: s.false_alarms)
    tell("unclear (abstained)", lambda s: s.unclear)
    tell("coverage", lambda s: f"{1 - s.unclear.value:.1%}" if s.rows else "–")
    tell("of the rest, wrong on scam or not", lambda s: s.wrong_when_sure)
    tell("live escalated", lambda s: s.escalated)
    tell("escalated that must not be", lambda s: s.escalated_wrongly)
    tell("type macro-F1", lambda s: f"{s.type_macro_f1:.3f}" if s.type_f1 else "–")
    tell("type accuracy", lambda s: s.type_accuracy)
    for stage in sorted({stage for s in scores.values() for stage in s.stage_recall}):
        tell(f"stage {stage} recall", lambda s, stage=stage: s.stage_recall.get(stage, "–"))  # type: ignore[misc]
    for kind in sorted({kind for s in scores.values() for kind in s.type_f1}):
        tell(f"type {kind} F1", lambda s, kind=kind: f"{s.type_f1.get(kind, 0.0):.2f}")  # type: ignore[misc]
    for name in names:
        lines += ["", f"## Types taken for another: {name}", ""]
        mixed = [(n, pair) for pair, n in scores[name].confusion.items() if pair[0] != pair[1]]
        lines += [
            f"- {wanted} taken for {given}: {n}"
            for n, (wanted, given) in sorted(mixed, reverse=True)[:15]
        ] or ["- none"]
    return "\n".join(lines) + "\n"


def write(
    rows: Sequence[Labelled],
    judged: Sequence[Mapping[str, object]],
    *,
    folder: Path,
    title: str,
    model: str,
    against: Sequence[Mapping[str, object]] | None = None,
    other: str = "the other model",
) -> Path:
    """Write report and picture of what was judged, beside another model's if given."""
    folder.mkdir(parents=True, exist_ok=True)
    scores = {model: score(zip(rows, judged, strict=True))}
    if against is not None:
        scores[other if other != model else f"{other} again"] = score(
            zip(rows, against, strict=True)
        )
    draw(scores[model], folder / f"{title}.png")
    page = folder / f"{title}.md"
    picture = f"\n![Types: right in rows, given in columns]({title}.png)\n"
    page.write_text(report(scores) + picture, encoding="utf-8")
    return page


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def draw(scores: Scores, file: Path) -> None:
    """Write the confusion of types as a PNG: rows are right, columns were given."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kinds = sorted({kind for pair in scores.confusion for kind in pair}) or ["–"]
    side = max(4.0, 0.5 * len(kinds) + 2.0)
    figure = Figure(figsize=(side, side), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    counts = [[scores.confusion.get((right, said), 0) for said in kinds] for right in kinds]
    shares = [[n / max(sum(row), 1) for n in row] for row in counts]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(kinds)), kinds, rotation=60, ha="right")
    axes.set_yticks(range(len(kinds)), kinds)
    axes.set_xlabel("given")
    axes.set_ylabel("right")
    axes.set_title(f"Types, macro-F1 {scores.type_macro_f1:.2f}")
    for i, row in enumerate(counts):
        for j, n in enumerate(row):
            if n:
                dark = shares[i][j] > 0.5
                axes.text(j, i, str(n), ha="center", va="center", color="w" if dark else "k")
    figure.savefig(file)
