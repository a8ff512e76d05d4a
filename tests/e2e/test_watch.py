"""A synthetic citizen, the heartbeat, and the signed webhook of a running service, over HTTP.

What waits for a minute waits once: the drill and the heartbeat go on while the webhook is tried.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from actions import signing
from actions.cases.figures import figures
from actions.officers import store as officers
from actions.officers.models import Role
from actions.vault import Vault
from tests.double import BotApi

if TYPE_CHECKING:
    from conftest import Database, Host

Connect = Callable[..., dict[str, str]]
LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"
SECRET = "only the two of us know"
WUHAN = ZoneInfo("Asia/Shanghai")
OURS = '(SELECT id FROM "case" WHERE NOT drill)'
FIRED = f"SELECT max(fired) FROM timer WHERE case_id IN {OURS}"
A_MINUTE_AGO = (
    "UPDATE timer SET since = since - interval '1 minute', due_at = due_at - interval '1 minute'"
    f" WHERE case_id IN {OURS}"
)


class City:
    """The city's own system on a port of this machine: it says what it is told to say."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.beats = 0
        city = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                city.beats += 1
                self._answer(200)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                city.posts.append((dict(self.headers.items()), body))
                self._answer(city.answers.pop(0) if city.answers else 204)

            def _answer(self, code: int) -> None:
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def city() -> Iterator[City]:
    city = City()
    yield city
    city.close()


def test_a_drill_a_heartbeat_and_a_post_that_is_repeated(
    host: Host,
    api: BotApi,
    new_database: Callable[[], Database],
    connect: Connect,
    city: City,
) -> None:
    db = new_database()
    settings = connect(api, db) | {
        "WEBHOOK_URL": f"{city.url}/desk",
        "WEBHOOK_SECRET": SECRET,
        "HEARTBEAT_URL": f"{city.url}/beat",
    }
    service = host.start(**settings)
    service.wait_until_running()
    began = time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        drilling = pool.submit(host.run, "drill", timeout=110, **settings)
        _a_post_is_signed_and_repeated(api, db, city)
        done = drilling.result()

    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ the drill went through the whole chain; the card took" in done.stdout
    card = api.known_group(-1001096110).wait_for(lambda m: "🧪 演练" in m.text, since=0)
    assert "演练已在" in card.text.splitlines()[-1]  # redrawn as ended
    assert "desk." not in card.text
    assert not card.buttons
    _until(lambda: city.beats, began + 80 - time.monotonic())
    _kept_out_of_statistics(service.get("/metrics").text, db)
    assert service.stop() == 0
    assert LIVE[:8] not in service.said
    assert SECRET not in service.said


def _a_post_is_signed_and_repeated(api: BotApi, db: Database, city: City) -> None:
    city.answers = [500, 503]
    citizen = api.citizen(60_001)
    citizen.says(LIVE)
    citizen.wait_for("请先停下")
    for _ in range(3):  # nobody claims it for three minutes
        before = db.value(FIRED)
        with db.engine.begin() as connection:
            connection.execute(text(A_MINUTE_AGO))
        _until(lambda before=before: db.value(FIRED) != before)
    _until(lambda: len(city.posts) == 3)

    for headers, body in city.posts:
        now = datetime.now(UTC)
        header = headers[signing.HEADER]
        mark = signing.check(SECRET, header, body, now=now)
        assert mark
        assert signing.check("somebody else's", header, body, now=now) is None
        assert signing.check(SECRET, header, body + b" ", now=now) is None
        late = now + signing.LASTS + timedelta(seconds=5)
        assert signing.check(SECRET, header, body, now=late) is None, "a replay is taken"
        told = json.loads(body)
        assert (told["event"], told["type"]) == ("case.unclaimed", "police_gov")
        assert "洗钱" not in body.decode()
    assert len({headers["X-Fanzha-Delivery"] for headers, _ in city.posts}) == 1


def _kept_out_of_statistics(metrics: str, db: Database) -> None:
    outcomes = "SELECT string_agg(outcome, ',') FROM \"case\" WHERE drill"
    assert db.value(outcomes) == "drilled"
    assert db.value("SELECT count(*) FROM report") == 1, "the drill's report stayed"
    with db.sessions.begin() as session:
        chief = officers.add(
            session, telegram_id=7_003, name="陈建国", roles=[Role.SUPERVISOR], district=None
        )
        day = datetime.now(UTC) + timedelta(hours=1)
        told = figures(
            session, Vault(b"k" * 32), chief, since=day - timedelta(days=1), until=day, zone=WUHAN
        )
    assert (told.opened, sum(told.hours), told.closed) == (1, 1, 0), "the drill is counted"
    assert 'fanzha_cases{status="open"} 1.0' in metrics


def _until(true: Callable[[], object], timeout: float = 20) -> None:
    until = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)
