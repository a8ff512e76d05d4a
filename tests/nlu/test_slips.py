"""A copy with slips stays near its text, and is the same at every training."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nlu_data.components.slips import EMOJI, LETTERS_A_SLIP, TOO_SHORT, slip, slipped


@given(st.text(min_size=TOO_SHORT, max_size=400), st.integers())
def test_a_slip_moves_loses_doubles_or_adds_a_letter_in_every_forty(text: str, seed: int) -> None:
    slips = max(1, len(text) // LETTERS_A_SLIP)
    copy = slip(text, Random(seed))
    assert abs(len(copy) - len(text)) <= slips
    assert set(copy) <= set(text) | set(EMOJI)


def test_one_text_in_five_is_copied_and_always_the_same_one() -> None:
    texts = [f"他让我转账第{number}次" for number in range(2000)]
    copies = list(slipped(texts))
    assert 300 < len(copies) < 500
    assert copies == list(slipped(texts))
    assert sum(copy != texts[at] for at, copy in copies) > 0.9 * len(copies)


def test_three_letters_are_left_alone() -> None:
    assert list(slipped(["救命", "骗子", "转吗", "在吗?"[:3], "110"] * 50)) == []
