"""Parse together what was asked together.

Rasa parses each request by itself. Our pipeline takes a batch as readily as one message, and a
text costs half as much in a batch: the encoder's weights are read from memory once for all. While
a batch is parsed the next requests queue up, and while the server is busy the first waits a moment
for others: the busier, the larger the batches. A request that comes alone is parsed at once.
"""

from __future__ import annotations

import asyncio
from typing import Any

MOST = 16  # texts in a batch: more would keep the first of them waiting for the last
BUSY = 0.05  # seconds after a batch in which others are likely to come
JOIN = 0.003  # seconds that the first then waits for them

Asked = tuple[Any, asyncio.Future[dict[str, Any]]]


class Together:
    """Answers `parse_message` of one of Rasa's message processors, batch by batch."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._waiting: list[Asked] = []
        self._busy_until = 0.0

    async def parse(self, message: Any) -> dict[str, Any]:
        """Return what this message says, in Rasa's words."""
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        if not self._waiting:
            # at the earliest once all requests that are there have been read
            loop.call_later(JOIN if loop.time() < self._busy_until else 0, self._answer)
        self._waiting.append((message, answer))
        parsed: dict[str, Any] = await answer
        return parsed

    def _answer(self) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        loop = asyncio.get_running_loop()
        if self._waiting:
            loop.call_soon(self._answer)
        asked = [each for each in batch if not each[1].done()]  # who asked has not gone away
        try:
            said = self._said([message for message, _ in asked])
        except Exception:  # noqa: BLE001  one text broke it: the others must not go without
            for each in asked:
                self._answer_alone(*each)
            return
        finally:
            self._busy_until = loop.time() + BUSY
        for (_, answer), parsed in zip(asked, said, strict=True):
            answer.set_result(parsed)

    def _answer_alone(self, message: Any, answer: asyncio.Future[dict[str, Any]]) -> None:
        try:
            answer.set_result(self._said([message])[0])
        except Exception as error:  # noqa: BLE001  Rasa tells who asked
            answer.set_exception(error)

    def _said(self, messages: list[Any]) -> list[dict[str, Any]]:
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER

        target = self._processor.model_metadata.nlu_target
        inputs = {PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: None}
        parsed = self._processor.graph_runner.run(inputs=inputs, targets=[target])[target]
        empty = {"text": "", "intent": {"name": None, "confidence": 0.0}, "entities": []}
        return [{**empty, **each.as_dict(only_output_properties=True)} for each in parsed]


def put_in() -> None:
    """Let Rasa's processors parse together from now on."""
    from rasa.core.processor import MessageProcessor

    async def parse_message(
        self: Any, message: Any, tracker: Any = None, only_output_properties: bool = True
    ) -> dict[str, Any]:
        if not hasattr(self, "together"):
            self.together = Together(self)
        parsed: dict[str, Any] = await self.together.parse(message)
        return parsed

    MessageProcessor.parse_message = parse_message
