"""The trained model that some tests need: where it is, and the mark of a test that needs it."""

from __future__ import annotations

import pytest

from bot.nlu import train

HOME = train.ROOT / "var"

needs_model = pytest.mark.skipif(
    not train.PYTHON.exists() or train.is_stale(HOME),
    reason="no Rasa environment, or no model of the present texts: `make setup`",
)
