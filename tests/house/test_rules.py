"""Rules of this house that no linter knows."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.conversation import advice
from bot.conversation.advice import QUESTIONS
from bot.conversation.turn import START

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    path
    for folder in ("actions", "bot", "nlu_data")
    for path in (ROOT / folder).rglob("*.py")
    if ".venv" not in path.parts
)
OURS = [path for path in CODE if path.parts[len(ROOT.parts)] != "nlu_data"]

# Who may read the environment: settings, and training, which hands a child its own.
READS_ENVIRONMENT = {"bot/settings.py", "bot/nlu/train.py"}
# Who may catch everything, and goes on afterwards: each says why on the line.
CATCHES_ALL = {
    "bot/sender.py",
    "bot/schedule.py",
    "bot/run.py",
    "bot/database.py",
    "bot/channels/telegram/intake.py",
    "bot/cli/inbox.py",
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines(paths: list[Path]) -> Iterator[tuple[str, int, str]]:
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            yield name(path), number, line


def test_there_is_code_to_look_at() -> None:
    assert len(OURS) > 80


def test_only_settings_read_the_environment() -> None:
    found = {
        where for where, _, line in lines(OURS) if re.search(r"\bos\.(environ|getenv)\b", line)
    }

    assert found <= READS_ENVIRONMENT


def test_actions_leave_the_transaction_to_the_caller() -> None:
    ending = re.compile(r"\b(db|session)\.(commit|rollback)\(|\.begin\(\)")
    actions = [path for path in OURS if "actions" in path.parts and "migrations" not in path.parts]

    assert [where for where, _, line in lines(actions) if ending.search(line)] == []


def test_every_flush_says_why() -> None:
    bare = [
        f"{where}:{number}"
        for where, number, line in lines(OURS)
        if ".flush()" in line and "#" not in line.split(".flush()")[1]
        if "db" in line
    ]

    assert bare == []


def test_only_few_catch_everything_and_each_says_why() -> None:
    broad = re.compile(r"except (?:Base)?Exception\b|except:")
    for where, number, line in lines(OURS):
        if broad.search(line):
            raised_again = where in {"bot/database.py", "bot/nlu/train.py"}
            assert where in CATCHES_ALL or raised_again, f"{where}:{number}"
            assert raised_again or re.search(r"# noqa: BLE001  \S+", line), f"{where}:{number}"


def test_no_module_is_a_drawer_for_everything() -> None:
    banned = {"utils", "helpers", "common", "manager", "misc", "base_"}

    assert [name(p) for p in CODE if p.stem in banned or p.parent.name in banned] == []


def test_no_module_is_too_long_to_read() -> None:
    assert {name(p): n for p in OURS if (n := len(p.read_text("utf-8").splitlines())) > 400} == {}


def test_every_module_opens_with_a_sentence() -> None:
    for path in CODE:
        told = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        assert told, name(path)
        assert told.split("\n\n")[0].rstrip().endswith((".", "…", ":")), name(path)


def test_only_the_outbox_talks_to_channels() -> None:
    sends = re.compile(
        r"\.(send_message|edit_message_text|answer_callback_query)\("
        r"|\"(sendMessage|editMessageText|answerCallbackQuery)\""
    )

    found = {where for where, _, line in lines(OURS) if sends.search(line)}
    assert found == {"bot/channels/telegram/sender.py"}


def test_only_the_clock_asks_what_time_it_is() -> None:
    asks = re.compile(r"datetime\.now\(|date\.today\(|time\.time\(")

    assert {where for where, _, line in lines(OURS) if asks.search(line)} == {"bot/clock.py"}


def test_log_events_are_static_names() -> None:
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and getattr(node.func.value, "id", "") in ("log", "logger")
                and node.func.attr in ("debug", "info", "warning", "error", "exception")
            ):
                event = node.args[0]
                assert isinstance(event, ast.Constant), f"{name(path)}:{node.lineno}"
                assert re.fullmatch(r"[a-z_.]+", str(event.value)), f"{name(path)}:{node.lineno}"
                told = {keyword.arg for keyword in node.keywords}
                words = {"text", "words", "body", "address", "phone", "name", "token", "url"}
                assert not told & words, f"{name(path)}:{node.lineno}"


def test_every_question_has_its_own_module_under_its_name() -> None:
    steps = {path.stem for path in (ROOT / "bot/conversation/steps").glob("*.py")}

    assert steps - {"__init__", "question"} == set(QUESTIONS)
    assert START not in QUESTIONS


def test_every_question_is_asked_somewhere() -> None:
    source = Path(advice.__file__).read_text("utf-8")

    assert [q for q in QUESTIONS if f"return {q}.QUESTION" not in source] == []


def test_no_file_that_is_kept_is_over_two_megabytes() -> None:
    kept = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    sizes = {file: (ROOT / file).stat().st_size for file in kept if (ROOT / file).is_file()}

    assert "nlu_data/tuned.npz" in sizes
    assert {file: size for file, size in sizes.items() if size > 2 * 2**20} == {}


def test_the_locks_name_no_host() -> None:
    hosts = re.compile(r"https?://|index-url|^--find-links")
    files = [ROOT / each for each in ("pyproject.toml", "Makefile", "requirements.lock")]
    files += [ROOT / "nlu_data" / each for each in ("pyproject.toml", "requirements.lock")]

    assert [where for where, _, line in lines(files) if hosts.search(line)] == []


@pytest.mark.parametrize("path", [ROOT / "docs" / "map.md"], ids=name)
def test_the_map_shows_the_code_as_it_is(path: Path) -> None:
    written = runpy.run_path(str(ROOT / "docs" / "map.py"))["text"]()

    assert path.read_text("utf-8") == written, "run: python docs/map.py"
