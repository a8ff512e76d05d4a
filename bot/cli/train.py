"""`fanzha train`."""

from __future__ import annotations

from rich.console import Console

from bot import settings
from bot.nlu import train as training


def train() -> None:
    """Train the Rasa model when its texts, its pipeline or its environment changed."""
    console = Console(highlight=False, soft_wrap=True)
    home = settings.load().home
    if not training.is_stale(home):
        console.print(f"the model is up to date: {training.model_path(home).name}")
        return
    path = training.train(home, progress=lambda line: console.print(line, markup=False))
    console.print(f"trained {path.name}")
