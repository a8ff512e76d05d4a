"""`fanzha assess`: JSON lines in, verdicts out, by exactly the path a chat message takes."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from queue import Queue
from threading import Thread
from typing import IO

import typer
from rich.console import Console

from actions.triage import wording
from actions.triage.assess import Assessment
from actions.triage.assess import assess as assess_text
from bot import logs, settings, wiring
from bot.cli import nlu
from bot.nlu.client import NluClient
from bot.wiring import Service

AT_ONCE = 8
Line = tuple[int, str] | None


class NotALine(Exception):
    """Says what is wrong with a line of the input, and where."""


def assess() -> None:
    """Read {"id","text"} lines from stdin, write a verdict for each to stdout, in order.

    A line that cannot be read is named on stderr; the others are answered, and the exit code is 1.
    """
    logs.configure(quiet=True)
    if isinstance(sys.stdout, io.TextIOWrapper):  # half a surrogate pair in an id is written back
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    complaints = Console(stderr=True, highlight=False, soft_wrap=True)
    with wiring.service(settings.load()) as service:
        bad = asyncio.run(_assess_all(service, complaints))
    if bad:
        raise typer.Exit(1)


async def _assess_all(service: Service, complaints: Console) -> int:
    bad = 0
    async with nlu.ready(service.settings, complaints) as client:
        waiting = _read(sys.stdin.buffer)
        while batch := await asyncio.to_thread(_next_batch, waiting):
            jobs = []
            for number, line in batch:
                try:
                    row = _row(line, number)
                except NotALine as error:
                    complaints.print(f"fanzha: {error}", markup=False)
                    bad += 1
                    continue
                jobs.append(_one(service, client, row))
            for answer in await asyncio.gather(*jobs):
                sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return bad


async def _one(service: Service, client: NluClient, row: dict[str, object]) -> dict[str, object]:
    text = wording.storable(str(row["text"]))
    understanding = await client.parse(text) if text.strip() else None

    def store_free() -> Assessment:
        with service.sessions() as db:
            return assess_text(
                db, text, understanding=understanding, country=service.region.country
            )

    return {"id": row["id"], **to_json(await asyncio.to_thread(store_free))}


def to_json(assessment: Assessment) -> dict[str, object]:
    """Return the contract's form of an assessment (DESIGN section 6)."""
    judgement = assessment.judgement
    return {
        "verdict": judgement.verdict,
        "type": judgement.type,
        "stage": judgement.stage,
        "escalate": judgement.escalate,
        "confidence": round(judgement.confidence, 3),
        "reasons": list(judgement.reasons),
        "indicators": [{"kind": f.kind, "value": f.value} for f in assessment.indicators],
        "nlu": judgement.nlu,
    }


def _row(line: str, number: int) -> dict[str, object]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise NotALine(
            f'line {number} is not JSON; write one object a line: {{"id": 1, "text": "…"}}'
        ) from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "id" not in row:
        raise NotALine(f'line {number} needs "id" and "text" (a string)')
    return row


def _read(stream: IO[bytes]) -> Queue[Line]:
    """Read lines as they come; None follows the last."""
    lines: Queue[Line] = Queue(maxsize=AT_ONCE * 8)

    def read() -> None:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                lines.put((number, line.decode("utf-8-sig", errors="replace")))
        lines.put(None)

    Thread(target=read, daemon=True).start()
    return lines


def _next_batch(lines: Queue[Line]) -> list[tuple[int, str]]:
    """Wait for a line, and take what has come with it: who writes one line is answered at once."""
    batch: list[tuple[int, str]] = []
    while len(batch) < AT_ONCE and (not batch or not lines.empty()):
        line = lines.get()
        if line is None:
            lines.put(None)  # the next call ends
            break
        batch.append(line)
    return batch
