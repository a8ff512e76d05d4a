"""`fanzha evaluate FILE`: score labelled JSON lines by the same path as `assess`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from actions.triage.assess import assess
from bot import logs, settings, wiring
from bot.cli import nlu
from bot.cli.assess import to_json
from bot.nlu import train as training
from bot.wiring import Service

if TYPE_CHECKING:
    from bot.nlu.evaluate import Labelled


def evaluate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder for the report and the picture.")] = Path(
        "evaluation"
    ),
    against: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Another model's file, to stand beside the present."
        ),
    ] = None,
) -> None:
    """Score labelled JSON lines (`text,type,stage`); write a report with a confusion picture."""
    from bot.nlu import evaluate as evaluation  # matplotlib comes with it

    logs.configure(quiet=True)
    console = Console(highlight=False, soft_wrap=True)
    try:
        rows = evaluation.read(file)
        out.mkdir(parents=True, exist_ok=True)
    except (evaluation.BadRow, OSError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"fanzha: {error}", markup=False
        )
        raise typer.Exit(1) from None
    with wiring.service(settings.load()) as service:
        judged = asyncio.run(_judge_all(service, rows))
        compared = asyncio.run(_judge_all(service, rows, model=against)) if against else None
        ours = _name(judged, training.best_model(service.settings.home))
        if service.settings.nlu_url not in (None, "off"):
            ours = "the server's model"
    report = evaluation.write(
        rows,
        judged,
        folder=out,
        title=file.stem,
        model=ours,
        against=compared,
        other=_name(compared or (), against),
    )
    console.print(report.read_text("utf-8"), markup=False)


async def _judge_all(
    service: Service, rows: Sequence[Labelled], *, model: Path | None = None
) -> list[dict[str, object]]:
    judged = []
    async with nlu.ready(service.settings, Console(stderr=True), model=model) as client:
        for row in rows:
            understanding = await client.parse(row.text)
            with service.sessions() as db:
                country = service.region.country
                found = assess(db, row.text, understanding=understanding, country=country)
                judged.append(to_json(found))
    return judged


def _name(judged: Sequence[dict[str, object]], model: Path | None) -> str:
    """Return what judged: the model, or the rules, where its server did not come."""
    if model is None or not any(each["nlu"] == "rasa" for each in judged):
        return "rules alone"
    return model.name.removesuffix(".tar.gz")
