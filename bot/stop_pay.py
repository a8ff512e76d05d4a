"""A stop-payment request, field by field in the owner's private chat; its form for the bank."""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from actions.cases import amounts, numbers, stop_payment
from actions.cases.models import Case, PaymentState, StopPayment
from actions.cases.numbers import Wrong
from actions.cases.status import IllegalMove
from actions.cases.stop_payment import FIELDS, OPTIONAL, Incomplete, Rules, View
from actions.officers.models import Capture, Officer
from actions.vault import Vault
from bot import alarm, pdf, presses, texts
from bot import desk as duty
from bot.desk import Desk
from bot.regions import Region

# Asked for when the bank has answered, and what it has answered then.
ANSWERS = {"frozen_amount": "frozen", "refused_why": "refused"}


def rules(region: Region) -> Rules:
    """Return what checking depends on in this region."""
    return Rules(region.country, region.timezone)


def press(
    db: Session, desk: Desk, case: Case, what: str | None, *, by: Officer, now: datetime
) -> str:
    """Do what a stop-payment button asks; return what to tell the officer."""
    vault = _vault(desk)
    if what is None:
        request = stop_payment.draft(db, case, by=by, now=now, policy=desk.policy)
        _ask_next(db, desk, request, by, now=now)
        return desk.say("stop_pay.in_private")
    request = _newest(db, case)
    match what:
        case "send":
            try:
                send(db, desk, vault, request, by=by, now=now)
            except Incomplete:
                _ask_next(db, desk, request, by, now=now)
                return desk.say("stop_pay.in_private")
            return desk.say("stop_pay.sent" if desk.webhook else "stop_pay.by_hand")
        case "form":
            _hand_out_form(db, desk, vault, request, by=by, now=now)
            return desk.say("stop_pay.in_private")
        case "accepted":
            note_answer(db, desk, request, "accepted", by=by, now=now)
            return desk.say("stop_pay.state.accepted")
        case "frozen" | "refused":
            field = next(field for field, answer in ANSWERS.items() if answer == what)
            _capture(db, request, by, field, now=now)
            said = desk.say(f"stop_pay.ask.{field}")
            duty.whisper(db, desk, by, said, now=now, about=_about(request))
            return desk.say("stop_pay.in_private")
        case "skip":
            _skip(db, desk, request, by, now=now)
            return desk.say("stop_pay.skipped")
    raise IllegalMove


def is_capturing(db: Session, officer: Officer) -> bool:
    """Tell whether the officer is filling in a request."""
    return db.get(Capture, officer.id) is not None


def take(
    db: Session, desk: Desk, officer: Officer, text: str, *, ref: str | None, now: datetime
) -> str:
    """Take the officer's answer for one field; return what is wrong with it, or ""."""
    capture = db.get_one(Capture, officer.id)
    request = db.get_one(StopPayment, capture.stop_payment_id)
    vault, field = _vault(desk), capture.field
    if ref is not None:  # numbers do not stay in a chat
        _delete(db, desk, officer, ref, now=now)

    def act() -> str:
        if field in OPTIONAL and text.strip() == desk.say("desk.button.skip"):
            _skip(db, desk, request, officer, now=now)  # typed instead of pressed: no name
            return ""
        if field in ANSWERS:
            note_answer(db, desk, request, ANSWERS[field], text, by=officer, now=now)
            _uncapture(db, officer)
            return desk.say(f"stop_pay.state.{request.state}")
        stop_payment.fill(
            db, vault, request, field, text, rules=rules(desk.region), by=officer, now=now
        )
        _ask_next(db, desk, request, officer, after=field, now=now)
        return ""

    try:
        said = presses.trying(db, desk, request.worked_in, "stop_pay", act)
        if isinstance(said, presses.Refusal):  # the case is closed, or another's: ask no further
            _uncapture(db, officer)
        return said
    except Wrong as wrong:
        return f"{desk.say(str(wrong))}\n{desk.say(f'stop_pay.ask.{field}')}"


def cancel(db: Session, desk: Desk, officer: Officer) -> str:
    """Stop asking for fields; what was filled in stays in the draft."""
    if not is_capturing(db, officer):
        return desk.say("stop_pay.nothing")
    _uncapture(db, officer)
    return desk.say("stop_pay.cancelled")


def send(
    db: Session, desk: Desk, vault: Vault, request: StopPayment, *, by: Officer, now: datetime
) -> None:
    """Send a complete request: by webhook where one is set, and to the officer to forward."""
    stop_payment.send(db, vault, request, by=by, now=now, policy=desk.policy)
    if desk.webhook:
        values = stop_payment.values_for_bank(vault, request)
        facts = {"case": request.worked_in.code, "request": request.id, **values}
        alarm.post(db, desk, "stop_payment.sent", facts, about=_about(request), now=now)
    _hand_out_form(db, desk, vault, request, by=by, now=now)
    _announce(db, desk, request, now=now)


def note_answer(
    db: Session,
    desk: Desk,
    request: StopPayment,
    answer: str,
    said: str = "",
    *,
    by: Officer,
    now: datetime,
) -> None:
    """Note what the bank answers, with the sum that is frozen or why not, and tell the others."""
    vault = _vault(desk)
    match answer:
        case "accepted":
            stop_payment.accept(db, request, by=by, now=now)
        case "frozen":
            stop_payment.freeze(db, vault, request, said, by=by, now=now)
        case "refused":
            stop_payment.refuse(db, vault, request, said, by=by, now=now)
        case _:
            raise IllegalMove
    _announce(db, desk, request, now=now)


def as_csv(vault: Vault, request: StopPayment, region: Region) -> bytes:
    """Return the request as a table of two columns, as a spreadsheet in Chinese opens it."""
    out = io.StringIO()
    writer = csv.writer(out)
    for label, value in _rows(vault, request, region):
        # A cell that begins like a formula is one to a spreadsheet.
        writer.writerow([label, f"'{value}" if value[:1] in "=+-@\t" else value])
    return out.getvalue().encode("utf-8-sig")


def as_pdf(vault: Vault, request: StopPayment, region: Region) -> bytes:
    """Return the request as one page that a bank's desk can read and file."""
    language = region.languages[0]
    title = texts.say("stop_pay.form.title", language, region)
    foot = texts.say("stop_pay.form.foot", language, region)
    return pdf.form(title, _rows(vault, request, region), foot)


def countdown(left: timedelta | None, desk: Desk) -> str:
    """Return how much of the first half hour is left."""
    if left is None:
        return ""
    minutes = int(left.total_seconds() // 60)
    if minutes >= 0:
        return desk.say("stop_pay.left", minutes=str(minutes))
    return desk.say("stop_pay.over", minutes=str(-minutes))


def _rows(vault: Vault, request: StopPayment, region: Region) -> list[tuple[str, str]]:
    language = region.languages[0]
    values = dict(stop_payment.values_for_bank(vault, request))
    if "amount" in values:
        values["amount"] = amounts.show(int(values["amount"]))
    if "paid_at" in values:
        at = datetime.fromisoformat(values["paid_at"]).astimezone(region.timezone)
        values["paid_at"] = at.strftime("%Y-%m-%d %H:%M")
    rows = [("case", request.worked_in.code)]
    if request.sent_at:
        at = request.sent_at.astimezone(region.timezone)
        rows.append(("sent_at", at.strftime("%Y-%m-%d %H:%M")))
    rows += [(field, values[field]) for field in FIELDS if field in values]
    return [(texts.say(f"stop_pay.field.{f}", language, region), value) for f, value in rows]


def _ask_next(
    db: Session,
    desk: Desk,
    request: StopPayment,
    officer: Officer,
    *,
    now: datetime,
    after: str | None = None,
) -> None:
    """Ask for the next field that is empty, or show the whole when none is."""
    start = FIELDS.index(after) + 1 if after in FIELDS else 0
    later = [f for f in FIELDS[start:] if getattr(request, f) is None]
    wanted = later or list(stop_payment.missing_fields(request))
    if not wanted:
        _uncapture(db, officer)
        _show(db, desk, request, officer, now=now)
        return
    field = wanted[0]
    _capture(db, request, officer, field, now=now)
    rows = None
    if field in OPTIONAL:
        rows = [[duty.button(desk, request.worked_in, "stop_pay:skip", "skip")]]
    seen = stop_payment.view(db, _vault(desk), request, by=officer, now=now, note=False)
    lines = [
        desk.say("stop_pay.head", case=request.worked_in.code),
        *filter(None, [countdown(seen.left, desk)]),
        desk.say(f"stop_pay.ask.{field}"),
    ]
    if seen.bank_hint and after == "account":
        lines.insert(1, desk.say("stop_pay.bank_hint", bank=seen.bank_hint))
    said = "\n".join(lines)
    duty.whisper(db, desk, officer, said, now=now, buttons=rows, about=_about(request))


def _skip(
    db: Session, desk: Desk, request: StopPayment, officer: Officer, *, now: datetime
) -> None:
    capture = db.get(Capture, officer.id)
    if capture is None or capture.field not in OPTIONAL:
        raise IllegalMove
    _ask_next(db, desk, request, officer, after=capture.field, now=now)


def _show(
    db: Session, desk: Desk, request: StopPayment, officer: Officer, *, now: datetime
) -> None:
    """Show a complete draft; in a chat, numbers show their last four signs only."""
    seen = stop_payment.view(db, _vault(desk), request, by=officer, now=now, note=False)
    rows = [
        [
            duty.button(desk, request.worked_in, "stop_pay:send", "sp_send"),
            duty.button(desk, request.worked_in, "stop_pay:form", "sp_form"),
        ]
    ]
    said = _summary(desk, seen)
    duty.whisper(db, desk, officer, said, now=now, buttons=rows, about=_about(request))


def _summary(desk: Desk, seen: View) -> str:
    lines = [desk.say("stop_pay.head", case=seen.case_code), countdown(seen.left, desk)]
    for field, value in seen.values.items():
        shown = numbers.masked(value) if field in stop_payment.NUMBERS else value
        if field == "amount":
            shown = amounts.show(int(value))
        elif field == "paid_at":
            shown = desk.at(datetime.fromisoformat(value))
        lines.append(f"{desk.say(f'stop_pay.field.{field}')}：{shown}")
    return "\n".join(lines)


def _announce(db: Session, desk: Desk, request: StopPayment, *, now: datetime) -> None:
    """Tell the case's colleagues where the request stands; no number is in it."""
    case = request.worked_in
    frozen = stop_payment.frozen(_vault(desk), request)
    by_hand = request.state == PaymentState.SENT and not desk.webhook
    said = desk.say(
        "desk.stop_pay.by_hand" if by_hand else f"desk.stop_pay.{request.state}",
        case=case.code,
        amount=amounts.show(frozen) if frozen else "",
    )
    rows = None
    if request.state in (PaymentState.SENT, PaymentState.ACCEPTED):
        verbs = ["frozen", "refused"]
        if request.state == PaymentState.SENT:
            verbs.insert(0, "accepted")
        rows = [[duty.button(desk, case, f"stop_pay:{verb}", f"sp_{verb}") for verb in verbs]]
    duty.tell(db, desk, case, said, now=now, buttons=rows)


def _hand_out_form(
    db: Session, desk: Desk, vault: Vault, request: StopPayment, *, by: Officer, now: datetime
) -> None:
    """Send the PDF and the CSV to the officer alone; sealed until they leave."""
    if not stop_payment.view(db, vault, request, by=by, now=now).whole:
        raise IllegalMove
    for kind, content in (
        ("pdf", as_pdf(vault, request, desk.region)),
        ("csv", as_csv(vault, request, desk.region)),
    ):
        name = f"{request.worked_in.code}-stop-payment.{kind}"
        sealed = vault.seal(b64encode(content).decode(), at="outbox_message:body")
        body = {"document": name, "sealed": b64encode(sealed).decode()}
        key = f"{_about(request)}:form:{uuid4().hex}"
        duty.post(db, desk, body, key=key, to=str(by.telegram_id), now=now, fleeting=True)


def _delete(db: Session, desk: Desk, officer: Officer, ref: str, *, now: datetime) -> None:
    key = f"vanish:{uuid4().hex}"
    duty.post(
        db, desk, {"delete": ref}, key=key, to=str(officer.telegram_id), now=now, fleeting=True
    )


def _capture(
    db: Session, request: StopPayment, officer: Officer, field: str, *, now: datetime
) -> None:
    capture = db.get(Capture, officer.id)
    if capture is None:
        capture = Capture(officer_id=officer.id)
        db.add(capture)
    capture.stop_payment_id, capture.field, capture.begun_at = request.id, field, now
    db.flush()  # the next message looks for it


def _uncapture(db: Session, officer: Officer) -> None:
    if capture := db.get(Capture, officer.id):
        db.delete(capture)
        db.flush()  # the next message looks for it


def _about(request: StopPayment) -> str:
    """Return how keys of what shows a request begin: it goes with the citizen of its own case."""
    return f"case:{request.case.code}"


def _newest(db: Session, case: Case) -> StopPayment:
    found = stop_payment.list_for_case(db, case_id=case.id)
    if not found:
        raise IllegalMove
    return found[-1]


def _vault(desk: Desk) -> Vault:
    if desk.vault is None:
        raise IllegalMove
    return desk.vault
