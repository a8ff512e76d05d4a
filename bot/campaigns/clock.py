"""The clock's share of campaigns. It only writes rows; any number of clocks may tick at once.

Each step is a transaction of its own around one row that nobody else holds, so a clock that dies
leaves the rest to the next tick, here or elsewhere.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.campaigns import account, queue, status, store
from actions.campaigns.models import Campaign, CatchUp, Status
from actions.outbox import leases
from actions.outbox import store as outbox
from bot.campaigns import times
from bot.campaigns.wording import in_season, wording
from bot.wiring import Service

log = structlog.get_logger()

GRACE = timedelta(minutes=5)  # later than this, a time was missed
LOOK_AHEAD = 180  # seconds of sending that are looked at for quiet hours, every few seconds
MOST_AHEAD = 100_000  # messages
BUSY = 2.0  # seconds of queueing, or of moving what was queued, in one tick
SETTLE_EVERY = timedelta(seconds=5)


def tick(service: Service) -> int:
    """Do what is due; return how many messages were queued."""
    for step in (_expire, _begin, _finish):
        while step(service):
            pass
    _hold_back(service)
    began = time.monotonic()
    while _follow(service) and time.monotonic() - began < BUSY:
        pass
    queued, began = 0, time.monotonic()
    while (number := _queue(service)) is not None:
        queued += number
        if time.monotonic() - began > BUSY:
            break
    _settle(service)
    return queued


def keep_quiet(service: Service) -> int:
    """Respect quiet hours that begin while messages wait; return how many were moved."""
    rate = service.settings.telegram_rate or MOST_AHEAD
    ahead = min(MOST_AHEAD, round(rate * LOOK_AHEAD))
    with service.sessions.begin() as db:
        leases.begin(db)  # look-ups only, whatever the planner thinks of a million new rows
        return queue.keep_quiet(db, home=home(service), ahead=ahead, now=service.clock())


def _begin(service: Service) -> bool:
    now = service.clock()
    with service.sessions.begin() as db:
        campaign = store.lock_due(db, now=now)
        if campaign is None:
            return False
        if _changed(db, campaign, now):
            return True
        if campaign.status == Status.APPROVED:
            _schedule(service, campaign)
            status.move(db, campaign, Status.SCHEDULED, by=None, now=now)
            if campaign.next_at is None:  # a cron line that never comes
                status.expire(db, campaign, now=now)
            return True
        _go_out(db, service, campaign, now)
        return True


def _schedule(service: Service, campaign: Campaign) -> None:
    approved = campaign.approved_at
    assert approved  # noqa: S101  by approve()
    if campaign.cron:
        campaign.next_at = times.following(campaign.cron, approved, service.region.timezone)
    else:
        campaign.next_at = campaign.at or approved


def _go_out(db: Session, service: Service, campaign: Campaign, now: datetime) -> None:
    """Store the occurrences whose time has come. Of those that were missed, the policy says."""
    first = campaign.next_at
    assert first  # noqa: S101  by lock_due
    due = [first]
    if campaign.cron:
        due += times.between(campaign.cron, first, now, service.region.timezone)
        campaign.next_at = times.following(campaign.cron, now, service.region.timezone)
    else:
        campaign.next_at = None
    *older, latest = due
    late = now - latest > GRACE and campaign.catch_up == CatchUp.SKIP
    if not in_season(campaign, service.region.day(now)):
        late = True  # the piece's own dates: this time is passed over
    for at in older[-50:]:
        store.begin(db, campaign, at=at, missed=True, now=now)
    account.settle_open(db)  # the least time between two messages counts what was sent just now
    new = store.begin(db, campaign, at=latest, missed=late, now=now)
    log.info("campaign.occurrence", campaign=campaign.id, missed=late, new=new)
    if campaign.status == Status.SCHEDULED and (new and not late):
        status.move(db, campaign, Status.SENDING, by=None, now=now)
    elif campaign.status == Status.SCHEDULED and campaign.next_at is None:
        status.expire(db, campaign, now=now)


def _expire(service: Service) -> bool:
    now = service.clock()
    with service.sessions.begin() as db:
        campaign = store.lock_expired(db, now=now)
        if campaign is None:
            return False
        status.expire(db, campaign, now=now)
        return True


def _hold_back(service: Service) -> None:
    with service.sessions.begin() as db:
        leases.begin(db)  # look-ups only, whatever the planner thinks of a million new rows
        queue.hold_back(db)


def _follow(service: Service) -> bool:
    """Bring some more messages of a campaign to where it was moved."""
    now = service.clock()
    with service.sessions.begin() as db:
        leases.begin(db)  # look-ups only, whatever the planner thinks of a million new rows
        occurrence = store.lock_moving(db)
        if occurrence is None:
            return False
        queue.follow(db, occurrence, home=home(service), now=now)
        outbox.nudge(db)
        return True


def _queue(service: Service) -> int | None:
    now = service.clock()
    with service.sessions.begin() as db:
        occurrence = store.lock_queueing(db)
        if occurrence is None:
            return None
        if _changed(db, occurrence.campaign, now):
            return 0
        said = wording(occurrence.campaign, service.region, occurrence_id=occurrence.id)
        queued = queue.batch(
            db,
            occurrence,
            said,
            home=home(service),
            now=now,
            least=timedelta(hours=service.settings.bulk_gap),
        )
        outbox.nudge(db)
        return queued


def _changed(db: Session, campaign: Campaign, now: datetime) -> bool:
    """Withdraw a campaign whose content is not what was approved."""
    if status.content_hash(campaign) == campaign.approved_hash:
        return False
    log.warning("campaign.content_changed", campaign=campaign.id)
    audit.record(db, "campaign.content_changed", actor=audit.SYSTEM, now=now, campaign=campaign.id)
    status.withdraw(db, campaign, by=None, now=now)
    return True


def _settle(service: Service) -> None:
    """Bring in what the senders did, the less often the longer it takes."""
    now, began = service.clock(), time.monotonic()
    with service.sessions.begin() as db:
        occurrence = account.due_to_settle(db, now=now)
        if occurrence is None:
            return
        if occurrence.expires_at <= now:
            account.run_out(db, occurrence, now=now)
        account.settle(db, occurrence_id=occurrence.id)
        if not account.anything_waits(db, occurrence):
            account.close(db, occurrence)
        took = timedelta(seconds=time.monotonic() - began)
        occurrence.settle_at = now + max(SETTLE_EVERY, 20 * took)
    _finish(service)


def _finish(service: Service) -> bool:
    now = service.clock()
    with service.sessions.begin() as db:
        campaign = store.lock_finished(db)
        if campaign is None:
            return False
        if campaign.next_at is None:
            status.move(db, campaign, Status.DONE, by=None, now=now)
            campaign.ended_at = now
        else:
            status.move(db, campaign, Status.SCHEDULED, by=None, now=now)
        return True


def home(service: Service) -> str:
    """Return the region's time zone, for whoever has not named another."""
    return str(service.region.timezone)
