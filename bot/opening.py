"""Open a case and put it before the officers: in one way, whatever made it necessary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from actions.cases import amounts
from actions.cases import store as cases
from actions.cases.models import Case
from actions.citizens.models import Citizen
from actions.profiles import store as profiles
from actions.reports.models import Report
from actions.triage.judgement import Judgement
from bot import desk as duty
from bot import quietly, relatives
from bot.desk import Desk
from bot.inbound import DRILL


def open_case(
    db: Session,
    desk: Desk,
    citizen: Citizen,
    cause: str,
    judgement: Judgement | None,
    *,
    now: datetime,
    told: Sequence[Report] = (),
) -> Case:
    """Open a case for a citizen who is held and has none; what they `told` of it goes with it.

    It is of the district that they named, else of the one they live in. Of a live fraud the
    relatives they chose hear, too.
    """
    words = "\n".join(each.text for each in told)
    home = profiles.find(db, citizen_id=citizen.id)
    case = cases.open_case(
        db,
        citizen_id=citizen.id,
        cause=cause,
        judgement=judgement,
        now=now,
        policy=desk.policy,
        district=desk.region.district_in(words) or (home.district if home else None),
        amount=amounts.largest_in(words),
        discreet=quietly.is_on(citizen, now=now),
        drill=citizen.channel == DRILL,
    )
    for report in told:
        report.case_id = case.id
    db.flush()  # the card reads the reports
    duty.show(db, desk, case, now=now)
    if cause == "live":
        relatives.tell_guardians(db, citizen, case=case.code, region=desk.region, now=now)
    return case
