"""`fanzha evaluate FILE`: score labelled JSON lines by the same path as `assess`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from actions.triage.assess import assess
from bot import logs, settings, wiring
from bot.cli import nlu
from bot.cli.assess import to_json


def evaluate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder for the report and the picture.")] = Path(
        "evaluation"
    ),
) -> None:
    """Score labelled JSON lines (`text,type,stage`); write a report with a confusion picture."""
    from bot.nlu import evaluate as evaluation  # matplotlib comes with it

    logs.configure(quiet=True)
    console = Console(highlight=False, soft_wrap=True)
    rows = evaluation.read(file)
    with wiring.service(settings.load()) as service:

        async def judge_all() -> list[dict[str, object]]:
            async with nlu.ready(service.settings, Console(stderr=True)) as client:
                judged = []
                for row in rows:
                    understanding = await client.parse(row.text)
                    with service.sessions() as db:
                        judged.append(
                            to_json(
                                assess(
                                    db,
                                    row.text,
                                    understanding=understanding,
                                    country=service.region.country,
                                )
                            )
                        )
                return judged

        judged = asyncio.run(judge_all())
    report = evaluation.write(rows, judged, folder=out, title=file.stem)
    console.print(report.read_text("utf-8"), markup=False)
