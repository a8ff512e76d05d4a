"""Measures delivery and writes a table and a picture: `make bench`.

Everything runs on this machine beside whatever else does; the load before each part is written
down, for a figure from a busy machine is a lower bound.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import psutil
from sqlalchemy import select, text

from actions.citizens.models import Citizen
from actions.outbox import bulk, leases, store
from actions.outbox.claim import claim_paced
from actions.outbox.models import Lane
from actions.outbox.pace import Pace
from benchmarks.webhook import SECRET, Citizens, Stub
from bot.nlu import train
from tests.chaos.city import ROOT, City, Fanzha, city, free_port, postmaster
from tests.double import BotApiProcess

HERE = Path(__file__).parent
MODELS = ROOT / "var" / "models"
WORDS = [
    "上个月刷单做任务，前几单返了佣金，后来垫了两万多提不出来",
    "花呗这个月的账单可以分几期还",
    "有人加我微信说带我炒股稳赚不赔，让我下载一个软件",
    "客服说我买的东西有质量问题要给我退款，让我加QQ",
]


@dataclass(frozen=True)
class Row:
    what: str
    figure: float
    unit: str
    bar: str
    load: float


ROWS: list[Row] = []
SIDE_BY_SIDE: list[tuple[str, int, float, float]] = []  # judged by, at once, echo bot, fanzha


def note(what: str, figure: float, unit: str, bar: str = "") -> None:
    row = Row(what, figure, unit, bar, os.getloadavg()[0])
    ROWS.append(row)
    print(f"{what}: {figure:,.3g} {unit}  [{bar or '—'}; load {row.load:.1f}]", flush=True)


@contextmanager
def small_city() -> Iterator[City]:
    with (
        tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder,
        city(Path(folder)) as built,
    ):
        yield built


def settle_people(town: City, number: int) -> None:
    with town.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO citizen (channel, address, language_chosen, step, facts) "
                "SELECT 'telegram', g::text, false, 'listening', '{}' "
                "FROM generate_series(100001, 100000 + :n) g"
            ),
            {"n": number},
        )


def queue(town: City, batch: str, *, most: int | None = None) -> tuple[int, float]:
    with town.sessions.begin() as db:
        now = leases.clock(db)
        began = time.monotonic()
        number = bulk.enqueue_bulk(
            db,
            batch=batch,
            channel="telegram",
            audience=select(Citizen.address).limit(most),
            body={"text": "【防骗提醒】不要向陌生人转账。" * 6},
            due_at=now,
        )
    return number, time.monotonic() - began


# -- queuing and claiming -------------------------------------------------------------------


def campaign(people: int) -> None:
    times: dict[int, float] = {}
    for size in sorted({min(10_000, people), people}):
        with small_city() as town:
            settle_people(town, size)
            number, took = queue(town, "campaign:1")
            if size == people:
                note(f"queuing a campaign of {number:,}", took, "s", "≤ 60 s for 1,000,000")
                note("queuing rate", number / took, "rows/s")
            with town.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
                c.execute(text("CHECKPOINT"))
            times[size] = claim_time(town)
            note(f"claiming 64 of {size:,}", times[size] * 1e3, "ms (median of 40)")
    small, large = min(times), max(times)
    note(f"claim at {large:,} ÷ at {small:,}", times[large] / times[small], "×", "≤ 1.5")


def claim_time(town: City) -> float:
    took = []
    for _ in range(45):
        with town.sessions.begin() as db:
            leases.renew(db, holder="bench")
            now = leases.begin(db)
            began = time.monotonic()
            got = claim_paced(
                db, channel="telegram", limit=64, now=now, holder="bench", pace=Pace(1000)
            )
            took.append(time.monotonic() - began)
        time.sleep(0.1)
        if not got:
            took.pop()
    return statistics.median(took[5:])


# -- sending --------------------------------------------------------------------------------


def pace(rate: int, people: int, seconds: float) -> None:
    with small_city() as town, BotApiProcess() as api:
        settle_people(town, people)
        queue(town, "campaign:1")
        api.limit()
        sender = town.fanzha(
            "sender", telegram_token=api.token, telegram_api=api.url, telegram_rate=rate
        )
        sender.start()
        sender.wait_until("fanzha is running")
        time.sleep(2)
        before, began = api.answers.get("sendMessage 200", 0), time.monotonic()
        written = []
        while time.monotonic() - began < seconds:
            name = f"urgent {len(written)}"
            with town.sessions.begin() as db:
                store.enqueue(
                    db,
                    dedup_key=name,
                    channel="telegram",
                    recipient=str(500 + len(written)),
                    body={"text": name},
                    lane=Lane.URGENT,
                    due_at=leases.clock(db),
                )
                store.nudge(db)
            written.append(time.monotonic())
            time.sleep(0.2)
        after, ended = api.answers.get("sendMessage 200", 0), time.monotonic()
        time.sleep(2)
        came = {c.text: c.at for c in api.calls_of("sendMessage") if c.text.startswith("urgent")}
        waits = sorted(came.get(f"urgent {n}", 1e6) - at for n, at in enumerate(written))
        sent = (after - before) / (ended - began)
        label = f"{people:,} bulk rows, {rate}/s"
        if rate <= 30:
            note(f"{label}: share of the limit used", 100 * sent / rate, "%", "≥ 95 %")
        else:
            note(f"{label} (paid): sends", sent, "/s", "≥ 400/s")
        note(f"{label}: urgent p50", waits[len(waits) // 2] * 1e3, "ms")
        note(f"{label}: urgent p99", waits[int(len(waits) * 0.99)] * 1e3, "ms", "≤ 1,000 ms")
        note(f"{label}: refused by 429", sum(api.violations.values()), "", "0")
        sender.stop()


# -- answering ------------------------------------------------------------------------------


async def answers(seconds: float) -> None:
    """Measure the bare echo bot and fanzha in turn: by rules, and with Rasa if it has a model."""
    stub = Stub()
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    api = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with small_city() as town:
        await beside_echo(town, stub, api, "rules", seconds)
        if train.PYTHON.exists() and not train.is_stale(MODELS.parent):
            (town.home / "models").symlink_to(MODELS)
            await beside_echo(town, stub, api, "Rasa", seconds)
        else:
            print(
                "with Rasa: not measured, no model of the present texts (`make setup`)", flush=True
            )
    server.close()


async def beside_echo(town: City, stub: Stub, api: str, judge: str, seconds: float) -> None:
    port, echo_port = free_port(), free_port()
    fanzha = town.fanzha(
        "telegram,sender",
        name=judge,
        telegram_token="1:x",
        telegram_api=api,
        telegram_rate=0,
        telegram_webhook_url="https://example.org/telegram",
        telegram_webhook_secret=SECRET,
        telegram_listen=f"127.0.0.1:{port}",
        nlu_url="" if judge == "Rasa" else "off",
    )
    fanzha.start()
    echo = subprocess.Popen(  # noqa: ASYNC220  nothing is being measured yet
        [sys.executable, str(HERE / "echo.py"), api, str(echo_port)], stdin=subprocess.DEVNULL
    )
    try:
        await asyncio.to_thread(fanzha.wait_until, "fanzha is running")
        if judge == "Rasa":
            await asyncio.to_thread(fanzha.wait_until, "nlu_server_up")
        await asyncio.sleep(3)
        last = town.scalar("SELECT coalesce(max(id), 0) FROM report")
        bots = {
            "echo bot": Citizens(stub, echo_port, WORDS),
            "fanzha": Citizens(stub, port, WORDS),
        }
        for people in bots.values():
            await people.run(4, 2)
        for concurrency in (1, 8, 32):
            rates = {}
            for name, people in bots.items():
                before = cpu_times(town, fanzha, echo)
                rates[name] = await people.run(concurrency, seconds)
                spent = cpu_times(town, fanzha, echo)
                took = sorted(people.took)
                who = f"fanzha ({judge})" if name == "fanzha" else f"echo bot beside {judge}"
                label = f"{who}, {concurrency} at once"
                bar = "≥ 100/s" if (name, concurrency) == ("fanzha", 8) else ""
                note(f"{label}: answered", rates[name], "/s", bar)
                note(f"{label}: p50", took[len(took) // 2] * 1e3, "ms")
                note(f"{label}: p99", took[int(len(took) * 0.99)] * 1e3, "ms")
                for part, used in spent.items() if concurrency == 8 else ():
                    mine = (used - before[part]) * 1e3 / len(took)
                    if mine > 0.1:
                        note(f"{label}: processor time of {part}", mine, "ms a message")
            SIDE_BY_SIDE.append((judge, concurrency, rates["echo bot"], rates["fanzha"]))
            ratio = rates["fanzha"] / rates["echo bot"]
            bar = "≥ 0.5" if concurrency == 8 else ""
            note(f"fanzha ({judge}) ÷ echo bot, {concurrency} at once", ratio, "×", bar)
        if judge == "Rasa":  # whoever was too slow to be asked was answered by rules
            share = "SELECT 100.0 * avg((judged_by = 'rasa')::int) FROM report WHERE id > :last"
            note("judged by Rasa, of these", float(str(town.scalar(share, last=last))), "%")
    finally:
        echo.terminate()
        await asyncio.to_thread(fanzha.stop)


def cpu_times(town: City, fanzha: Fanzha, echo: subprocess.Popen[bytes]) -> dict[str, float]:
    """Seconds of processor time that each part has used so far."""
    assert fanzha.process is not None
    service = psutil.Process(fanzha.process.pid)
    rasa = [each for each in service.children() if "serve.py" in " ".join(each.cmdline())]
    database = postmaster(town)
    parts = {
        "fanzha": [service],
        "Rasa": rasa,
        "PostgreSQL": [database, *database.children()],
        "the echo bot": [psutil.Process(echo.pid)],
        "the citizens and the Bot API": [psutil.Process()],
    }
    return {
        name: sum(used.user + used.system for used in (each.cpu_times() for each in processes))
        for name, processes in parts.items()
        if processes
    }


# -- telling --------------------------------------------------------------------------------


def side_by_side() -> list[str]:
    """The answers a second of both bots, measured in turn, and what one is of the other."""
    if not SIDE_BY_SIDE:
        return []
    return [
        "| judged by | at once | echo bot | fanzha | fanzha ÷ echo bot |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {judge} | {number} | {echo:,.0f}/s | {ours:,.0f}/s | {ours / echo:.2f} |"
            for judge, number, echo, ours in SIDE_BY_SIDE
        ),
        "",
    ]


def tell(into: Path) -> None:
    lines = [
        "# Delivery, measured",
        "",
        (
            f"`make bench`, {time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} processors. "
            "The load is the machine's when the figure was taken; above the number of processors "
            "others were waiting too, and the figure is a lower bound."
        ),
        "",
        "| measured | figure | unit | bar | load |",
        "|---|---:|---|---|---:|",
        *(f"| {r.what} | {r.figure:,.4g} | {r.unit} | {r.bar} | {r.load:.1f} |" for r in ROWS),
        "",
        *side_by_side(),
    ]
    into.mkdir(parents=True, exist_ok=True)
    (into / "delivery.md").write_text("\n".join(lines))
    mpl.use("Agg")
    from matplotlib import pyplot

    shown = [r for r in ROWS if r.bar or "answered" in r.what]
    figure, axes = pyplot.subplots(figsize=(10, 0.4 * len(shown) + 0.8))
    axes.axis("off")
    cells = [[r.what, f"{r.figure:,.4g} {r.unit}", r.bar, f"{r.load:.1f}"] for r in shown]
    names = [x.replace("≥", ">=").replace("≤", "<=").replace("÷", "/") for c in cells for x in c]
    table = axes.table(
        [names[n : n + 4] for n in range(0, len(names), 4)],
        colLabels=["measured", "figure", "bar", "load"],
        colWidths=[0.48, 0.2, 0.22, 0.1],
        loc="center",
        cellLoc="left",
    )
    table.auto_set_font_size(False)
    table.set_fontsize(9)
    figure.savefig(into / "delivery.png", dpi=110, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--only", default="campaign,pace,paid,answers")
    parser.add_argument("--into", type=Path, default=HERE, help="where the table goes")
    asked = parser.parse_args()
    parts = asked.only.split(",")
    try:
        if "campaign" in parts:
            campaign(asked.people)
        if "pace" in parts:
            pace(30, min(100_000, asked.people), asked.seconds)
        if "paid" in parts:
            pace(1000, min(100_000, asked.people), asked.seconds)
        if "answers" in parts:
            asyncio.run(answers(asked.seconds / 2))
    finally:
        tell(asked.into)
        print("\n".join(side_by_side()))


if __name__ == "__main__":
    main()
