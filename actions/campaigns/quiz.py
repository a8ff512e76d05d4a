"""Answers to the pairs, and what they tell of telling scam from genuine.

Caution alone is not skill. Who calls everything a scam finds every scam, and is wrong about every
genuine message; sensitivity d′ tells the two apart, and the false-alarm rate shows the caution.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from actions.campaigns.models import Campaign, Delivery, Occurrence, QuizAnswer, State

WORKS_FOR = timedelta(days=60)  # later answers say little about a campaign
# Of answers `q`: the counts of a `Skill`, in its order.
_COUNTED = """
    count(*) FILTER (WHERE q.truth = 'scam' AND q.answer = 'scam'),
    count(*) FILTER (WHERE q.truth = 'scam'),
    count(*) FILTER (WHERE q.truth = 'real' AND q.answer = 'scam'),
    count(*) FILTER (WHERE q.truth = 'real')
"""


def answer(
    db: Session, *, citizen_id: int, occurrence_id: int, said: str, now: datetime
) -> tuple[Delivery, Campaign] | None:
    """Keep the first answer to what this citizen was shown; None when they were shown nothing."""
    delivery = db.scalars(
        select(Delivery).where(
            Delivery.citizen_id == citizen_id, Delivery.occurrence_id == occurrence_id
        )
    ).one_or_none()
    occurrence = db.get(Occurrence, occurrence_id)
    if delivery is None or occurrence is None or delivery.side is None:
        return None
    if delivery.state == State.SKIPPED:
        return None
    db.execute(
        insert(QuizAnswer)
        .values(
            citizen_id=citizen_id,
            occurrence_id=occurrence_id,
            truth=delivery.side,
            answer=said,
            answered_at=now,
        )
        .on_conflict_do_nothing()
    )
    return delivery, occurrence.campaign


@dataclass(frozen=True, slots=True)
class Skill:
    """Answers of one cohort. d′ is None until both kinds have been answered."""

    cohort: str
    hits: int
    scams: int
    false_alarms: int
    reals: int

    @property
    def sensitivity(self) -> float | None:
        """d′ with the log-linear correction, so that perfect scores stay finite."""
        if not self.scams or not self.reals:
            return None
        z = NormalDist().inv_cdf
        hit = (self.hits + 0.5) / (self.scams + 1)
        false = (self.false_alarms + 0.5) / (self.reals + 1)
        return z(hit) - z(false)

    @property
    def hit_rate(self) -> float | None:
        """The share of scams that were taken for one."""
        return self.hits / self.scams if self.scams else None

    @property
    def false_alarm_rate(self) -> float | None:
        """The share of genuine messages that were taken for a scam."""
        return self.false_alarms / self.reals if self.reals else None


def compare(db: Session, campaign: Campaign) -> list[Skill]:
    """Return the skill of those who got the campaign, by variant, and of its control group.

    Counted is what they answered to *later* campaigns: its own question would be answered by one
    side only.
    """
    return _skills(
        db,
        campaign,
        f"""
            WITH member AS (
                SELECT d.citizen_id, min(o.at) AS since,
                       min(CASE WHEN d.reason = 'control' THEN 'control' ELSE d.variant END)
                           AS cohort
                FROM delivery d JOIN occurrence o ON o.id = d.occurrence_id
                WHERE o.campaign_id = :campaign AND d.citizen_id IS NOT NULL
                  AND (d.state = 'sent' OR d.reason = 'control')
                GROUP BY d.citizen_id
            )
            SELECT m.cohort, {_COUNTED}
            FROM member m
            JOIN quiz_answer q ON q.citizen_id = m.citizen_id
            JOIN occurrence o ON o.id = q.occurrence_id
            WHERE o.campaign_id <> :campaign
              AND q.answered_at >= m.since AND q.answered_at < m.since + :window
            GROUP BY m.cohort ORDER BY m.cohort
            """,
        window=WORKS_FOR,
    )


def own_answers(db: Session, campaign: Campaign) -> list[Skill]:
    """Return how its own question was answered, by variant."""
    return _skills(
        db,
        campaign,
        f"""
            SELECT d.variant, {_COUNTED}
            FROM quiz_answer q JOIN occurrence o ON o.id = q.occurrence_id
            JOIN delivery d ON d.occurrence_id = o.id AND d.citizen_id = q.citizen_id
            WHERE o.campaign_id = :campaign GROUP BY d.variant ORDER BY d.variant
            """,
    )


def _skills(db: Session, campaign: Campaign, query: str, **params: object) -> list[Skill]:
    rows = db.execute(text(query), {"campaign": campaign.id, **params})
    return [Skill(str(row[0]), *(int(n) for n in row[1:])) for row in rows]


def opt_outs(db: Session, campaign: Campaign, *, within: timedelta = timedelta(days=1)) -> int:
    """Return how many said /stop, or wanted no tips any more, within a day of getting it."""
    return (
        db.scalar(
            text(
                """
                SELECT count(DISTINCT d.citizen_id) FROM delivery d
                JOIN occurrence o ON o.id = d.occurrence_id
                JOIN profile p ON p.citizen_id = d.citizen_id
                WHERE o.campaign_id = :campaign AND d.state = 'sent'
                  AND p.tips_off_at >= d.settled_at AND p.tips_off_at < d.settled_at + :within
                """
            ),
            {"campaign": campaign.id, "within": within},
        )
        or 0
    )
