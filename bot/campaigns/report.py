"""What every campaign came to, as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TypedDict

from sqlalchemy.orm import Session

from actions.campaigns import account, quiz, store
from actions.campaigns.models import Campaign, State

COUNTED = ("audience", *State)
SKILLS = ("answers", "sensitivity", "hit_rate", "false_alarm_rate")
COHORTS = ("a", "b", "control")


class Answers(TypedDict):
    """How one cohort told scam from genuine; None until both kinds were answered."""

    cohort: str
    answers: int
    sensitivity: float | None
    hit_rate: float | None
    false_alarm_rate: float | None


class Measured(TypedDict):
    """What is known of a campaign's effect."""

    read: int  # who answered its question has read it; of others nothing is known
    opt_outs: int
    quiz: list[Answers]
    later: list[Answers]


def measured(db: Session, campaign: Campaign) -> Measured:
    """Return reads, opt-outs, answers, and later answers by cohort against the control group."""
    own = quiz.own_answers(db, campaign)
    return {
        "read": sum(each.scams + each.reals for each in own),
        "opt_outs": quiz.opt_outs(db, campaign),
        "quiz": [_told(each) for each in own],
        "later": [_told(each) for each in quiz.compare(db, campaign)],
    }


def _told(each: quiz.Skill) -> Answers:
    return {
        "cohort": each.cohort,
        "answers": each.scams + each.reals,
        "sensitivity": each.sensitivity,
        "hit_rate": each.hit_rate,
        "false_alarm_rate": each.false_alarm_rate,
    }


def as_csv(db: Session) -> str:
    """Return one line a campaign with everything that was counted; a spreadsheet opens it."""
    made = io.StringIO(newline="")
    table = csv.writer(made)
    later = [f"later_{cohort}_{name}" for cohort in COHORTS for name in SKILLS]
    table.writerow(["id", "title", "status", *COUNTED, "read", "opt_outs", *later])
    table.writerows(_row(db, campaign) for campaign in store.list_all(db))
    return "\ufeff" + made.getvalue()


def _row(db: Session, campaign: Campaign) -> list[object]:
    counted, found = account.count(db, campaign), measured(db, campaign)
    by_cohort: dict[str, Mapping[str, object]] = {
        each["cohort"]: {**each} for each in found["later"]
    }
    title = f"'{campaign.title}" if campaign.title[:1] in "=+-@" else campaign.title
    return [
        campaign.id,
        title,  # a spreadsheet must not take it for a formula
        campaign.status,
        *(counted[name] for name in COUNTED),
        found["read"],
        found["opt_outs"],
        *(by_cohort.get(cohort, {}).get(name) for cohort in COHORTS for name in SKILLS),
    ]
