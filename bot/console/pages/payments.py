"""Stop-payment requests: begin, fill in, send, note the bank's answer, hand on as PDF or CSV.

On the case's page numbers are masked for everybody. Opening a request shows them in full to those
who may see them, and the audit log says that they did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from actions.cases import amounts, numbers, stop_payment
from actions.cases.models import Case, PaymentState, Status, StopPayment
from actions.cases.numbers import Wrong
from actions.cases.stop_payment import FIELDS, GOLDEN, NUMBERS, REQUIRED
from actions.outbox import store as outbox
from bot import stop_pay
from bot.console import view
from bot.console.answers import done
from bot.console.asking import Ask, Refused, form, number, page
from bot.console.cases import find, refusing
from bot.console.refusals import Why

NAV = None


@dataclass(frozen=True, slots=True)
class Glance:
    """A request as the case's page shows it: its course, and no whole number."""

    id: int
    state: PaymentState
    amount: int | None
    to_account: str
    until: datetime | None  # when the golden half hour is over
    frozen_amount: int | None
    missing: int


def glances(ask: Ask, case: Case) -> list[Glance]:
    """Return the case's requests for its page."""
    vault = ask.service.vault
    made = []
    for request in stop_payment.list_for_case(ask.db, case_id=case.id):
        values = stop_payment.values_for_bank(vault, request)
        paid_at = values.get("paid_at")
        made.append(
            Glance(
                request.id,
                PaymentState(request.state),
                int(values["amount"]) if "amount" in values else None,
                numbers.masked(values["to_account"]) if "to_account" in values else "",
                datetime.fromisoformat(paid_at) + GOLDEN if paid_at else None,
                stop_payment.frozen(vault, request),
                len(stop_payment.missing_fields(request)),
            )
        )
    return made


def _find(ask: Ask) -> StopPayment:
    case, wanted = find(ask), number(ask.path("number"))
    request = ask.db.get(StopPayment, wanted) if wanted is not None else None
    if request is None or case.id not in (request.case_id, request.worked_in.id):
        raise Refused(Why.NOT_SEEN, case_code=case.code)
    return request


def show(ask: Ask) -> Response:
    """Show one request: a form while it is a draft, its course afterwards."""
    return _show(ask, _find(ask), given={}, errors={})


def _show(
    ask: Ask,
    request: StopPayment,
    *,
    given: Mapping[str, str],
    errors: Mapping[str, str],
    status_code: int = 200,
) -> Response:
    told = stop_payment.view(ask.db, ask.service.vault, request, by=ask.officer, now=ask.now)
    zone = ask.service.region.timezone
    values = dict(told.values)
    if "paid_at" in values:
        when = datetime.fromisoformat(values["paid_at"])
        values["paid_at"] = when.astimezone(zone).strftime("%m-%d %H:%M")
    if "amount" in values:
        values["amount"] = amounts.show(int(values["amount"]))
    holds = told.whole and request.worked_in.status != Status.CLOSED
    return view.show(
        ask,
        "payment_form.html" if ask.partial else "payment.html",
        here="queue",
        code=status_code,
        case=request.worked_in,
        told=told,
        until=ask.now + told.left if told.left is not None else None,
        golden=int(GOLDEN.total_seconds()),
        values={**values, **given},
        errors=errors,
        fields=FIELDS,
        required=REQUIRED,
        numbers=NUMBERS,
        banks=list(ask.service.region.banks),
        holds=holds,
        states=PaymentState,
    )


def begin(ask: Ask) -> Response:
    """Begin a request, or go on with the draft."""
    case = find(ask)
    with refusing(ask, case):
        request = stop_payment.draft(
            ask.db, case, by=ask.officer, now=ask.now, policy=ask.desk.policy
        )
    back, said = f"/cases/{case.code}", ask.say("console.done.draft")
    return done(ask, said, back=back, go=f"{back}/payments/{request.id}")


def fill(ask: Ask) -> Response:
    """Keep what was filled in; send it when that was asked for and nothing is missing."""
    request = _find(ask)
    with refusing(ask, request.worked_in):
        given, errors = _keep(ask, request)
        if ask.value("then") == "send":
            missing = stop_payment.missing_fields(request)
            errors = {name: ask.say("console.payment.needed") for name in missing} | errors
            if not errors:
                vault, by = ask.service.vault, ask.officer
                stop_pay.send(ask.db, ask.desk, vault, request, by=by, now=ask.now)
                outbox.nudge(ask.db)
    code = 422 if errors else 200
    return _show(ask, request, given=given, errors=errors, status_code=code)


def _keep(ask: Ask, request: StopPayment) -> tuple[dict[str, str], dict[str, str]]:
    """Keep every field that is in order; return what the others held, and what is wrong."""
    vault, rules = ask.service.vault, stop_pay.rules(ask.service.region)
    given, errors = {}, {}
    stored = stop_payment.values_for_bank(vault, request)
    for name in FIELDS:
        value = ask.value(name)
        if name == "paid_at" and _same_minute(value, stored.get(name), ask):
            continue  # shown to the minute, kept to the second
        if not value and name in REQUIRED:
            if name in stored:
                errors[name] = ask.say("console.payment.needed")
            continue
        try:
            stop_payment.fill(
                ask.db, vault, request, name, value, rules=rules, by=ask.officer, now=ask.now
            )
        except Wrong as fact:
            given[name], errors[name] = value, ask.say(str(fact))
    return given, errors


def _same_minute(shown: str, stored: str | None, ask: Ask) -> bool:
    if not stored:
        return False
    when = datetime.fromisoformat(stored).astimezone(ask.service.region.timezone)
    return when.strftime("%m-%d %H:%M") == shown


def answer(ask: Ask) -> Response:
    """Note what the bank answered."""
    request = _find(ask)
    answered = ask.value("answer")
    said = ask.value("amount" if answered == "frozen" else "why")

    errors = {}
    with refusing(ask, request.worked_in):
        try:
            stop_pay.note_answer(
                ask.db, ask.desk, request, answered, said, by=ask.officer, now=ask.now
            )
            outbox.nudge(ask.db)
        except Wrong as fact:
            errors[answered] = ask.say(str(fact))
    code = 422 if errors else 200
    return _show(ask, request, given={}, errors=errors, status_code=code)


def download(kind: str) -> Callable[[Ask], Response]:
    """Return the answer that hands the request on as a file."""

    def give(ask: Ask) -> Response:
        request = _find(ask)
        told = stop_payment.view(ask.db, ask.service.vault, request, by=ask.officer, now=ask.now)
        if not told.whole:
            raise Refused(Why.ROLE, case_code=request.worked_in.code)
        name = f"{request.worked_in.code}-{request.id}.{kind}"
        make = stop_pay.as_pdf if kind == "pdf" else stop_pay.as_csv
        return Response(
            make(ask.service.vault, request, ask.service.region),
            media_type="application/pdf" if kind == "pdf" else "text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return give


ROUTES = [
    form("/cases/{code}/payments", begin),
    page("/cases/{code}/payments/{number}", show),
    form("/cases/{code}/payments/{number}", fill),
    form("/cases/{code}/payments/{number}/answer", answer),
    page("/cases/{code}/payments/{number}/pdf", download("pdf")),
    page("/cases/{code}/payments/{number}/csv", download("csv")),
]
