"""The supervised child, with the real Rasa: it comes, comes back, is shared, ends with us."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from bot.nlu import train
from bot.nlu.server import NluServer

PATIENCE = 120.0
pytestmark = pytest.mark.timeout(400)


@contextlib.asynccontextmanager
async def _running(server: NluServer) -> AsyncIterator[None]:
    task = asyncio.create_task(server.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _until(wanted: object, patience: float = PATIENCE) -> None:
    assert callable(wanted)
    async with asyncio.timeout(patience):
        while not wanted():  # noqa: ASYNC110  it may be another process that we wait for
            await asyncio.sleep(0.1)


def _rasas(home: Path) -> list[psutil.Process]:
    """The Rasa processes that work in this home."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "serve.py" in " ".join(process.cmdline()) and process.cwd() == str(home / "nlu"):
                found.append(process)
    return found


def test_a_child_comes_up_comes_back_when_killed_and_ends_with_us(
    model: Path, tmp_path: Path
) -> None:
    async def scene() -> None:
        server = NluServer(tmp_path, model=model)
        assert (server.state, server.url) == ("starting", None)
        async with _running(server):
            await _until(lambda: server.url)
            assert server.state == "up"
            first = _rasas(tmp_path)
            assert len(first) == 1

            first[0].kill()
            await _until(lambda: server.url is None, 20)
            assert server.state == "down"

            await _until(lambda: server.url)
            assert _rasas(tmp_path) != first
        assert server.url is None

    asyncio.run(scene())

    assert _rasas(tmp_path) == []


def test_two_processes_of_one_home_share_one_child(model: Path, tmp_path: Path) -> None:
    async def scene() -> None:
        ours, theirs = NluServer(tmp_path, model=model), NluServer(tmp_path, model=model)
        async with _running(ours):
            await _until(lambda: ours.url)
            async with _running(theirs):
                await _until(lambda: theirs.url, 30)
                assert theirs.url == ours.url
                assert len(_rasas(tmp_path)) == 1

    asyncio.run(scene())


def test_the_child_of_a_parent_that_was_killed_ends_by_itself(model: Path, tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path; from bot.nlu.server import NluServer;"
        "asyncio.run(NluServer(Path(sys.argv[1]), model=Path(sys.argv[2])).run())"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(model)],
        cwd=train.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not _rasas(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert _rasas(tmp_path)

        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()

        deadline = time.monotonic() + 30
        while _rasas(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert _rasas(tmp_path) == []
    finally:
        parent.kill()


@pytest.mark.parametrize("says", ["[]", "null", '"up"', "{}", "<html>"])
def test_another_program_on_the_noted_port_is_no_server_and_nobodys_end(
    tmp_path: Path, says: str
) -> None:
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(says)}\r\n\r\n{says}".encode())
        await writer.drain()
        writer.close()

    async def scene() -> None:
        other = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = other.sockets[0].getsockname()[1]
        note = {"url": f"http://127.0.0.1:{port}", "model": "nlu-x.tar.gz"}
        home = tmp_path / "nlu"
        home.mkdir()
        (home / "server.json").write_text(json.dumps(note))
        server = NluServer(tmp_path)
        with (home / "server.lock").open("w") as theirs:
            fcntl.flock(theirs, fcntl.LOCK_EX)
            async with _running(server):
                await _until(lambda: len(asked) > 1, 10)
                assert server.url is None
        other.close()
        await other.wait_closed()

    asyncio.run(scene())


def test_a_missing_model_starts_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        server = NluServer(tmp_path, model=tmp_path / "no-model.tar.gz")
        async with _running(server):
            await asyncio.sleep(0.5)
            assert server.url is None
            assert _rasas(tmp_path) == []

    asyncio.run(scene())


def test_a_corrupt_model_is_stale_and_an_older_intact_one_is_better(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    wanted = train.model_path(tmp_path)
    older = models / f"{wanted.name.rsplit('-', 1)[0]}-00000000.tar.gz"
    older.write_bytes(b"whole")
    older.with_name(older.name + ".sha256").write_text(hashlib.sha256(b"whole").hexdigest())
    wanted.write_bytes(b"torn")
    wanted.with_name(wanted.name + ".sha256").write_text("0" * 64)

    assert train.is_stale(tmp_path)
    assert not train.is_intact(wanted)
    assert train.best_model(tmp_path) == older


@pytest.mark.parametrize(
    ("changed", "reads_alike", "learnt_alike"),
    [
        pytest.param("config.yml", False, True, id="the pipeline"),
        pytest.param("nlu_data/components/judge.py", False, True, id="a component"),
        pytest.param("nlu_data/tuned.npz", True, False, id="the tuned encoder"),
        pytest.param("nlu_data/texts/loan.zh.yml", True, False, id="a text"),
        pytest.param("nlu_data/tune.py", True, True, id="how it is tuned"),
    ],
)
def test_a_models_name_tells_what_reads_it_and_what_it_has_learnt_from(
    changed: str,
    reads_alike: bool,
    learnt_alike: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (
        *("config.yml", "nlu_data/requirements.lock", "nlu_data/train.py", "nlu_data/tune.py"),
        *("nlu_data/tuned.npz", "nlu_data/components/judge.py", "nlu_data/texts/loan.zh.yml"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    monkeypatch.setattr(train, "ROOT", tmp_path)
    monkeypatch.setattr(train, "CONFIG", tmp_path / "config.yml")
    monkeypatch.setattr(train, "TEXTS", tmp_path / "nlu_data" / "texts")
    _, reads, learnt = train.model_path(tmp_path).name.split("-")

    (tmp_path / changed).write_text("otherwise")

    _, reads_now, learnt_now = train.model_path(tmp_path).name.split("-")
    assert (reads_now == reads) == reads_alike
    assert (learnt_now == learnt) == learnt_alike


def test_a_model_of_other_components_is_not_offered(tmp_path: Path) -> None:
    other = tmp_path / "models" / "nlu-00000000-00000000.tar.gz"
    other.parent.mkdir()
    other.write_bytes(b"whole")
    other.with_name(other.name + ".sha256").write_text(hashlib.sha256(b"whole").hexdigest())

    assert train.is_intact(other)
    assert train.best_model(tmp_path) is None
