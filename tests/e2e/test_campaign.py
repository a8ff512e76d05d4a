"""A tip with a poster goes from a publisher to a citizen, with the real service between them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from actions.officers import store as officers
from actions.officers.models import Role
from tests.double import BotApi, Citizen

if TYPE_CHECKING:
    from conftest import Database, Service

    LineUp = tuple[BotApi, Database, Service]

AUTHOR, SECOND, READER = 31_001, 31_002, 31_003
WRITTEN = """/campaign new 每周贷款提醒
海报：要

放款之前要交钱的，都是骗局。拿不准，先打 {hotline}。"""


@pytest.fixture
def people(line_up: LineUp) -> dict[int, Citizen]:
    api, database, _ = line_up
    with database.sessions.begin() as db:
        for number, name in ((AUTHOR, "王芳"), (SECOND, "刘强")):
            officers.add(db, telegram_id=number, name=name, roles=[Role.PUBLISHER], district=None)
    return {number: api.citizen(number) for number in (AUTHOR, SECOND, READER)}


def test_a_tip_goes_from_the_publishers_chat_to_the_citizens(
    line_up: LineUp, people: dict[int, Citizen]
) -> None:
    api, database, _ = line_up
    author, second, reader = people.values()
    reader.says("你好")
    reader.wait_for(lambda m: bool(m.text), since=0)

    author.says(WRITTEN)
    facts = author.wait_for("内容校验码")
    number = re.findall(r"^(\d+) · 每周贷款提醒 · 草稿", facts.text, re.MULTILINE)[0]
    author.presses(f"campaign:{number}:submit")
    second.wait_for("提交了推送")
    second.presses(f"campaign:{number}:show")
    asked = second.wait_for("批准的就是您现在看到的内容")
    approve = next(data for _, data in asked.buttons if ":approve:" in data)
    second.presses(approve)

    got = reader.wait_for("放款之前要交钱", timeout=20)
    assert "96110" in got.text
    assert "photo" in got.raw
    sent = [call for call in api.calls_of("sendPhoto") if call.status == 200]
    assert {int(call.chat_id) for call in sent} >= {AUTHOR, SECOND, READER}
    until = time.monotonic() + 10
    while database.value(f"SELECT status FROM campaign WHERE id = {number}") != "done":
        assert time.monotonic() < until
        time.sleep(0.2)
