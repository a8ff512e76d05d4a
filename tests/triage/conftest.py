"""The trained model and a running Rasa, as the tests of the model itself have them."""

from tests.nlu.conftest import model, rasa

__all__ = ["model", "rasa"]
