"""One case: what is known, everything that happened, and a button for every verb."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.responses import Response

from actions.audit import store as audit
from actions.cases import pictures, search, status, thread, timers
from actions.cases import store as cases
from actions.cases.access import may_see
from actions.cases.models import Author, Case, Message, Outcome, Status
from actions.cases.thread import Written
from actions.cases.timers import Kind
from actions.citizens.models import Citizen
from actions.indicators import store as indicators
from actions.indicators.models import Indicator
from actions.officers import store as officers
from actions.officers.models import Officer
from actions.outbox import store as outbox
from actions.reports import store as reports
from actions.reports.models import Report
from actions.triage.judgement import Verdict
from bot import desk as duty
from bot import relay
from bot.console import told, view
from bot.console.answers import done
from bot.console.asking import Ask, NotDone, form, number, page
from bot.console.cases import find, refusing
from bot.console.pages import payments

NAV = None
SNOOZES = (15, 30, 60, 120, 240)  # minutes
QUIET = frozenset(  # told by the conversation itself, or only for the audit log
    {
        *("message.to_citizen", "message.from_citizen", "message.read", "message.undelivered"),
        *("stop_payment.seen", "console.refused"),
    }
)
SAME = timedelta(seconds=5)  # a message and the report filed of it


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    id: str
    kind: str  # "citizen", "officer" or "event"
    at: datetime
    text: str
    who: str = ""
    picture: str | None = None  # the message's code
    state: str = ""  # of an officer's: the key of what became of it
    other: bool = False  # of or to another citizen, whose case was merged into this one
    day: str = ""  # set on the first of a day
    times: int = 1  # how often an event came, one after the other
    last: datetime | None = None  # when it came the last time, if it came again
    late: bool = False  # on another day than the first time


@dataclass(frozen=True, slots=True)
class Lead:
    """An indicator, and the other cases that name it."""

    indicator: Indicator
    others: Sequence[Case]
    hidden: int  # of other districts


def show(ask: Ask) -> Response:
    """Show the whole page."""
    return _show(ask, "case.html")


def parts(ask: Ask) -> Response:
    """Show what may have changed on it."""
    return _show(ask, "case_parts.html")


def _show(ask: Ask, template: str) -> Response:
    case = find(ask)
    holds = case.status == Status.CLAIMED and status.holds(ask.officer, case)
    if ask.looking:
        relay.read_by_officer(ask.db, ask.desk, case, ask.officer, now=ask.now)
        outbox.nudge(ask.db)
    timer = timers.find(ask.db, case_id=case.id)
    reported = reports.list_for_case(ask.db, case_id=case.id)
    merged = ask.db.get(Case, case.merged_into_id) if case.merged_into_id else None
    return view.show(
        ask,
        template,
        here="queue",
        case=case,
        urgent=case.urgent,
        holds=holds,
        mine=case.owner_id == ask.officer.id,
        timer=timer,
        asked=timer is not None and timer.kind == Kind.ASKED,
        merged=merged,
        judged=max(reported, key=_gravity, default=None),
        timeline=_timeline(ask, case),
        leads=_leads(ask, case),
        payments=payments.glances(ask, case) if holds or case.status == Status.CLOSED else [],
        may_pay=holds,
        colleagues=_colleagues(ask, case),
        snoozes=SNOOZES,
        outcomes=list(Outcome),
        scripts=relay.scripts(case, ask.desk) if holds else [],
        longest=thread.LONGEST,
        kinds=",".join(f"image/{kind.lower()}" for kind in sorted(pictures.KINDS)),
        largest=pictures.LARGEST,
        others=_others(ask, case) if holds else [],
        version=view.version,
    )


def _gravity(report: Report) -> tuple[int, float, int]:
    """Return what orders reports by how much they tell: "I hung up" must not clear a case."""
    order = list(reversed(Verdict))
    return order.index(Verdict(report.verdict)), report.confidence, report.id


def _colleagues(ask: Ask, case: Case) -> list[Officer]:
    return [
        each
        for each in officers.list_serving(ask.db)
        if each.id != case.owner_id and may_see(each, case)
    ]


def _leads(ask: Ask, case: Case) -> list[Lead]:
    leads = []
    for each in indicators.list_for_case(ask.db, case_id=case.id):
        others = search.list_naming(ask.db, ask.officer, indicator_id=each.id, but=case)
        hidden = search.count_hidden(ask.db, ask.officer, indicator_id=each.id, but=case)
        leads.append(Lead(each, others, hidden))
    return leads


def _timeline(ask: Ask, case: Case) -> list[Entry]:
    written = thread.list_for_case(ask.db, case_id=case.id)
    kept = pictures.list_kept(ask.db, case_id=case.id)
    heard = [(each.text, each.sent_at) for each in written if each.author == Author.CITIZEN]
    entries = [
        Entry(
            f"m{each.id}",
            each.author,
            each.sent_at,
            each.text,
            who=each.officer.name if each.officer else "",
            picture=each.code if each.photo or each.id in kept else None,
            state=_state(each),
            other=each.citizen_id != case.citizen_id,
        )
        for each in written
    ]
    entries += [
        Entry(
            f"r{each.id}",
            "citizen",
            each.received_at,
            each.text,
            who=each.origin,
            other=each.citizen_id != case.citizen_id,
        )
        for each in reports.list_for_case(ask.db, case_id=case.id)
        if not any(each.text == text and abs(each.received_at - at) < SAME for text, at in heard)
    ]
    names = told.names(ask)
    entries += [
        Entry(f"a{each.id}", "event", each.at, told.event(ask, each, names))
        for each in audit.list_for_case(ask.db, code=case.code)
        if each.event not in QUIET
    ]
    entries.sort(key=lambda entry: (entry.at, entry.id))
    return _with_days(ask, _folded(ask, entries))


def _folded(ask: Ask, entries: Sequence[Entry]) -> list[Entry]:
    """Make one line of an event that comes again and again: a case that nobody takes."""
    made: list[Entry] = []
    for each in entries:
        before = made[-1] if made else None
        if before and (before.kind, before.text) == ("event", each.text) and each.kind == "event":
            day = ask.service.region.day
            late = day(each.at) != day(before.at)
            made[-1] = replace(before, times=before.times + 1, last=each.at, late=late)
        else:
            made.append(each)
    return made


def _state(message: Message) -> str:
    """Return what became of an officer's message; nothing for a citizen's."""
    if message.author != Author.OFFICER:
        return ""
    if message.undelivered:
        return f"console.case.undelivered.{message.undelivered}"
    if message.read_at:
        return "console.case.read"
    return "console.case.sent" if message.taken_at else "console.case.sending"


def _others(ask: Ask, case: Case) -> list[Message]:
    """Return the last message of each other citizen who is heard in the case."""
    last = {
        each.citizen_id: each
        for each in thread.list_for_case(ask.db, case_id=case.id)
        if each.citizen_id != case.citizen_id and each.author == Author.CITIZEN
    }
    return list(last.values())


def _with_days(ask: Ask, entries: Sequence[Entry]) -> list[Entry]:
    made, last = [], ""
    for each in entries:
        day = str(ask.service.region.day(each.at))
        made.append(replace(each, day=day if day != last else ""))
        last = day
    return made


# -- verbs --------------------------------------------------------------------------------------

Do = Callable[[Ask, Case], str | None]


def verb(name: str, do: Do) -> Callable[[Ask], Response]:
    """Return the answer to a button: do it, say so; a refusal changes nothing and says why."""

    def answer(ask: Ask) -> Response:
        case = find(ask)
        back = f"/cases/{case.code}"
        with refusing(ask, case, verb=name):
            said = do(ask, case)
        outbox.nudge(ask.db)
        go = back if ask.value("from") == "queue" else None
        return done(ask, said or ask.say(f"console.done.{name}"), back=back, go=go)

    return answer


def _claim(ask: Ask, case: Case) -> None:
    duty.claim(ask.db, ask.desk, case, by=ask.officer, now=ask.now)


def _release(ask: Ask, case: Case) -> None:
    duty.release(ask.db, ask.desk, case, by=ask.officer, now=ask.now)


def _keep(ask: Ask, case: Case) -> None:
    duty.keep(ask.db, ask.desk, case, by=ask.officer, now=ask.now)


def _hand_over(ask: Ask, case: Case) -> str:
    wanted = number(ask.value("to"))
    to = ask.db.get(Officer, wanted) if wanted is not None else None
    if to is None or not may_see(to, case):
        raise NotDone(ask.say("console.not_done.no_officer"), back=f"/cases/{case.code}")
    duty.hand_over(ask.db, ask.desk, case, to=to, by=ask.officer, now=ask.now)
    return ask.say("console.done.hand_over", officer=to.name)


def _snooze(ask: Ask, case: Case) -> str:
    minutes = ask.value("minutes")
    if minutes not in map(str, SNOOZES):
        raise status.TooLong
    until = ask.now + timedelta(minutes=int(minutes))
    duty.snooze(ask.db, ask.desk, case, until=until, by=ask.officer, now=ask.now)
    return ask.say("console.done.snooze", until=told.clock(ask, until.isoformat()))


def _merge(ask: Ask, case: Case) -> str:
    code = ask.value("into").upper()
    into = cases.find(ask.db, code=code if code.startswith("C-") else f"C-{code}")
    if into is None or not may_see(ask.officer, into):
        raise NotDone(ask.say("console.not_done.no_case"), back=f"/cases/{case.code}")
    duty.merge(ask.db, ask.desk, case, into=into, by=ask.officer, now=ask.now)
    return ask.say("console.done.merge", case=into.code)


def _reopen(ask: Ask, case: Case) -> None:
    duty.reopen(ask.db, ask.desk, case, by=ask.officer, now=ask.now)


def _close(ask: Ask, case: Case) -> None:
    outcome = ask.value("outcome")
    if outcome not in set(Outcome):
        raise status.IllegalMove
    duty.close(ask.db, ask.desk, case, Outcome(outcome), by=ask.officer, now=ask.now)


def _reply(ask: Ask, case: Case) -> None:
    written = Written(ask.value("text"), picture=ask.files.get("picture"))
    to = next((each for each in _others(ask, case) if each.code == ask.value("to")), None)
    if ask.value("to") and to is None:
        raise thread.NobodyThere
    citizen = ask.db.get_one(Citizen, to.citizen_id) if to else None
    relay.write(ask.db, ask.desk, case, written, by=ask.officer, now=ask.now, to=citizen)


ROUTES = [
    page("/cases/{code}", show),
    page("/cases/{code}/parts", parts),
    *(
        form(f"/cases/{{code}}/{name}", verb(name, do))
        for name, do in {
            "claim": _claim,
            "release": _release,
            "keep": _keep,
            "hand_over": _hand_over,
            "snooze": _snooze,
            "merge": _merge,
            "reopen": _reopen,
            "close": _close,
            "reply": _reply,
        }.items()
    ),
]
