"""Stand-ins for the heavy libraries that Rasa imports and our pipeline never uses.

Rasa imports TensorFlow, cloud clients and a dozen chat channels whatever the pipeline is: 15 s of
work and 350 MB at every start. `put_in()`, called before Rasa is imported, answers those imports
with empty shapes: their names exist, classes can be derived from them, nothing is computed. A
pipeline that did need one of them (DIET, a custom channel) must leave it out of `UNUSED`.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

UNUSED = frozenset(
    {
        *("tensorflow", "keras"),
        *("boto3", "botocore", "pymongo", "aio_pika"),
        *("twilio", "slack", "slack_sdk", "webexteamssdk", "aiogram", "fbmessenger"),
        "rocketchat_API",
    }
)


def put_in() -> None:
    """Answer imports of what is unused with stand-ins, from now on."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


class _AnyClass(type):
    """A class whose every attribute is another such class."""

    def __getattr__(cls, name: str) -> Any:
        if _is_special(name):
            raise AttributeError(name)
        return _AnyClass(name, (_Nothing,), {})


class _Nothing(metaclass=_AnyClass):
    """Can be derived from, made and called; as a decorator it leaves what it decorates alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __init_subclass__(cls, **kwargs: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else self

    def __getattr__(self, name: str) -> Any:
        if _is_special(name):
            raise AttributeError(name)
        return _Nothing()


class _EmptyModule(types.ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        if _is_special(name):
            raise AttributeError(name)
        return _AnyClass(name, (_Nothing,), {})


class _Finder(MetaPathFinder, Loader):
    """Finds the unused libraries and all their modules, before Python looks for the real ones."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: types.ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in UNUSED:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return _EmptyModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass
