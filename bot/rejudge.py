"""Judge again, by the model, what rules judged while the NLU server was away."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from actions.cases import store as cases
from actions.citizens.models import Citizen
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.reports import store as reports
from actions.reports.models import Report
from actions.triage.assess import assess
from actions.triage.judgement import Judgement, Verdict
from actions.triage.understanding import Understanding
from bot import opening, quietly, texts
from bot.conversation import messages, quiet, turn
from bot.conversation.advice import next_question
from bot.conversation.turn import Line, Prompt, Turn
from bot.desk import Desk
from bot.nlu.client import PROBE, NluClient
from bot.wiring import Service

WORTH = timedelta(hours=24)  # older reports are no longer anybody's next step
LIVE_WITHIN = timedelta(hours=1)
BATCH = 20

_GRAVITY = (Verdict.NO_SIGN, Verdict.UNCLEAR, Verdict.SUSPICIOUS, Verdict.SCAM)


async def rejudge(service: Service, nlu: NluClient, desk: Desk) -> int:
    """Judge provisional reports again, a batch after the other, one at a time so that those who
    write now are not held up; return how many were settled.

    One that cannot be understood, by a server that understands others, does not stand before them.
    """
    settled, last = 0, 0
    while nlu.worth_asking and (waiting := await asyncio.to_thread(_waiting, service, last)):
        for last, text in waiting:
            understanding = await nlu.parse(text)
            if understanding is not None:
                await asyncio.to_thread(_settle, service, desk, last, understanding)
                settled += 1
            elif await nlu.parse(PROBE) is None:
                return settled
    return settled


def _waiting(service: Service, after: int) -> list[tuple[int, str]]:
    with service.sessions.begin() as db:
        since = service.clock() - WORTH
        waiting = reports.list_provisional(db, since=since, after=after, limit=BATCH)
        return [(report.id, report.text) for report in waiting]


def _settle(service: Service, desk: Desk, report_id: int, understanding: Understanding) -> None:
    now = service.clock()
    with service.sessions.begin() as db:
        report = db.get(Report, report_id, with_for_update=True)
        if report is None or report.judged_by != "rules":
            return
        judgement = assess(
            db, report.text, understanding=understanding, country=desk.region.country
        ).judgement
        graver = _GRAVITY.index(judgement.verdict) > _GRAVITY.index(Verdict(report.verdict))
        urgent = judgement.escalate and not report.escalate
        report.verdict, report.type = judgement.verdict, judgement.type
        report.stage, report.escalate = judgement.stage, judgement.escalate
        report.confidence, report.reasons = judgement.confidence, list(judgement.reasons)
        report.judged_by = judgement.nlu
        if graver or urgent:
            _tell(db, desk, report, judgement, urgent=urgent, now=now)


def _tell(
    db: Session, desk: Desk, report: Report, judgement: Judgement, *, urgent: bool, now: datetime
) -> None:
    citizen = db.get_one(Citizen, report.citizen_id, with_for_update=True)
    case = cases.find_open(db, citizen_id=citizen.id)
    if urgent and case is None and report.received_at >= now - LIVE_WITHIN:
        case = opening.open_case(db, desk, citizen, "live", judgement, told=[report], now=now)
    question = next_question(judgement, {})
    told = (messages.urgent if judgement.escalate and case else messages.verdict)(
        judgement, question
    )
    prompt = Prompt((Line("verdict.changed"), *told.lines), told.choices)
    citizen.facts = dict(turn.Session(facts=citizen.facts).holding(judgement).facts)
    citizen.step = question.name if question else citizen.step
    if quietly.is_on(citizen, now=now):  # whoever watches them must not read what it is about
        [prompt] = quiet.softened(Turn(turn.Session(step=citizen.step), (prompt,))).prompts
    body = texts.render(
        prompt,
        citizen.language or desk.region.languages[0],
        desk.region,
        case=case.code if case else "",
    )
    lane = Lane.URGENT if case else Lane.REPLY
    quietly.send(db, citizen, body, key=f"rejudged:{report.id}", lane=lane, now=now)
    outbox.nudge(db)
