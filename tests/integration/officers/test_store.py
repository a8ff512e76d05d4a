"""The list of officers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from actions.officers import store
from actions.officers.models import DESK, Officer, Role
from bot.database import Sessions


def test_an_officer_on_the_list_is_found_by_their_telegram_id(
    sessions: Sessions, hire: Callable[..., Officer], noise: None
) -> None:
    hire(7, "李卫东")

    with sessions() as db:
        found = store.find(db, telegram_id=7)
        assert found
        assert found.name == "李卫东"
        assert store.find(db, telegram_id=8) is None


def test_who_is_already_known_is_brought_up_to_date(
    sessions: Sessions, hire: Callable[..., Officer]
) -> None:
    first = hire(7, "李卫东", Role.DISPATCHER)

    second = hire(7, "李建国", Role.SUPERVISOR, Role.ANALYST)

    assert second.id == first.id
    assert second.roles == ["analyst", "supervisor"]


def test_who_is_removed_is_off_the_list_but_still_on_record(
    sessions: Sessions, hire: Callable[..., Officer], now: datetime
) -> None:
    officer = hire(7)
    with sessions.begin() as db:
        assert store.remove(db, telegram_id=7, now=now)

    with sessions() as db:
        assert store.find(db, telegram_id=7) is None
        assert store.list_serving(db) == []
        assert db.get(Officer, officer.id)


def test_removing_a_stranger_changes_nothing(
    sessions: Sessions, noise: None, now: datetime
) -> None:
    with sessions.begin() as db:
        assert not store.remove(db, telegram_id=7, now=now)
        assert len(store.list_serving(db)) == 1


def test_who_was_removed_may_come_back(
    sessions: Sessions, hire: Callable[..., Officer], now: datetime
) -> None:
    hire(7)
    with sessions.begin() as db:
        store.remove(db, telegram_id=7, now=now)

    assert hire(7).removed_at is None


def test_roles_say_who_may_work_cases() -> None:
    for role in Role:
        officer = Officer(roles=[role.value], removed_at=None)
        assert officer.may(DESK) == (role in (Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN))
    assert not Officer(roles=[], removed_at=None).may(DESK)
