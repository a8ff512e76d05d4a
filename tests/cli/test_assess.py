"""`fanzha assess`: a verdict for each line, in order, whatever the lines are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FANZHA = Path(sys.executable).parent / "fanzha"
Fanzha = Callable[..., subprocess.CompletedProcess[str]]
KEYS = {
    "id",
    "verdict",
    "type",
    "stage",
    "escalate",
    "confidence",
    "reasons",
    "indicators",
    "nlu",
}
LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂，号码13971234567"
HOSTILE = {
    "empty": "",
    "space": " \n\t",
    "emoji": "🙂👨‍👩‍👧",
    "rtl": "مرحبا \u202e abc",
    "nul": "a\0b“\0\0”APP",
    "half": "\ud83d",
    "half app": "“\ud83d\ud83d”APP",
    "long": "转账" * 5000,
    "sql": "'; DROP TABLE citizen; --",
    "markup": "[bold]x[/bold] {case} %s",
}


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_is_answered_in_its_order_with_the_keys_of_the_contract(fanzha: Fanzha) -> None:
    given = [{"id": n, "text": LIVE if n % 3 == 0 else f"第{n}句话"} for n in range(50)]
    given += [{"id": name, "text": text} for name, text in HOSTILE.items()]
    given += [{"id": {"a": [1]}, "text": "你好"}, {"id": None, "text": "你好"}]
    given += [{"id": "\ud83d", "text": "你好", "more": 1}]

    done = fanzha("assess", stdin="\n\n".join(map(json.dumps, given)).encode())

    assert done.returncode == 0, done.stderr
    answers = rows(done)
    assert [answer["id"] for answer in answers] == [row["id"] for row in given]
    assert all(set(answer) == KEYS for answer in answers)
    first = answers[0]
    assert (first["verdict"], first["type"]) in {
        ("scam", "police_gov"),
        ("suspicious", "police_gov"),
    }
    assert (first["stage"], first["escalate"], first["nlu"]) == ("live", True, "rules")
    assert first["indicators"] == [{"kind": "phone", "value": "+8613971234567"}]
    by_id = {answer["id"]: answer for answer in answers if isinstance(answer["id"], str)}
    for name in ("empty", "space"):
        assert (by_id[name]["verdict"], by_id[name]["type"]) == ("no_sign", None)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"], ids=["unix", "windows"])
def test_a_line_that_is_none_is_named_and_the_others_are_answered(
    fanzha: Fanzha, newline: bytes
) -> None:
    lines = [
        b'\xef\xbb\xbf{"id": 1, "text": "a file that opens with a mark"}',
        b"not json",
        b'{"id": 2, "text": "fine"}',
        b'{"id": 3}',
        b'{"text": "no id"}',
        b'{"id": 4, "text": 5}',
        b"[1]",
        b"[" * 100_000,
        b'{"id": 5, "text": "\xff\xfe"}',
        b'{"id": 6, "text": "the last has no end"}',
    ]

    done = fanzha("assess", stdin=newline.join(lines))

    assert done.returncode == 1
    assert [row["id"] for row in rows(done)] == [1, 2, 5, 6]
    told = done.stderr.splitlines()
    assert [line.split(" ")[2] for line in told] == ["2", "4", "5", "6", "7", "8"]
    assert all(line.startswith("fanzha: line ") for line in told)


def test_nothing_in_nothing_out(fanzha: Fanzha) -> None:
    done = fanzha("assess")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_who_writes_one_line_is_answered_before_writing_the_next(
    environment: dict[str, str],
) -> None:
    with subprocess.Popen(
        [FANZHA, "assess"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        for n in range(3):
            process.stdin.write(json.dumps({"id": n, "text": LIVE}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == n
        process.stdin.close()
        assert process.wait(20) == 0


def test_an_nlu_server_that_is_away_is_said_once_and_rules_answer(fanzha: Fanzha) -> None:
    done = fanzha("assess", stdin=b'{"id": 1, "text": "x"}', NLU_URL="http://127.0.0.1:9")

    assert done.returncode == 0
    assert rows(done)[0]["nlu"] == "rules"
    assert "NLU is away" in done.stderr
