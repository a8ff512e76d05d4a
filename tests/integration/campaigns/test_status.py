"""Who may move a campaign, where to, and past whom never."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.audit.models import AuditEntry
from actions.campaigns import status, store
from actions.campaigns.models import Campaign, Status
from actions.campaigns.status import (
    MOVES,
    ContentChanged,
    IllegalMove,
    NotAllowed,
    OwnWork,
    Refusal,
    TooLate,
)
from actions.officers import store as officers
from actions.officers.models import Officer, Role
from bot.database import Sessions
from tests.integration.campaigns.city import ADMIN, AUTHOR, DISPATCHER, SECOND, WORDS, campaign

FORBIDDEN = [(a, b) for a in Status for b in Status if b not in MOVES[a]]


@pytest.fixture
def draft(sessions: Sessions, staff: dict[int, Officer], now: datetime) -> int:
    """A draft of the author's."""
    with sessions.begin() as db:
        return store.create(db, store.Draft("提醒", WORDS), by=who(db, AUTHOR), now=now).id


def who(db: Session, number: int) -> Officer:
    found = officers.find(db, telegram_id=number)
    assert found
    return found


@pytest.mark.parametrize(("was", "to"), FORBIDDEN, ids=lambda s: s.value)
def test_a_move_that_the_table_does_not_allow_is_refused_and_changes_nothing(
    sessions: Sessions, draft: int, now: datetime, was: Status, to: Status
) -> None:
    with sessions.begin() as db:
        campaign(db, draft).status = was

    with sessions() as db, pytest.raises(IllegalMove):
        status.move(db, campaign(db, draft), to, by=None, now=now)

    with sessions() as db:
        assert campaign(db, draft).status == was


@pytest.mark.parametrize(
    ("was", "to"), [(a, b) for a in Status for b in sorted(MOVES[a])], ids=lambda s: s.value
)
def test_a_move_that_the_table_allows_leaves_an_audit_entry(
    sessions: Sessions, draft: int, now: datetime, was: Status, to: Status
) -> None:
    with sessions.begin() as db:
        moved = campaign(db, draft)
        moved.status = was
        status.move(db, moved, to, by=who(db, SECOND), now=now)

    with sessions() as db:
        entry = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert entry.event == f"campaign.{to}"
        assert entry.details["was"] == was


def test_nothing_leads_out_of_an_end() -> None:
    assert [MOVES[end] for end in sorted(status.ENDED)] == [frozenset()] * 3


Act = Callable[[Session, Campaign, Officer, datetime], Any]
ACTS: dict[str, Act] = {
    "submit": lambda db, c, by, now: status.submit(db, c, by=by, now=now),
    "approve": lambda db, c, by, now: status.approve(db, c, by=by, now=now),
    "return": lambda db, c, by, now: status.send_back(db, c, by=by, now=now),
    "pause": lambda db, c, by, now: status.pause(db, c, by=by, now=now),
    "resume": lambda db, c, by, now: status.resume(db, c, by=by, home="Asia/Shanghai", now=now),
    "cancel": lambda db, c, by, now: status.cancel(db, c, by=by, now=now),
}
FROM: dict[str, set[Status]] = {
    "submit": {Status.DRAFT},
    "approve": {Status.SUBMITTED},
    "return": {Status.SUBMITTED},
    "pause": {Status.SCHEDULED, Status.SENDING},
    "resume": {Status.PAUSED},
    "cancel": set(Status) - status.ENDED,
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("was", Status, ids=lambda s: s.value)
def test_each_command_is_refused_from_every_other_state(
    sessions: Sessions, draft: int, now: datetime, act: str, was: Status
) -> None:
    with sessions.begin() as db:
        held = campaign(db, draft)
        held.status = was
        held.submitted_hash = held.approved_hash = status.content_hash(held)

    with sessions() as db:
        try:
            ACTS[act](db, campaign(db, draft), who(db, SECOND), now)
            allowed = True
        except IllegalMove:
            allowed = False

    assert allowed == (was in FROM[act])


@pytest.mark.parametrize("act", ACTS)
def test_a_dispatcher_may_do_none_of_it(
    sessions: Sessions, draft: int, now: datetime, act: str
) -> None:
    with sessions() as db, pytest.raises(NotAllowed):
        ACTS[act](db, campaign(db, draft), who(db, DISPATCHER), now)


def test_an_author_cannot_approve_their_own_even_as_an_admin(
    sessions: Sessions, draft: int, now: datetime
) -> None:
    with sessions.begin() as db:
        status.submit(db, campaign(db, draft), by=who(db, AUTHOR), now=now)

    with sessions() as db, pytest.raises(OwnWork):
        status.approve(db, campaign(db, draft), by=who(db, AUTHOR), now=now)


def test_whoever_submits_or_rewords_it_is_an_author_too(
    sessions: Sessions, draft: int, now: datetime
) -> None:
    with sessions.begin() as db:
        store.reword(db, campaign(db, draft), WORDS, by=who(db, SECOND), now=now)
        status.submit(db, campaign(db, draft), by=who(db, ADMIN), now=now)

    for number in (AUTHOR, SECOND, ADMIN):
        with sessions() as db, pytest.raises(OwnWork):
            status.approve(db, campaign(db, draft), by=who(db, number), now=now)


def test_an_officer_who_was_removed_cannot_approve(
    sessions: Sessions, draft: int, now: datetime
) -> None:
    with sessions.begin() as db:
        status.submit(db, campaign(db, draft), by=who(db, AUTHOR), now=now)
        second = who(db, SECOND)
        officers.remove(db, telegram_id=SECOND, now=now)

    with sessions() as db, pytest.raises(NotAllowed):
        status.approve(db, campaign(db, draft), by=db.merge(second), now=now)


def test_an_approval_names_the_content_and_refuses_any_other(
    sessions: Sessions, draft: int, now: datetime
) -> None:
    with sessions.begin() as db:
        status.submit(db, campaign(db, draft), by=who(db, AUTHOR), now=now)
        seen = status.content_hash(campaign(db, draft))
        db.execute(text("UPDATE campaign SET title = '改过'"))

    with sessions() as db, pytest.raises(ContentChanged):
        status.approve(db, campaign(db, draft), by=who(db, SECOND), now=now, seen=seen[:8])


def test_an_approval_of_something_else_than_was_seen_is_refused(
    sessions: Sessions, draft: int, now: datetime
) -> None:
    with sessions.begin() as db:
        status.submit(db, campaign(db, draft), by=who(db, AUTHOR), now=now)

    with sessions() as db, pytest.raises(ContentChanged):
        status.approve(db, campaign(db, draft), by=who(db, SECOND), now=now, seen="00000000")


def test_rewording_an_approved_campaign_makes_its_approval_void(
    sessions: Sessions, draft: int, now: datetime
) -> None:
    with sessions.begin() as db:
        status.submit(db, campaign(db, draft), by=who(db, AUTHOR), now=now)
        status.approve(db, campaign(db, draft), by=who(db, SECOND), now=now)

    with sessions.begin() as db:
        store.reword(db, campaign(db, draft), WORDS, by=who(db, AUTHOR), now=now)

    with sessions() as db:
        found = campaign(db, draft)
        assert (found.status, found.approved_hash, found.approved_by_id) == ("draft", None, None)


def test_what_has_expired_cannot_be_approved(
    sessions: Sessions, staff: dict[int, Officer], now: datetime
) -> None:
    with sessions.begin() as db:
        asked = store.Draft("提醒", WORDS, expires_at=now + timedelta(hours=1))
        number = store.create(db, asked, by=who(db, AUTHOR), now=now).id
        status.submit(db, campaign(db, number), by=who(db, AUTHOR), now=now)

    with sessions() as db, pytest.raises(TooLate):
        status.approve(db, campaign(db, number), by=who(db, SECOND), now=now + timedelta(hours=2))


def test_two_people_cannot_approve_or_cancel_past_each_other(
    sessions: Sessions, draft: int, now: datetime
) -> None:
    with sessions.begin() as db:
        officers.add(db, telegram_id=509, name="三", roles=[Role.PUBLISHER], district=None)
        status.submit(db, campaign(db, draft), by=who(db, AUTHOR), now=now)
    together, came = Barrier(3), []

    def act(number: int, name: str) -> None:
        with sessions() as db:
            by, seen = who(db, number), campaign(db, draft)
            together.wait()
            try:
                ACTS[name](db, seen, by, now)
                db.commit()
                came.append(name)
            except Refusal:
                db.rollback()

    threads = [
        Thread(target=act, args=each)
        for each in ((SECOND, "approve"), (509, "approve"), (ADMIN, "return"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(came) == 1
    with sessions() as db:
        moves = db.scalars(
            select(AuditEntry.event).where(
                AuditEntry.event.in_(["campaign.approved", "campaign.draft"])
            )
        ).all()
    assert len(moves) == 1
