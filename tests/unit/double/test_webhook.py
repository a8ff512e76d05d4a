"""The webhook: what is posted, in which order, and what happens until it is accepted."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from telegram import Bot, Update
from telegram.error import BadRequest

from tests.double import BotApi, Citizen
from tests.unit.double.conftest import Run


class Receiver:
    """A bot's webhook: keeps what it gets, and refuses as told."""

    def __init__(self) -> None:
        self.got: list[tuple[str | None, dict[str, Any]]] = []
        self.statuses: list[int] = []
        self.slow: dict[int, float] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                time.sleep(receiver.slow.get(body.get("message", {}).get("chat", {}).get("id"), 0))
                receiver.got.append((self.headers["X-Telegram-Bot-Api-Secret-Token"], body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/telegram?a=1"

    @property
    def texts(self) -> list[str]:
        return [body["message"]["text"] for _, body in self.got]


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    with receiver.server:
        thread = threading.Thread(target=lambda: receiver.server.serve_forever(0.02))
        thread.start()
        yield receiver
        receiver.server.shutdown()
        thread.join()


def wait_until(true: Callable[[], bool], timeout: float = 5) -> None:
    until = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_an_update_is_posted_with_the_secret(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, webhook: Receiver
) -> None:
    run(bot.set_webhook(webhook.url, secret_token="a-secret_1", max_connections=3))

    citizen.says("在吗")

    wait_until(lambda: api.pending_updates == 0)
    ((secret, body),) = webhook.got
    assert secret == "a-secret_1"
    assert Update.de_json(body, bot).message.text == "在吗"
    info = run(bot.get_webhook_info())
    assert (info.url, info.max_connections, info.pending_update_count) == (webhook.url, 3, 0)


def test_what_waited_before_the_webhook_was_set_is_posted_too(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, webhook: Receiver
) -> None:
    citizen.says("一")
    run(bot.set_webhook(webhook.url))
    citizen.says("二")

    wait_until(lambda: api.pending_updates == 0)
    assert webhook.texts == ["一", "二"]


def test_a_refused_update_is_posted_again_until_it_is_accepted(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, webhook: Receiver
) -> None:
    webhook.statuses = [500, 403]
    run(bot.set_webhook(webhook.url))

    citizen.says("一")
    citizen.says("二")

    wait_until(lambda: api.pending_updates == 0)
    assert webhook.texts == ["一", "一", "一", "二"]
    ids = {body["update_id"] for _, body in webhook.got}
    assert len(ids) == 2
    info = run(bot.get_webhook_info())
    assert info.last_error_message == "Wrong response from the webhook: 403"


def test_a_slow_chat_holds_up_no_other(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, webhook: Receiver
) -> None:
    webhook.slow = {1001: 0.2}
    run(bot.set_webhook(webhook.url))

    for text in ("慢一", "慢二"):
        citizen.says(text)
    for text in ("快一", "快二", "快三"):
        api.citizen(2002).says(text)

    wait_until(lambda: api.pending_updates == 0)
    assert webhook.texts == ["快一", "快二", "快三", "慢一", "慢二"]


def test_max_connections_of_one_posts_one_at_a_time(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, webhook: Receiver
) -> None:
    webhook.slow = {1001: 0.1}
    run(bot.set_webhook(webhook.url, max_connections=1))

    citizen.says("慢")
    api.citizen(2002).says("快")

    wait_until(lambda: api.pending_updates == 0)
    assert webhook.texts == ["慢", "快"]


def test_an_absent_webhook_gets_its_updates_once_it_is_there(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, webhook: Receiver
) -> None:
    run(bot.set_webhook("http://127.0.0.1:9/telegram"))
    citizen.says("在吗")
    wait_until(lambda: run(bot.get_webhook_info()).last_error_message is not None)
    assert run(bot.get_webhook_info()).pending_update_count == 1

    run(bot.set_webhook(webhook.url))

    wait_until(lambda: api.pending_updates == 0)
    assert webhook.texts == ["在吗"]


def test_an_answer_that_is_not_http_is_no_acceptance(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen, webhook: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as odd:
        run(bot.set_webhook(f"http://127.0.0.1:{odd.getsockname()[1]}/"))
        citizen.says("在吗")
        connection, _ = odd.accept()
        with connection:
            connection.sendall(b"HI\r\n\r\n")
            wait_until(lambda: run(bot.get_webhook_info()).last_error_message is not None)
    run(bot.set_webhook(webhook.url))

    wait_until(lambda: api.pending_updates == 0)
    assert webhook.texts == ["在吗"]


def test_updates_left_over_can_be_polled_or_dropped(
    api: BotApi, bot: Bot, run: Run, citizen: Citizen
) -> None:
    run(bot.set_webhook("http://127.0.0.1:9/telegram"))
    citizen.says("在吗")

    run(bot.delete_webhook())
    assert len(run(bot.get_updates())) == 1

    run(bot.delete_webhook(drop_pending_updates=True))
    assert api.pending_updates == 0
    assert run(bot.get_webhook_info()).url == ""


@pytest.mark.parametrize(
    ("url", "options"),
    [
        pytest.param("ftp://127.0.0.1/", {}, id="scheme"),
        pytest.param("http://127.0.0.1/", {"secret_token": "a b"}, id="secret"),
        pytest.param("http://127.0.0.1/", {"max_connections": 101}, id="connections"),
    ],
)
def test_an_unusable_webhook_is_refused(
    bot: Bot, run: Run, url: str, options: dict[str, Any]
) -> None:
    with pytest.raises(BadRequest):
        run(bot.set_webhook(url, **options))

    assert run(bot.get_webhook_info()).url == ""
