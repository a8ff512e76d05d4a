"""What our Rasa components share: how Rasa makes one, and how one that learns is kept in a model."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, Self

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage


class Component(GraphComponent):
    """Holds what Rasa gives it."""

    def __init__(
        self, config: dict[str, Any], node: str, storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = config
        self._node = node
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls(config, execution_context.node_name, model_storage, resource)


class Learner(Component):
    """Puts what it has learnt into the model's folder, and reads it from there."""

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            component.recall(folder)
        return component

    def keep(self) -> Resource:
        """Write what was learnt, and return where."""
        with self._storage.write_to(self._resource) as folder:
            self.remember(folder)
        return self._resource

    @abstractmethod
    def remember(self, folder: Path) -> None:
        """Write what was learnt."""

    @abstractmethod
    def recall(self, folder: Path) -> None:
        """Read what `remember` wrote."""
