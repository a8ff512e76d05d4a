"""Ask a bank to hold a transfer (紧急止付). Every field is encrypted; nothing here commits.

Drafted, sent, accepted, then frozen with an amount or refused with a reason. Only the case's
owner and supervisors see whole numbers, and each time one does is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import amounts, numbers, status
from actions.cases.models import Case, PaymentState, StopPayment
from actions.cases.numbers import Wrong
from actions.cases.policy import USUAL, Policy
from actions.officers.models import Officer
from actions.vault import Vault

GOLDEN = timedelta(minutes=30)  # after that, most money has been moved on
REQUIRED = ("bank", "account", "amount", "paid_at", "to_account")
OPTIONAL = ("holder", "phone", "to_bank", "to_name", "order_number")
FIELDS = (
    *("bank", "account", "holder", "phone", "amount", "paid_at"),
    *("to_bank", "to_account", "to_name", "order_number"),
)
NUMBERS = frozenset({"account", "phone", "to_account", "order_number"})  # masked for others
LONGEST = 200

MOVES: Mapping[PaymentState, frozenset[PaymentState]] = {
    PaymentState.DRAFTED: frozenset({PaymentState.SENT}),
    PaymentState.SENT: frozenset(
        {PaymentState.ACCEPTED, PaymentState.FROZEN, PaymentState.REFUSED}
    ),
    PaymentState.ACCEPTED: frozenset({PaymentState.FROZEN, PaymentState.REFUSED}),
    PaymentState.FROZEN: frozenset(),
    PaymentState.REFUSED: frozenset(),
}


class Incomplete(Exception):
    """Fields are missing; the arguments name them."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What checking depends on: whose phone numbers, and what time it is there."""

    country: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class View:
    """A request as one officer may see it. `whole` tells whether numbers are in full."""

    id: int
    case_code: str
    state: PaymentState
    values: Mapping[str, str]  # by field; amounts in cents, paid_at in ISO 8601
    whole: bool
    left: timedelta | None  # of the golden half hour since the transfer; negative when over
    missing: tuple[str, ...]
    bank_hint: str | None  # the card's own bank, when it is not the one that was named
    frozen_amount: int | None
    refused_why: str | None


def draft(
    db: Session, case: Case, *, by: Officer, now: datetime, policy: Policy = USUAL
) -> StopPayment:
    """Begin a request, or go on with the case's draft."""
    status.require_hold(db, case, by=by)
    known = list_for_case(db, case_id=case.id)
    request = next((each for each in known if each.state == PaymentState.DRAFTED), None)
    if request is None:
        request = StopPayment(
            case_id=case.id, state=PaymentState.DRAFTED, drafted_by=by.id, drafted_at=now
        )
        db.add(request)
        db.flush()  # the capture needs its id
        _record(db, request, case, "drafted", by, now)
    status.touch(db, case, by=by, now=now, policy=policy)
    return request


def fill(
    db: Session,
    vault: Vault,
    request: StopPayment,
    field: str,
    value: str,
    *,
    rules: Rules,
    by: Officer,
    now: datetime,
) -> str:
    """Keep one field of a draft, checked and in its one form; raise Wrong with the reason.

    An empty value, or "-", clears a field that may be missing.
    """
    _hold(db, request, by=by)
    if request.state != PaymentState.DRAFTED:
        raise status.IllegalMove
    if field not in FIELDS:
        raise Wrong("stop_pay.wrong.field")
    value = value.strip()
    if value in ("", "-", "—") and field in OPTIONAL:
        setattr(request, field, None)
        return ""
    kept = _checked(field, value, rules=rules, now=now)
    setattr(request, field, vault.seal(kept, at=_place(field)))
    return kept


def send(
    db: Session,
    vault: Vault,
    request: StopPayment,
    *,
    by: Officer,
    now: datetime,
    policy: Policy = USUAL,
) -> None:
    """Mark the request as sent; putting it on its way is the caller's: see `bot.stop_pay`."""
    _hold(db, request, by=by)
    if missing := missing_fields(request):
        raise Incomplete(*missing)
    _move(db, request, PaymentState.SENT, by=by, now=now)
    request.sent_at = now
    status.touch(db, request.worked_in, by=by, now=now, policy=policy)


def accept(db: Session, request: StopPayment, *, by: Officer, now: datetime) -> None:
    """Note that the bank is on it."""
    _hold(db, request, by=by)
    _move(db, request, PaymentState.ACCEPTED, by=by, now=now)
    request.answered_at = now


def freeze(
    db: Session, vault: Vault, request: StopPayment, amount: str, *, by: Officer, now: datetime
) -> int:
    """Note how much was held; return it in cents."""
    _hold(db, request, by=by)
    cents = amounts.parse(amount)
    if cents is None:
        raise Wrong("stop_pay.wrong.amount")
    if request.amount is not None and cents > int(vault.open(request.amount, at=_place("amount"))):
        raise Wrong("stop_pay.wrong.more_than_paid")
    _move(db, request, PaymentState.FROZEN, by=by, now=now)
    request.frozen_amount = vault.seal(str(cents), at=_place("frozen_amount"))
    request.answered_at = now
    return cents


def refuse(
    db: Session, vault: Vault, request: StopPayment, why: str, *, by: Officer, now: datetime
) -> None:
    """Note that the bank will not, and why."""
    _hold(db, request, by=by)
    if not why.strip():
        raise Wrong("stop_pay.wrong.why")
    _move(db, request, PaymentState.REFUSED, by=by, now=now)
    request.refused_why = vault.seal(why.strip()[:LONGEST], at=_place("refused_why"))
    request.answered_at = now


def view(
    db: Session,
    vault: Vault,
    request: StopPayment,
    *,
    by: Officer,
    now: datetime,
    note: bool = True,
) -> View:
    """Return the request as this officer may see it; that whole numbers were seen is noted."""
    case = request.worked_in
    whole = status.holds(by, case)
    values = _values(vault, request)
    if whole and values and note:
        _record(db, request, case, "seen", by, now)
    hint = numbers.bank_of(values.get("account", ""))
    paid_at = values.get("paid_at")
    return View(
        id=request.id,
        case_code=case.code,
        state=PaymentState(request.state),
        values={
            field: value if whole or field not in NUMBERS else numbers.masked(value)
            for field, value in values.items()
        },
        whole=whole,
        left=datetime.fromisoformat(paid_at) + GOLDEN - now if paid_at else None,
        missing=missing_fields(request),
        bank_hint=hint if hint and hint != values.get("bank") else None,
        frozen_amount=frozen(vault, request),
        refused_why=(
            vault.open(request.refused_why, at=_place("refused_why"))
            if request.refused_why
            else None
        ),
    )


def values_for_bank(vault: Vault, request: StopPayment) -> Mapping[str, str]:
    """Return every field in full, for the bank's eyes: webhook, PDF and CSV."""
    return _values(vault, request)


def frozen(vault: Vault, request: StopPayment) -> int | None:
    """Return how much was held, in cents, or None."""
    if request.frozen_amount is None:
        return None
    return int(vault.open(request.frozen_amount, at=_place("frozen_amount")))


def list_for_case(db: Session, *, case_id: int) -> Sequence[StopPayment]:
    """Return the requests that are worked on in a case, oldest first."""
    return db.scalars(
        select(StopPayment)
        .join(Case)
        .where(or_(Case.id == case_id, Case.merged_into_id == case_id))
        .order_by(StopPayment.id)
    ).all()


def missing_fields(request: StopPayment) -> tuple[str, ...]:
    """Return what must still be filled in before it can be sent."""
    return tuple(field for field in REQUIRED if getattr(request, field) is None)


def _checked(field: str, value: str, *, rules: Rules, now: datetime) -> str:
    if len(value) > LONGEST:
        raise Wrong("stop_pay.wrong.long")
    match field:
        case "account":
            return numbers.account(value)
        case "to_account":
            return numbers.account_or_wallet(value, country=rules.country)
        case "phone":
            return numbers.phone(value, country=rules.country)
        case "amount":
            cents = amounts.parse(value)
            if cents is None:
                raise Wrong("stop_pay.wrong.amount")
            return str(cents)
        case "paid_at":
            return numbers.past_time(value, now=now, zone=rules.zone).isoformat()
    if not value:
        raise Wrong("stop_pay.wrong.empty")
    return value


def _values(vault: Vault, request: StopPayment) -> dict[str, str]:
    return {
        field: vault.open(sealed, at=_place(field))
        for field in FIELDS
        if (sealed := getattr(request, field)) is not None
    }


def _hold(db: Session, request: StopPayment, *, by: Officer) -> None:
    """Raise unless `by` may work on it; nobody else changes it until the end."""
    status.require_hold(db, request.worked_in, by=by)
    db.refresh(request)  # what was read before the case was held may be old


def _move(
    db: Session, request: StopPayment, to: PaymentState, *, by: Officer, now: datetime
) -> None:
    if to not in MOVES[PaymentState(request.state)]:
        raise status.IllegalMove
    request.state = to
    _record(db, request, request.worked_in, to, by, now)


def _record(
    db: Session, request: StopPayment, case: Case, what: str, by: Officer, now: datetime
) -> None:
    audit.record(
        db,
        f"stop_payment.{what}",
        actor=by.actor,
        now=now,
        case_code=case.code,
        stop_payment=request.id,
    )


def _place(field: str) -> str:
    return f"stop_payment:{field}"
