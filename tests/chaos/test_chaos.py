"""Whatever is killed, cut or flooded: nobody is left without an answer, no case is doubled."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from tests.chaos.city import DISPATCH, City, Fanzha, city, postmaster
from tests.double import BotApiProcess

LONG = bool(os.environ.get("CHAOS_LONG"))  # `make chaos`
KILLS = int(os.environ.get("CHAOS_KILLS", "300" if LONG else "60"))
WAITING = "SELECT count(*) FROM outbox_message WHERE status IN ('waiting', 'sending')"
LIVE = "公安局的说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂，不让我告诉家里人"
QUIET = "上个月刷单做任务，前几单返了佣金，后来垫了两万多提不出来"

pytestmark = pytest.mark.timeout(1800 if LONG else 400)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[City]:
    with city(tmp_path) as built:
        yield built


@pytest.fixture
def api() -> Iterator[BotApiProcess]:
    with BotApiProcess() as running:
        running.group(DISPATCH)
        yield running


class Crowd:
    """Citizens who write one after the other while things go wrong; every third is in danger."""

    def __init__(self, api: BotApiProcess, *, a_second: float) -> None:
        self._api, self._pause = api, 1 / a_second
        self.live: list[int] = []
        self.all: list[int] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Crowd:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._end.is_set():
            who = 700_000 + len(self.all)
            self._api.citizen(who).says(LIVE if who % 3 == 0 else QUIET)
            self.all.append(who)
            if who % 3 == 0:
                self.live.append(who)
            time.sleep(self._pause)


def start(town: City, api: BotApiProcess, *parts: str, **more: object) -> list[Fanzha]:
    running = [
        town.fanzha(
            each,
            name=f"{each.replace(',', '-')}-{n}",
            telegram_token=api.token,
            telegram_api=api.url,
            telegram_rate=0,
            dispatch_chat_id=DISPATCH,
            **more,
        )
        for n, each in enumerate(parts)
    ]
    for each in running:
        each.start()
    for each in running:
        each.wait_until("fanzha is running")
    return running


def settled(town: City, api: BotApiProcess, crowd: Crowd, *, within: float) -> None:
    """Wait until all is taken in and nothing waits, then see that no promise was broken."""
    until = time.monotonic() + within
    while waits := api.pending_updates + int(str(town.scalar(WAITING))):
        assert time.monotonic() < until, f"{waits} updates and messages are still on their way"
        time.sleep(0.3)
    sent = Counter(
        (call.chat_id, call.text) for call in api.calls_of("sendMessage") if call.status == 200
    )
    answered = {chat for chat, _ in sent}
    unanswered = [who for who in crowd.all if who not in answered]
    doubled = sum(number - 1 for number in sent.values())
    print(  # noqa: T201  the figures are what this is run for
        f"{len(crowd.all)} messages, {len(crowd.live)} live, {sum(sent.values())} sends, "
        f"{doubled} of them repeated"
    )
    assert unanswered == []
    with town.engine.connect() as connection:
        cases = connection.execute(
            text('SELECT z.address, c.code FROM citizen z JOIN "case" c ON c.citizen_id = z.id')
        ).all()
    assert sorted(int(address) for address, _ in cases) == sorted(crowd.live)
    cards = [text for (chat, text), _ in sent.items() if chat == DISPATCH]
    assert [code for _, code in cases if not any(code in card for card in cards)] == []


def test_killing_any_process_at_any_moment_loses_nothing_and_doubles_no_case(
    town: City, api: BotApiProcess
) -> None:
    chance = random.Random(20260506)
    running = start(town, api, "telegram", "sender", "sender", "schedule")

    with Crowd(api, a_second=4) as crowd:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.5, 1.6))
            victim = chance.choice(running)
            victim.kill()
            victim.start()

    settled(town, api, crowd, within=60)


FAULTS: dict[str, Callable[[BotApiProcess], None]] = {
    "500": lambda api: api.fail_next(40, 500),
    "502 page": lambda api: api.outage(6, status=502),
    "drops": lambda api: api.drop_next(30),
    "drops after sending": lambda api: api.drop_next(10, done=True, method="sendMessage"),
    "hangs": lambda api: api.hang_next(20, 15.0, method="sendMessage"),
    "cut off": lambda api: api.outage(6),
    "429": lambda api: api.fail_next(5, 429, retry_after=30 if LONG else 6),
}


def test_a_bot_api_that_fails_in_every_way_loses_nothing(town: City, api: BotApiProcess) -> None:
    start(town, api, "telegram,sender,schedule")

    with Crowd(api, a_second=5) as crowd:
        for fault in FAULTS.values():
            fault(api)
            time.sleep(20 if LONG else 4)
    api.heal()

    settled(town, api, crowd, within=90)


def test_a_database_that_is_away_loses_nothing(town: City, api: BotApiProcess) -> None:
    start(town, api, "telegram", "sender", "schedule")

    with Crowd(api, a_second=4) as crowd:
        time.sleep(2)
        server = postmaster(town)
        children = [server, *server.children()]
        for each in children:
            each.suspend()  # it answers nobody, and no connection is refused either
        time.sleep(20 if LONG else 6)
        for each in children:
            each.resume()
        time.sleep(2)
        with town.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )
        time.sleep(2)

    settled(town, api, crowd, within=60)


def test_an_nlu_server_that_is_killed_leaves_nobody_unanswered_and_its_verdicts_are_made_up_for(
    town: City, api: BotApiProcess, model: Path
) -> None:
    chance = random.Random(20260506)
    (town.home / "models").symlink_to(model.parent)
    (service,) = start(town, api, "telegram,sender,schedule", nlu_url="")

    with Crowd(api, a_second=3) as crowd:
        kill_nlu(service, after=chance.uniform(0.2, 1.5))  # as it starts
        for _ in range(8 if LONG else 1):
            judged = count(town, by="rasa")
            wait(lambda least=judged: count(town, by="rasa") > least, within=60)
            kill_nlu(service, after=chance.uniform(0.0, 1.0))  # as it works
            wait(lambda: count(town, by="rules") > 0, within=20)

    wait(lambda: count(town, by="rasa") == len(crowd.all), within=60)  # rules' are judged again
    settled(town, api, crowd, within=30)


def kill_nlu(service: Fanzha, *, after: float) -> None:
    """Kill the NLU server of this service so many seconds after it has one."""
    assert service.process is not None
    parent = psutil.Process(service.process.pid)
    found: list[psutil.Process] = []

    def is_there() -> bool:
        found[:] = [each for each in parent.children() if "serve.py" in " ".join(each.cmdline())]
        return bool(found)

    wait(is_there, within=60)
    time.sleep(after)
    found[0].kill()


def count(town: City, *, by: str) -> int:
    """How many reports this one judged."""
    return int(str(town.scalar("SELECT count(*) FROM report WHERE judged_by = :by", by=by)))


def wait(until: Callable[[], bool], *, within: float) -> None:
    end = time.monotonic() + within
    while not until():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_stopped_process_finishes_what_it_began_and_gives_the_rest_back(
    town: City, api: BotApiProcess
) -> None:
    running = start(town, api, "telegram,sender,schedule")

    with Crowd(api, a_second=10) as crowd:
        time.sleep(3)
        code = running[0].stop()
        held = town.scalar("SELECT count(*) FROM outbox_message WHERE status = 'sending'")
        running[0].start()
        time.sleep(2)

    assert (code, held) == (0, 0)
    settled(town, api, crowd, within=60)
