"""Every minute: are all cases looked after? A heartbeat goes out only when nothing is wrong."""

from __future__ import annotations

import asyncio
import math

import httpx
import structlog
from prometheus_client import Gauge
from sqlalchemy import func, select

from actions.audit.models import AuditEntry
from actions.cases import auditor
from actions.cases.auditor import Findings
from actions.cases.models import Case, Status
from bot.desk import Desk
from bot.wiring import Service

log = structlog.get_logger()

HEARTBEAT_TIMEOUT = 10.0

RATIO = Gauge("fanzha_desk_fine_ratio", "Share of open cases with an owner or alert and a timer")
WRONG = Gauge("fanzha_desk_findings", "What the last look at the desk found wrong")
CASES = Gauge("fanzha_cases", "Cases that are not closed, without drills", ["status"])
OLDEST = Gauge("fanzha_oldest_unclaimed_seconds", "How long the oldest unclaimed case has waited")
DRILL = Gauge("fanzha_drill_card_seconds", "How long the last drill's card took; -1: never came")
BEAT = Gauge("fanzha_heartbeat_time", "When the last heartbeat was taken, in Unix seconds")
for unknown in (RATIO, DRILL):  # nothing was looked at yet: nought would be an alarm
    unknown.set(math.nan)


async def look(service: Service, desk: Desk) -> Findings:
    """Audit the desk, set the figures, and send the heartbeat if all is well."""
    findings = await asyncio.to_thread(_look, service, desk)
    said = log.warning if findings.wrong else log.info
    said(
        "watch.looked",
        open=findings.looked_at,
        ratio=round(findings.ratio, 4),
        wrong=dict(findings.wrong),
    )
    if not findings.wrong and service.settings.heartbeat_url:
        await _beat(service, service.settings.heartbeat_url)
    return findings


def _look(service: Service, desk: Desk) -> Findings:
    now = service.clock()
    with service.sessions.begin() as db:
        findings = auditor.look(db, now=now, policy=desk.policy)
    RATIO.set(findings.ratio)
    WRONG.set(len(findings.wrong))
    measure(service)
    return findings


def measure(service: Service) -> None:
    """Set the figures that a scrape reads."""
    now = service.clock()
    with service.sessions() as db:
        real = Case.drill.is_(False)
        statuses = (
            select(Case.status, func.count())
            .where(Case.status != Status.CLOSED, real)
            .group_by(Case.status)
        )
        counts = dict(db.execute(statuses).tuples().all())
        for each in (Status.OPEN, Status.CLAIMED):
            CASES.labels(each).set(counts.get(each, 0))
        oldest = db.scalar(
            select(func.min(Case.opened_at)).where(Case.status == Status.OPEN, real)
        )
        OLDEST.set((now - oldest).total_seconds() if oldest else 0)
        drilled = db.scalars(
            select(AuditEntry.details)
            .where(AuditEntry.event == "drill.ended")
            .order_by(AuditEntry.id.desc())
            .limit(1)
        ).one_or_none()
        if drilled is not None:
            took = drilled.get("card_seconds")
            DRILL.set(float(str(took)) if took is not None else -1)


async def _beat(service: Service, url: str) -> None:
    try:
        async with httpx.AsyncClient(timeout=HEARTBEAT_TIMEOUT) as client:
            (await client.get(url)).raise_for_status()
    except httpx.HTTPError as error:
        log.warning("watch.heartbeat_not_taken", error=error)
        return
    BEAT.set(service.clock().timestamp())
