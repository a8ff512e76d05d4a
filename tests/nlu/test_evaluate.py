"""Scoring: what counts, what does not, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.nlu import evaluate
from bot.nlu.evaluate import BadRow, labelled, score


def _found(verdict: str, type: str | None = None, stage: str = "none", escalate: bool = False):
    return {"verdict": verdict, "type": type, "stage": stage, "escalate": escalate}


def test_any_of_several_types_is_right() -> None:
    row = labelled({"text": "…", "type": "loan|credit_repair"})

    scores = score([(row, _found("scam", "credit_repair"))])

    assert scores.type_accuracy.value == 1.0


def test_any_scam_counts_for_recall_and_not_for_types() -> None:
    row = labelled({"text": "…", "type": "any_scam"})

    scores = score([(row, _found("suspicious", "loan"))])

    assert scores.scam_recall.value == 1.0
    assert scores.type_accuracy.of == 0


def test_other_scam_is_left_out_of_type_scores() -> None:
    row = labelled({"text": "…", "type": "other_scam"})

    assert score([(row, _found("scam", "loan"))]).type_f1 == {}


def test_a_general_question_is_left_out_of_scam_or_not_and_must_not_be_escalated() -> None:
    row = labelled({"text": "…", "type": "loan", "stage": "query"})

    scores = score([(row, _found("no_sign", escalate=True))])

    assert scores.scam_recall.of == scores.false_alarms.of == 0
    assert scores.escalated_wrongly.value == 1.0


def test_a_stage_that_is_null_or_either_is_not_scored() -> None:
    rows = [labelled({"text": "…", "type": "loan", "stage": s}) for s in (None, "either")]

    scores = score([(row, _found("scam", "loan", "loss")) for row in rows])

    assert scores.stage_recall == {}


def test_unclear_is_an_abstention_and_no_error() -> None:
    rows = [labelled({"text": "…", "type": t}) for t in ("loan", "none")]

    scores = score([(rows[0], _found("unclear")), (rows[1], _found("scam", "loan"))])

    assert scores.unclear.value == 0.5
    assert (scores.wrong_when_sure.hits, scores.wrong_when_sure.of) == (1, 1)
    assert scores.false_alarms.value == 1.0


def test_either_is_not_scored_for_escalation_and_must_is() -> None:
    either = labelled({"text": "…", "type": "loan", "stage": "loss", "escalate": "either"})
    must = labelled({"text": "…", "type": "loan", "stage": "live"})

    scores = score([(either, _found("scam", escalate=True)), (must, _found("scam"))])

    assert (scores.escalated.hits, scores.escalated.of) == (0, 1)
    assert scores.escalated_wrongly.of == 0


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"text": "…"}', "KeyError..type"),
        ('{"text": "…", "type": "lone"}', "no type lone"),
        ('{"text": "…", "type": "loan|pizza"}', "no type pizza"),
        ('{"text": "…", "type": "loan", "stage": "alive"}', "no stage alive"),
        ('{"text": 3, "type": "loan"}', "words"),
        ("no JSON", "Expecting value"),
    ],
)
def test_a_line_that_is_no_labelled_text_is_named(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(f'{{"text": "…", "type": "none"}}\n{line}\n')

    with pytest.raises(BadRow, match=f"line 2.*{why}"):
        evaluate.read(file)


def test_a_report_has_a_picture_and_sets_two_models_side_by_side(tmp_path: Path) -> None:
    rows = [labelled({"text": "…", "type": t, "stage": "contacted"}) for t in ("loan", "game")]
    ours = [_found("scam", "loan", "contacted"), _found("scam", "loan", "contacted")]
    theirs = [_found("scam", "loan", "loss"), _found("no_sign")]

    page = evaluate.write(rows, ours, folder=tmp_path, title="ours", model="nlu-1", against=theirs)

    assert "| nlu-1 | the other model |" in page.read_text()
    assert "game taken for loan: 1" in page.read_text()
    assert (tmp_path / "ours.png").read_bytes().startswith(b"\x89PNG")
