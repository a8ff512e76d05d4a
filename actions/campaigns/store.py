"""Write campaigns and read them. The caller owns the transaction: nothing here commits."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.campaigns import audience, queue, status
from actions.campaigns.audience import LEFT_OUT, MEANT, WANTED, Audience
from actions.campaigns.models import Campaign, CatchUp, Occurrence, Status
from actions.officers.models import Officer

LASTS = timedelta(hours=48)  # an occurrence that is not sent by then has lost its point
MOST_CONTROL = 0.5


@dataclass(frozen=True, slots=True)
class Draft:
    """What a publisher asks for. `variants` is by name, then language, then part."""

    title: str
    variants: Mapping[str, Mapping[str, Mapping[str, str]]]
    kind: str = "text"
    type: str | None = None
    audience: Audience = field(default_factory=Audience)
    cron: str | None = None
    at: datetime | None = None
    expires_at: datetime | None = None
    catch_up: CatchUp = CatchUp.ONCE
    control: float = 0.0


def create(db: Session, draft: Draft, *, by: Officer, now: datetime) -> Campaign:
    """Store a draft; it goes nowhere until a second person has approved it."""
    status.require_publisher(by)
    campaign = Campaign(
        title=draft.title,
        kind=draft.kind,
        type=draft.type,
        status=Status.DRAFT,
        author_id=by.id,
        authors=[by.id],
        variants=_plain(draft.variants),
        audience=draft.audience.to_json(),
        cron=draft.cron,
        at=draft.at,
        expires_at=draft.expires_at,
        catch_up=draft.catch_up,
        control=draft.control,
        seed=secrets.token_hex(8),
        created_at=now,
    )
    db.add(campaign)
    db.flush()  # the caller shows campaign.id, and the audit entry needs it
    audit.record(db, "campaign.created", actor=by.actor, now=now, campaign=campaign.id)
    return campaign


def reword(
    db: Session,
    campaign: Campaign,
    variants: Mapping[str, Mapping[str, Mapping[str, str]]],
    *,
    by: Officer,
    now: datetime,
) -> None:
    """Change the words. Whoever does becomes an author; an approval of other words is void."""
    status.require_publisher(by)
    status.hold(db, campaign)
    if campaign.status in status.ENDED:
        raise status.IllegalMove(f"the campaign is {campaign.status}; write a new one")
    if campaign.status != Status.DRAFT:
        status.withdraw(db, campaign, by=by, now=now)
    campaign.variants = _plain(variants)
    campaign.authors = sorted({*campaign.authors, by.id})
    audit.record(db, "campaign.reworded", actor=by.actor, now=now, campaign=campaign.id)


def correct(
    db: Session,
    wrong: Campaign,
    variants: Mapping[str, Mapping[str, Mapping[str, str]]],
    *,
    title: str,
    by: Officer,
    now: datetime,
) -> Campaign:
    """Stop a campaign at once and draft its correction for everybody it went to or waited for.

    The correction needs an approval like any other, and then overtakes all tips.
    """
    status.require_publisher(by)
    if wrong.status not in status.ENDED:
        status.cancel(db, wrong, by=by, now=now)
    correction = create(
        db,
        Draft(title, variants, kind="correction", type=wrong.type),
        by=by,
        now=now,
    )
    correction.corrects_id = wrong.id
    correction.expires_at = now + LASTS
    return correction


def find(db: Session, *, campaign_id: int) -> Campaign | None:
    """Return this campaign, or None."""
    return db.get(Campaign, campaign_id)


def list_all(db: Session) -> Sequence[Campaign]:
    """Return every campaign, newest first."""
    return db.scalars(select(Campaign).order_by(Campaign.id.desc())).all()


@dataclass(frozen=True, slots=True)
class Sample:
    """One person a campaign would reach, without anything that tells who."""

    district: str | None
    age: str | None
    language: str | None


def sample_audience(
    db: Session, campaign: Campaign, *, at: datetime, size: int = 5
) -> tuple[int, list[Sample]]:
    """Return how many the campaign would reach if it went out then, and a few of them."""
    params = _params(campaign, at)
    who = f"FROM citizen c LEFT JOIN profile p ON p.citizen_id = c.id WHERE {WANTED}"
    number = db.scalar(text(f"SELECT count(*) {who}"), params) or 0
    rows = db.execute(
        text(
            f"SELECT p.district, p.age, c.language {who} ORDER BY md5(:seed || c.id) LIMIT :size"
        ),
        {**params, "seed": campaign.seed, "size": size},
    )
    return int(number), [Sample(*row) for row in rows]


def left_out(
    db: Session, campaign: Campaign, *, at: datetime, least: timedelta = queue.GAP
) -> dict[str, int]:
    """Return how many who are meant would get nothing if it went out then, by reason.

    "gap" and "control" are of the audience; the others are not in it. "later" get it, but only
    when enough time has passed since the last one.
    """
    case = " ".join(f"WHEN {holds} THEN '{name}'" for name, holds in LEFT_OUT.items())
    drawn = queue.DRAW.format(what="'/control/'")
    recent = "FROM delivery d WHERE d.citizen_id = c.id AND d.state"
    rows = db.execute(
        text(
            f"SELECT why, count(*) FROM (SELECT CASE {case}"
            f" WHEN {drawn} < :control THEN 'control'"
            f" WHEN :gap AND EXISTS (SELECT 1 {recent} = 'queued') THEN 'gap'"
            f" WHEN :gap AND EXISTS (SELECT 1 {recent} = 'sent' AND d.settled_at > :at - :least)"
            f" THEN 'later' END AS why"
            f" FROM citizen c LEFT JOIN profile p ON p.citizen_id = c.id WHERE {MEANT}) AS each"
            " WHERE why IS NOT NULL GROUP BY why"
        ),
        {
            **_params(campaign, at),
            "seed": campaign.seed,
            "control": campaign.control,
            "gap": campaign.corrects_id is None,
            "least": least,
        },
    )
    found = {str(why): int(number) for why, number in rows}
    order = (*LEFT_OUT, "control", "gap", "later")
    return {why: found[why] for why in order if why in found}


def _params(campaign: Campaign, at: datetime) -> dict[str, object]:
    return {
        **audience.stored(campaign.audience).params(),
        "corrects": campaign.corrects_id,
        "spoken": list(spoken(campaign.variants)),  # type: ignore[arg-type]
        "at": at,
    }


def spoken(variants: Mapping[str, Mapping[str, object]]) -> tuple[str, ...]:
    """Return the languages that every variant is written in."""
    each = [set(words) for words in variants.values()]
    return tuple(sorted(set.intersection(*each), reverse=True))  # zh before en


def lock_due(db: Session, *, now: datetime) -> Campaign | None:
    """Return a campaign whose next time has come, or that needs one, held by nobody else."""
    return db.scalars(
        select(Campaign)
        .where(
            (Campaign.status == Status.APPROVED)
            | (Campaign.status.in_([Status.SCHEDULED, Status.SENDING]) & (Campaign.next_at <= now))
        )
        .order_by(Campaign.next_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=Campaign)
    ).one_or_none()


def lock_expired(db: Session, *, now: datetime) -> Campaign | None:
    """Return a campaign whose expiry is past, held by nobody else."""
    return db.scalars(
        select(Campaign)
        .where(
            Campaign.expires_at <= now,
            Campaign.status.not_in([Status.DRAFT, *status.ENDED]),
        )
        .limit(1)
        .with_for_update(skip_locked=True, of=Campaign)
    ).one_or_none()


def begin(db: Session, campaign: Campaign, *, at: datetime, missed: bool, now: datetime) -> bool:
    """Store that the campaign goes out at this time; False when that is stored already."""
    last_id = 0 if missed else queue.newest_citizen(db)
    expires_at = min(filter(None, (campaign.expires_at, max(at, now) + LASTS)))
    stored = db.scalar(
        insert(Occurrence)
        .values(
            campaign_id=campaign.id,
            at=at,
            state="missed" if missed else "queueing",
            last_id=last_id,
            expires_at=expires_at,
            settle_at=now,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Occurrence.id)
    )
    return stored is not None


def lock_finished(db: Session) -> Campaign | None:
    """Return a campaign that is sending although nothing of it is left, held by nobody else."""
    still = exists().where(Occurrence.campaign_id == Campaign.id, Occurrence.state.in_(queue.OPEN))
    return db.scalars(
        select(Campaign)
        .where(Campaign.status == Status.SENDING, ~still)
        .limit(1)
        .with_for_update(skip_locked=True, of=Campaign)
    ).one_or_none()


def lock_queueing(db: Session) -> Occurrence | None:
    """Return an occurrence that is not wholly queued, held by nobody else.

    Its campaign is held against a change of status: a cancel waits for the batch, and the next
    batch sees it.
    """
    occurrence = db.scalars(
        select(Occurrence)
        .join(Campaign, Campaign.id == Occurrence.campaign_id)
        .where(Occurrence.state == "queueing", Campaign.status == Status.SENDING)
        .order_by(Campaign.corrects_id.is_(None), Occurrence.at, Occurrence.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Occurrence)
    ).one_or_none()
    if occurrence is None:
        return None
    campaign = db.get(
        Campaign,
        occurrence.campaign_id,
        # Somebody who stops it holds it and wants the occurrence: waiting would be for ever.
        with_for_update={"read": True, "of": Campaign, "skip_locked": True},
        populate_existing=True,
    )
    return occurrence if campaign and campaign.status == Status.SENDING else None


def lock_moving(db: Session) -> Occurrence | None:
    """Return an occurrence whose messages are being brought somewhere, held by nobody else."""
    return db.scalars(
        select(Occurrence)
        .where(Occurrence.moving.is_not(None))
        .order_by(Occurrence.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Occurrence)
    ).one_or_none()


def _plain(
    variants: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> dict[str, object]:
    return {v: {lang: dict(parts) for lang, parts in by.items()} for v, by in variants.items()}
