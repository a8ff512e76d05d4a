"""A running Rasa, as the tests of the model itself have it."""

from tests.nlu.conftest import rasa

__all__ = ["rasa"]
