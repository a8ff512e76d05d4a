"""A case as officers see it in their chat: what, how urgent, why, the words, and the buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from actions.cases import amounts
from actions.cases.models import DRILLED, MERGED, Case, Outcome, Status
from actions.indicators import store as indicators
from actions.reports import store as reports

if TYPE_CHECKING:
    from bot.desk import Desk

SNOOZE = 30  # minutes, as a button
OPENINGS = {"live": "desk.open", "danger": "desk.danger", "warning": "desk.warning"}
LONGEST_WORDS = 2400  # characters of a citizen's words on a card; Telegram takes 4,096 in all


def card_key(case: Case) -> str:
    """Return the outbox key of the case's card, by which it is edited and answered."""
    return f"case:{case.code}:card"


def card(db: Session, desk: Desk, case: Case) -> dict[str, object]:
    """Return the card: what, how urgent, why, the citizen's words, indicators, buttons."""
    told = reports.list_for_case(db, case_id=case.id)
    known = indicators.list_for_case(db, case_id=case.id)
    openings = [OPENINGS.get(case.cause, "desk.person")]
    if case.cause == "danger" and case.type:  # a fraud that goes with it
        openings.append("desk.open")
    kind = f"type.{case.type}" if case.type else "—"
    lines = [
        desk.say(opening, case=case.code, type=kind, stage=f"stage.{case.stage}")
        for opening in openings
    ]
    if case.type:
        lines.append(f"[{case.type} · {case.stage}]")
    lines += _marks(desk, case)
    if case.reasons:
        reasons = " ".join(desk.say(reason) for reason in case.reasons)
        lines.append(desk.say("desk.reasons", reasons=reasons))
    if case.citizen_id is None:
        lines.append(desk.say("desk.words_gone"))
    elif told:
        words = "\n".join(report.text for report in told)
        lines += ["", desk.say("desk.words"), words[:LONGEST_WORDS]]
    if known:
        named = " · ".join(f"{desk.say(f'desk.kind.{each.kind}')} {each.value}" for each in known)
        lines += ["", desk.say("desk.indicators", indicators=named[:600])]
    lines += ["", _state(desk, case)]
    body: dict[str, object] = {"text": "\n".join(lines)}
    if buttons := _buttons(desk, case):
        body["buttons"] = buttons
    return body


def _marks(desk: Desk, case: Case) -> list[str]:
    """Return what an officer must know before they do anything."""
    lines = []
    if case.drill:
        lines.append(desk.say("desk.drill"))
    if case.discreet:
        lines.append(desk.say("desk.discreet"))
    if case.amount:
        lines.append(desk.say("desk.amount", amount=amounts.show(case.amount)))
    if case.district:
        lines.append(desk.say("desk.district", district=case.district))
    return lines


def _state(desk: Desk, case: Case) -> str:
    owner = case.owner.name if case.owner else "—"
    if case.status == Status.CLOSED and case.outcome == MERGED:
        return desk.say("desk.merged")
    if case.status == Status.CLOSED and case.closed_at and case.outcome == DRILLED:
        return desk.say("desk.drill_over", at=desk.at(case.closed_at))
    if case.status == Status.CLOSED and case.closed_at:
        return desk.say(
            "desk.closed",
            officer=owner,
            since=desk.at(case.closed_at),
            outcome=f"desk.outcome.{case.outcome}",
        )
    if case.status == Status.CLAIMED and case.snoozed_until:
        return desk.say("desk.snoozed", officer=owner, until=desk.at(case.snoozed_until))
    if case.status == Status.CLAIMED and case.claimed_at:
        return desk.say("desk.claimed", officer=owner, since=desk.at(case.claimed_at))
    return desk.say("desk.waiting", since=desk.at(case.opened_at))


def button(desk: Desk, case: Case, verb: str, label: str) -> dict[str, str]:
    """Return a button on a card: `case:<code>:<verb>`."""
    return {"label": desk.say(f"desk.button.{label}"), "data": f"case:{case.code}:{verb}"}


def _buttons(desk: Desk, case: Case) -> list[list[dict[str, str]]]:
    if case.status == Status.OPEN:
        return [[button(desk, case, "claim", "claim")]]
    if case.status == Status.CLAIMED:
        ends = [button(desk, case, f"close:{outcome}", outcome) for outcome in Outcome]
        work = [button(desk, case, verb, verb) for verb in ("scripts", "stop_pay")]
        wait = [button(desk, case, f"snooze:m{SNOOZE}", "snooze")]
        return [work, ends[:2], ends[2:], [*wait, button(desk, case, "release", "release")]]
    return []
