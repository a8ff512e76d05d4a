"""Finding cases and opening them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.cases import store
from actions.cases.models import Case
from actions.codes import CASE, new_case
from actions.officers.models import Officer
from bot.database import Sessions
from tests.line import Line, newcomer

LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"


def test_a_code_is_easily_said_and_never_mistaken() -> None:
    codes = {new_case() for _ in range(1000)}

    assert all(CASE.fullmatch(code) for code in codes)
    assert not set("01OILU") & set("".join(code[2:] for code in codes))


def test_find_open_sees_only_this_citizens_case_that_is_not_closed(
    line: Line, hire: Callable[..., Officer], db: Session, noise: None
) -> None:
    hire(7)
    line.says(LIVE)
    assert line.citizen
    assert line.case
    assert store.find_open(db, citizen_id=line.citizen.id)
    line.officer(7, "claim")
    line.officer(7, "close", "paid")

    db.expire_all()
    assert store.find_open(db, citizen_id=line.citizen.id) is None
    assert store.find(db, code=line.case.code)
    assert store.find(db, code="C-22222") is None


def test_the_database_refuses_a_second_open_case_for_one_citizen(
    sessions: Sessions, now: datetime
) -> None:
    with sessions.begin() as db:
        citizen = newcomer(db, address="1")
        store.open_case(db, citizen_id=citizen.id, cause="live", judgement=None, now=now)

    with pytest.raises(IntegrityError), sessions.begin() as db:
        store.open_case(db, citizen_id=citizen.id, cause="live", judgement=None, now=now)

    with sessions() as db:
        assert db.query(Case).count() == 1
