"""The whole of it once with the real Rasa server as the service's child."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.double import BotApi

if TYPE_CHECKING:
    from conftest import Database, Host


@pytest.mark.timeout(240)
def test_a_verdict_comes_from_rasa_once_its_server_is_up_and_from_rules_before(
    host: Host,
    api: BotApi,
    new_database: Callable[..., Database],
    connect: Callable[..., dict[str, str]],
    model: Path,
) -> None:
    (host.folder / "home").mkdir()
    (host.folder / "home" / "models").symlink_to(model.parent)
    db = new_database()
    service = host.start(**connect(api, db), NLU_URL="")
    service.wait_until_running()
    early, late = api.citizen(60_001), api.citizen(60_002)

    early.says("公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂")
    early.wait_for("请先停下", timeout=20)
    until = time.monotonic() + 180
    while service.get("/readyz").json()["nlu"] != "up":
        assert time.monotonic() < until, service.said
        time.sleep(0.5)
    late.says("公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂")
    late.wait_for("请先停下", timeout=20)

    judged = "SELECT judged_by FROM report ORDER BY id DESC LIMIT 1"
    assert db.value(judged) == "rasa"
    assert "安全账户" not in service.said
    assert service.stop() == 0
