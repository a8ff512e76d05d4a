"""A city of citizens, its publishers, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from actions.campaigns import status, store
from actions.officers import store as officers
from actions.officers.models import Officer, Role
from bot.database import Sessions
from bot.regions import Region
from bot.settings import Settings
from bot.wiring import Service
from tests.integration.campaigns.city import ADMIN, AUTHOR, DISPATCHER, SECOND, WORDS, Clock


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def service(
    settings: Settings, sessions: Sessions, engine: Engine, url: str, region: Region, clock: Clock
) -> Service:
    """The service as the schedule knows it, with the test's clock."""
    return Service(settings, region, url, engine, sessions, clock)


@pytest.fixture
def staff(sessions: Sessions) -> dict[int, Officer]:
    """An author, a second publisher, an admin and a dispatcher."""
    roles = {
        AUTHOR: [Role.PUBLISHER, Role.ADMIN],
        SECOND: [Role.PUBLISHER],
        ADMIN: [Role.ADMIN],
        DISPATCHER: [Role.DISPATCHER],
    }
    with sessions.begin() as db:
        return {
            number: officers.add(
                db, telegram_id=number, name=f"民警{number}", roles=role, district=None
            )
            for number, role in roles.items()
        }


@pytest.fixture
def publish(sessions: Sessions, staff: dict[int, Officer], clock: Clock) -> Callable[..., int]:
    """Write, submit and approve a campaign; return its id."""

    def publish(**draft: Any) -> int:
        with sessions.begin() as db:
            by, second = db.merge(staff[AUTHOR]), db.merge(staff[SECOND])
            asked = store.Draft(**{"title": "每周提醒", "variants": WORDS, **draft})
            campaign = store.create(db, asked, by=by, now=clock())
            status.submit(db, campaign, by=by, now=clock())
            status.approve(db, campaign, by=second, now=clock())
            return campaign.id

    return publish
