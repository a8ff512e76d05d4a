"""Train the model when it is stale, in Rasa's own environment, and keep it under a telling name.

The name is two hashes over everything that makes the model: what reads it (pipeline, components,
locked environment) and what it has learnt from (texts, tuned encoder). A model is written under
another name and moved when whole, with its checksum beside it, so that a file that carries the
final name is either intact or found out.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "nlu_data" / "texts"
CONFIG = ROOT / "config.yml"
PYTHON = ROOT / "nlu_data" / ".venv" / "bin" / "python"
PROGRESS = "progress: "
KEPT_MODELS = 3


class TrainingFailed(Exception):
    """Says what stood in the way, and how to mend it."""


def model_path(home: Path) -> Path:
    """Return where the model of the present texts and pipeline is, or would be."""
    return home / "models" / f"nlu-{_hash_of(_readers())}-{_hash_of(_taught())}.tar.gz"


def is_stale(home: Path) -> bool:
    """Return whether the present texts and pipeline have no intact model yet."""
    return not is_intact(model_path(home))


def is_intact(model: Path) -> bool:
    """Return whether this file is, byte for byte, the one that training left."""
    try:
        return _checksum_file(model).read_text().strip() == _sha256(model)
    except OSError:
        return False


def best_model(home: Path) -> Path | None:
    """Return the present model, or else the newest intact one that our components can load."""
    wanted = model_path(home)
    if is_intact(wanted):
        return wanted
    older = (home / "models").glob(f"nlu-{_hash_of(_readers())}-*.tar.gz")
    by_age = sorted(older, key=lambda path: path.stat().st_mtime, reverse=True)
    return next((path for path in by_age if is_intact(path)), None)


def train(home: Path, *, progress: Callable[[str], None]) -> Path:
    """Return an intact model of the present texts, training it first when there is none."""
    wanted = model_path(home)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if is_intact(wanted):
        return wanted
    if not PYTHON.exists():
        raise TrainingFailed(f"{PYTHON} is missing: `make setup` makes Rasa's environment")
    with _only_one(wanted.parent / ".lock", progress):
        if is_intact(wanted):  # another process trained it while we waited
            return wanted
        with tempfile.TemporaryDirectory(dir=wanted.parent, prefix=".training-") as folder:
            trained = _run(Path(folder), progress)
            if model_path(home) != wanted:
                raise TrainingFailed("the texts changed while they were learnt: train again")
            _checksum_file(wanted).write_text(_sha256(trained) + "\n")
            trained.replace(wanted)
        _forget_old(wanted)
    return wanted


def _run(folder: Path, progress: Callable[[str], None]) -> Path:
    """Run the training in a child, pass its progress on, and return the file it made."""
    name = "trained.tar.gz"
    command = [
        *(str(PYTHON), "-W", "ignore", str(ROOT / "nlu_data" / "train.py")),
        *(str(CONFIG), str(TEXTS), str(folder), name),
    ]
    last: deque[str] = deque(maxlen=12)
    with subprocess.Popen(  # noqa: S603  our own interpreter and script
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        try:
            for line in child.stdout or ():
                if line.startswith(PROGRESS):
                    progress(line.removeprefix(PROGRESS).strip())
                elif line.strip():
                    last.append(line.rstrip())
        except BaseException:
            child.kill()
            raise
    if child.returncode != 0 or not (folder / name).exists():
        raise TrainingFailed("Rasa did not train a model:\n" + "\n".join(last))
    return folder / name


def environment() -> dict[str, str]:
    """Return the environment of a Rasa process: ours, but it finds our components and is quiet."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("FANZHA_")},
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONUNBUFFERED": "1",
    }


def _readers() -> Iterator[Path]:
    nlu = ROOT / "nlu_data"
    yield from (CONFIG, nlu / "requirements.lock", nlu / "train.py")
    yield from sorted((nlu / "components").glob("*.py"))


def _taught() -> Iterator[Path]:
    yield ROOT / "nlu_data" / "tuned.npz"
    yield from sorted(TEXTS.glob("*.yml"))


def _hash_of(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(ROOT)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:8]


def _checksum_file(model: Path) -> Path:
    return model.with_name(model.name + ".sha256")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _only_one(lock: Path, progress: Callable[[str], None]) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another process is training; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _forget_old(newest: Path) -> None:
    models = sorted(
        newest.parent.glob("nlu-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    for model in models[KEPT_MODELS:]:
        model.unlink(missing_ok=True)
        _checksum_file(model).unlink(missing_ok=True)
    for leftover in newest.parent.glob(".training-*"):
        shutil.rmtree(leftover, ignore_errors=True)
