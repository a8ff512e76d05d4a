"""What every campaign came to, as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io

from sqlalchemy.orm import Session

from actions.campaigns import account, quiz, store
from actions.campaigns.models import Campaign

COUNTED = ("audience", "queued", "sent", "failed", "blocked", "expired", "skipped")
SKILLS = ("answers", "sensitivity", "false_alarm_rate")
COHORTS = ("a", "b", "control")


def measured(db: Session, campaign: Campaign) -> dict[str, object]:
    """Return what is known of its effect: opt-outs, answers, and later answers by cohort."""

    def skill(each: quiz.Skill) -> dict[str, object]:
        return {
            "cohort": each.cohort,
            "answers": each.scams + each.reals,
            "sensitivity": each.sensitivity,
            "false_alarm_rate": each.false_alarm_rate,
        }

    return {
        "opt_outs": quiz.opt_outs(db, campaign),
        "quiz": [skill(each) for each in quiz.own_answers(db, campaign)],
        "later": [skill(each) for each in quiz.compare(db, campaign)],
    }


def as_csv(db: Session) -> str:
    """Return one line a campaign with everything that was counted; a spreadsheet opens it."""
    made = io.StringIO(newline="")
    table = csv.writer(made)
    later = [f"later_{cohort}_{name}" for cohort in COHORTS for name in SKILLS]
    table.writerow(["id", "title", "status", *COUNTED, "opt_outs", *later])
    table.writerows(_row(db, campaign) for campaign in store.list_all(db))
    return "\ufeff" + made.getvalue()


def _row(db: Session, campaign: Campaign) -> list[object]:
    counted, found = account.count(db, campaign), measured(db, campaign)
    by_cohort = {each["cohort"]: each for each in found["later"]}  # type: ignore[attr-defined]
    title = f"'{campaign.title}" if campaign.title[:1] in "=+-@" else campaign.title
    return [
        campaign.id,
        title,  # a spreadsheet must not take it for a formula
        campaign.status,
        *(counted[name] for name in COUNTED),
        found["opt_outs"],
        *(by_cohort.get(cohort, {}).get(name) for cohort in COHORTS for name in SKILLS),
    ]
