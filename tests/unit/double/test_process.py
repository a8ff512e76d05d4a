"""The double as a process of its own: the same object in the test's hand."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.double import BotApiDouble, BotApiProcess, connect
from tests.unit.double.conftest import Run, make_bot


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("double") / "calls.jsonl"


@pytest.fixture(scope="module")
def api(log: Path) -> Iterator[BotApiProcess]:
    with BotApiProcess(log=log, token="42:secret", strict_chats=True) as double:
        yield double


def test_a_test_talks_to_it_as_to_the_one_in_a_thread(
    api: BotApiProcess, run: Run, log: Path
) -> None:
    citizen, bot = api.citizen(1001), make_bot(api)
    run(bot.initialize())
    citizen.says("在吗")
    run(bot.get_updates())

    since = time.monotonic()
    run(bot.send_message(1001, "在"))
    run(bot.shutdown())

    assert citizen.wait_for("在").by_bot
    assert api.token == "42:secret"
    assert since < api.last_call_time < time.monotonic()
    time.sleep(0.3)
    logged = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(call["method"], call["status"]) for call in logged] == [
        ("getMe", 200),
        ("getUpdates", 200),
        ("sendMessage", 200),
    ]
    assert logged[-1]["params"] == {"chat_id": 1001, "text": "在"}


def test_another_test_can_control_it_by_its_address(api: BotApiProcess) -> None:
    api.citizen(3).says("在吗")

    with connect(api.url) as other:
        assert [message.text for message in other.citizen(3).messages] == ["在吗"]


def test_an_unknown_chat_is_refused_when_it_is_strict(api: BotApiProcess) -> None:
    body = {"chat_id": 555, "text": "a"}
    answer = httpx.post(f"{api.url}/bot{api.token}/sendMessage", json=body, trust_env=False)

    assert answer.json()["description"] == "Bad Request: chat not found"


@pytest.mark.parametrize(
    ("verb", "args"),
    [("conjure", {}), ("_chat", {"chat_id": 1}), ("act", {}), ("hello", {"a": 1})],
)
def test_a_wrong_control_verb_is_refused(
    api: BotApiProcess, verb: str, args: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match="Error"):
        api.act(verb, **args)


def test_it_ends_with_its_parent() -> None:
    with BotApiProcess() as double:
        assert double.process.stdin is not None
        double.process.stdin.close()

        assert double.process.wait(timeout=5) == 0
        double.process.stdin = None


def test_a_used_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        BotApiDouble(port=taken.getsockname()[1]).__enter__()
