"""Keep every core busy while a model is trained."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Given = TypeVar("Given")
Made = TypeVar("Made")


def at_once(do: Callable[[Given], Made], things: Iterable[Given]) -> list[Made]:
    """Do each thing in a thread of its own, a core a thread, and return what came of them.

    Threads are enough: the long work is in NumPy and scikit-learn, which let go of the interpreter.
    A matrix product that spread over all cores by itself would only get in the others' way.
    """
    with threadpool_limits(limits=1), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(do, things))
