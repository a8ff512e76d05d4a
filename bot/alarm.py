"""Put into words, and queue, what the escalation engine decided."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import status
from actions.cases.escalate import Alarm
from actions.cases.models import Case
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.reports import store as reports
from bot import desk as duty
from bot.desk import Desk

WEBHOOK = "webhook"  # the outbox's name for the city's own system
KEEP_TRYING = timedelta(hours=6)
SAID = {
    "unclaimed": "desk.reminder",
    "offered": "desk.offered",
    "silent": "desk.silent",
    "snooze_over": "desk.snooze_over",
}


def tell(db: Session, desk: Desk, alarm: Alarm, *, now: datetime) -> None:
    """Tell whoever must hear of it, with all that the case holds."""
    case = alarm.case
    if case.drill and alarm.kind == "unclaimed":
        _end_drill(db, desk, case, now=now)
        return
    match alarm.kind:
        case "unclaimed":
            _unclaimed(db, desk, alarm, now=now)
        case "offered":
            _offered(db, desk, alarm, now=now)
        case _:
            _ask_owner(db, desk, alarm, now=now)


def tell_barely(db: Session, desk: Desk, alarm: Alarm, *, now: datetime) -> None:
    """Name the case to whoever must hear of it, and show nothing that it holds."""
    case = alarm.case
    if case.drill:
        return
    said, buttons = _said(desk, alarm), _buttons(desk, alarm)
    if alarm.desk:
        duty.tell(db, desk, case, said, now=now, buttons=buttons)
    for officer in alarm.officers:
        about = f"case:{case.code}:alert:{alarm.step}"
        duty.whisper(db, desk, officer, said, now=now, buttons=buttons, about=about)


def _unclaimed(db: Session, desk: Desk, alarm: Alarm, *, now: datetime) -> None:
    case = alarm.case
    minutes = _minutes(alarm.waited)
    said, take = _said(desk, alarm), _buttons(desk, alarm)
    if alarm.desk:
        # Behind the cards of new cases, and only until the next: on a bad night the group's limit
        # would otherwise go to reminders of the old.
        lasts = desk.policy.repeat
        duty.tell(db, desk, case, said, now=now, buttons=take, lane=Lane.REPLY, lasts=lasts)
    whole = str(duty.card(db, desk, case)["text"])
    for officer in alarm.officers:
        key = "desk.alarm.supervisor" if officer.id in alarm.supervisors else "desk.alarm.officer"
        text = f"{desk.say(key, case=case.code, minutes=minutes)}\n\n{whole}"
        about = f"case:{case.code}:alert:{alarm.step}"
        duty.whisper(db, desk, officer, text, now=now, buttons=take, about=about)
    if alarm.webhook and desk.webhook:
        # Numbers and codes only: the words stay here.
        post(
            db,
            desk,
            "case.unclaimed",
            {
                "case": case.code,
                "type": case.type,
                "stage": case.stage,
                "district": case.district,
                "amount_cents": case.amount,
                "opened_at": case.opened_at.isoformat(),
                "waited_seconds": int(alarm.waited.total_seconds()),
                "step": alarm.step,
            },
            about=f"case:{case.code}",
            now=now,
        )
    if not alarm.officers and not alarm.desk and not (alarm.webhook and desk.webhook):
        audit.record(db, "case.alert_failed", actor=audit.SYSTEM, now=now, case_code=case.code)


def _offered(db: Session, desk: Desk, alarm: Alarm, *, now: datetime) -> None:
    duty.redraw(db, desk, alarm.case, now=now)
    duty.offer(db, desk, alarm.case, _said(desk, alarm), now=now)


def _ask_owner(db: Session, desk: Desk, alarm: Alarm, *, now: datetime) -> None:
    case = alarm.case
    said, rows = _said(desk, alarm), _buttons(desk, alarm)
    duty.redraw(db, desk, case, now=now)
    duty.tell(db, desk, case, said, now=now, buttons=rows)
    for officer in alarm.officers:
        about = f"case:{case.code}:alert:silent"
        duty.whisper(db, desk, officer, said, now=now, buttons=rows, about=about)


def _said(desk: Desk, alarm: Alarm) -> str:
    code, minutes = alarm.case.code, _minutes(alarm.waited)
    return desk.say(SAID[alarm.kind], case=code, minutes=minutes, officer=alarm.owner)


def _buttons(desk: Desk, alarm: Alarm) -> list[list[dict[str, str]]]:
    verbs = ("claim",) if alarm.kind in ("unclaimed", "offered") else ("keep", "release")
    return [[duty.button(desk, alarm.case, verb, verb) for verb in verbs]]


def _end_drill(db: Session, desk: Desk, case: Case, *, now: datetime) -> None:
    """The synthetic citizen's case has gone through the chain: note how, and end it."""
    sent = outbox.find_sent(db, dedup_key=duty.card_key(case))
    late = (sent - case.opened_at).total_seconds() if sent else None
    fine = desk.chat is None or late is not None
    status.end_drill(db, case, now=now, fine=fine, card_seconds=late)
    reports.drop(db, case_id=case.id)
    duty.redraw(db, desk, case, now=now)


def post(
    db: Session,
    desk: Desk,
    event: str,
    facts: Mapping[str, object],
    *,
    about: str,
    now: datetime,
) -> None:
    """Queue a post to the city's own system. It is sealed: it may hold account numbers.

    `about` is how the keys of its case begin, as for `desk.whisper`.
    """
    delivery = uuid4().hex
    content = json.dumps(
        {"event": event, "id": delivery, "at": now.isoformat(), **facts}, ensure_ascii=False
    )
    body: dict[str, object] = {"event": event, "delivery": delivery}
    if desk.vault is not None:
        body["sealed"] = b64encode(desk.vault.seal(content, at="outbox_message:body")).decode()
    else:
        body["content"] = content
    outbox.enqueue(
        db,
        dedup_key=f"{about}:webhook:{delivery}",
        channel=WEBHOOK,
        recipient=f"webhook:{delivery}",  # one does not wait for another
        body=body,
        lane=Lane.URGENT,
        due_at=now,
        expires_at=now + KEEP_TRYING,
    )


def _minutes(waited: timedelta) -> str:
    return str(max(1, round(waited.total_seconds() / 60)))
