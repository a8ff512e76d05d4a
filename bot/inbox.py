"""Take messages in. Everything one causes is stored in one transaction, or nothing is.

The NLU was asked before we got here: no network call happens inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from actions.audit import store as audit
from actions.cases import amounts, thread
from actions.cases import store as cases
from actions.cases.models import Case, Status
from actions.cases.thread import Written
from actions.citizens import store as citizens
from actions.citizens.forget import forget
from actions.citizens.models import Citizen
from actions.indicators.extract import Found
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.reports import store as reports
from actions.triage.judgement import Judgement, Verdict
from actions.triage.understanding import Understanding
from bot import desk as duty
from bot import hearing, opening, personal, proof, quietly, relatives, relay, texts
from bot.conversation import flow, messages, turn
from bot.conversation.turn import (
    START,
    ChooseLanguage,
    Event,
    FileReport,
    Forget,
    Line,
    NoteHelped,
    NoteRead,
    OpenCase,
    Personal,
    Prompt,
    Said,
    SetDiscreet,
    SetWord,
    StopBulk,
    TellDesk,
    Verify,
)
from bot.desk import Desk
from bot.inbound import Inbound, Words

TOLD_AT = "told_at"  # the fact when a citizen told of the matter we hold
PAST = timedelta(days=1)
RECENT = timedelta(hours=1)  # what was said this long ago still belongs to a request for a person


@dataclass(slots=True)
class _Taking:
    """What the effects of one message share."""

    db: Session
    desk: Desk
    citizen: Citizen
    message: Inbound
    case: Case | None
    found: Sequence[Found]
    now: datetime
    kept_cases: Sequence[str] | None = None
    more: list[Prompt] = field(default_factory=list)  # what only the database could answer
    met_scam: bool = False


def receive(
    db: Session,
    message: Inbound,
    *,
    understanding: Understanding | None,
    desk: Desk,
    now: datetime,
) -> bool:
    """Advance the sender's conversation and queue what follows; False for a repeat, which
    changes nothing.
    """
    if message.group:
        return _answer_in_group(db, message, understanding, desk, now)
    return receive_all(db, [(message, understanding)], desk=desk, now=now)[0]


def receive_all(
    db: Session,
    came: Sequence[tuple[Inbound, Understanding | None]],
    *,
    desk: Desk,
    now: datetime,
) -> list[bool]:
    """Receive what several citizens said to us alone, one message of each."""
    if not came:
        return []
    senders = citizens.receive(
        db,
        [citizens.Sender(each.channel, each.external_id, each.address) for each, _ in came],
        first_step=START,
    )
    open_cases = cases.hold_open(db, citizen_ids=[each.id for each in senders if each])
    met_scam = []
    for (message, understanding), citizen in zip(came, senders, strict=True):
        if citizen is not None:
            case = open_cases.get(citizen.id)
            taken = _converse(db, citizen, case, message, understanding, desk=desk, now=now)
            met_scam += [citizen] if taken.met_scam else []
    relatives.tell_of_scam(db, met_scam, region=desk.region, now=now)
    if any(senders):
        outbox.nudge(db)
    return [each is not None for each in senders]


def _converse(
    db: Session,
    citizen: Citizen,
    case: Case | None,
    message: Inbound,
    understanding: Understanding | None,
    *,
    desk: Desk,
    now: datetime,
) -> _Taking:
    event, found = hearing.hear(db, message, understanding, desk=desk)
    _follow_language(citizen, event, message, desk)
    past = case is None and isinstance(event, Said) and _is_past(citizen, now)
    session = turn.Session(
        START if past else citizen.step,
        turn.lasting(citizen.facts) if past else citizen.facts,
        case=case.code if case else None,
        officer_on=case is not None and case.status == Status.CLAIMED,
        discreet=quietly.is_on(citizen, now=now),
    )
    quietly.note_read(db, citizen, now=now)
    if case is not None:
        relay.read_by_citizen(db, desk, case, citizen, now=now)
    after = flow.advance(session, event)
    facts = {TOLD_AT: now.isoformat(), **after.session.facts}  # a new matter comes without
    citizens.move(citizen, step=after.session.step, facts=facts)

    taking = _Taking(db, desk, citizen, message, case, found, now)
    for effect in after.effects:
        _perform(taking, effect)
    _reply(taking, (*after.prompts, *taking.more))
    if taking.kept_cases is None:
        quietly.hide_theirs(db, citizen, message.ref, now=now)
    return taking


def _is_past(citizen: Citizen, now: datetime) -> bool:
    """Tell whether what was told last is so old that words of now are of something else."""
    told_at = citizen.facts.get(TOLD_AT)
    return isinstance(told_at, str) and now - datetime.fromisoformat(told_at) > PAST


def _follow_language(citizen: Citizen, event: Event, message: Inbound, desk: Desk) -> None:
    """Speak as the citizen speaks, unless they chose a language.

    What somebody else wrote, or a lone "OK" or name of an app, does not change how they speak.
    """
    if not citizen.language_chosen and isinstance(event, Said) and event.language:
        own = isinstance(message.content, Words) and message.content.origin in hearing.OWN
        scrap = event.language == "en" and len(event.text.split()) < 2
        if citizen.language is None or (own and not scrap):
            citizen.language = event.language
    if citizen.language is None:
        hint = (message.language_hint or "")[:2]
        citizen.language = hint if hint in texts.LANGUAGES else desk.region.languages[0]


def _perform(taking: _Taking, effect: turn.Effect) -> None:
    match effect:
        case FileReport(text, judgement):
            content = taking.message.content
            reports.file(
                taking.db,
                text,
                citizen_id=taking.citizen.id,
                case_id=taking.case.id if taking.case else None,
                origin=content.origin if isinstance(content, Words) else "own",
                judgement=judgement,
                found=taking.found,
                now=taking.now,
            )
            taking.met_scam = personal.follow_up(
                taking.db, taking.citizen, judgement, now=taking.now
            )
        case OpenCase(cause, judgement):
            _open(taking, cause, judgement)
        case TellDesk():
            _tell_desk(taking, effect)
        case ChooseLanguage(language):
            taking.citizen.language, taking.citizen.language_chosen = language, True
        case StopBulk():
            personal.stop(taking.db, taking.citizen, now=taking.now)
        case Personal():
            taking.more += personal.do(
                taking.db, taking.citizen, effect, region=taking.desk.region, now=taking.now
            )
        case Forget():
            _forget(taking)
        case _:
            _perform_more(taking, effect)


def _perform_more(taking: _Taking, effect: turn.Effect) -> None:
    match effect:
        case SetDiscreet(on):
            _set_discreet(taking, on)
        case SetWord(word):
            taking.citizen.word = word or None
        case Verify(code):
            taking.more.append(proof.told(taking.db, taking.desk, taking.citizen, code))
        case NoteHelped(helped):
            _note_helped(taking, helped)
        case NoteRead():
            quietly.note_read(taking.db, taking.citizen, now=taking.now, at_once=True)


def _forget(taking: _Taking) -> None:
    db, now = taking.db, taking.now
    taking.kept_cases = forget(db, taking.citizen, now=now)
    for code in taking.kept_cases:
        if case := cases.find(db, code=code):
            db.refresh(case)  # it points at nobody now
            duty.conceal(db, taking.desk, case, now=now)


def _open(taking: _Taking, cause: str, judgement: Judgement | None) -> None:
    db, now = taking.db, taking.now
    told = reports.list_last_told(
        db, citizen_id=taking.citizen.id, since=now - RECENT, within=hearing.WITHIN
    )
    taking.case = opening.open_case(
        db, taking.desk, taking.citizen, cause, judgement, told=told, now=now
    )
    _pass_on(taking, taking.case)  # their words are on the card


def _tell_desk(taking: _Taking, told: TellDesk) -> None:
    text, lines, judgement = told.text, told.lines, told.judgement
    case, desk = taking.case, taking.desk
    if case is None:
        return
    changed = _learn(taking, case, text)
    if judgement and judgement.escalate and _rises(case, judgement):
        changed = True
        case.type, case.stage = judgement.type, judgement.stage
        case.reasons, case.cause = list(judgement.reasons), "live"
        said = desk.say(
            "desk.changed", case=case.code, type=f"type.{case.type}", stage=f"stage.{case.stage}"
        )
        duty.tell(taking.db, desk, case, said, now=taking.now)
        _record(taking, case, "case.changed", type=case.type, stage=case.stage)
    if changed:
        duty.redraw(taking.db, desk, case, now=taking.now)
    for line in lines:
        said = desk.say(line.key, case=case.code, **line.params)
        duty.tell(taking.db, desk, case, said, now=taking.now)
        if not text:
            _keep_answer(taking, case, line)
    if text or not lines:
        _pass_on(taking, case, text)


def _pass_on(taking: _Taking, case: Case, text: str = "") -> None:
    """Bring what they wrote to the officers, with what came with it; nothing makes no message."""
    message = taking.message
    if not (text or message.photo or message.attached):
        return
    written = Written(text, photo=message.photo, ref=message.ref)
    citizen, attached = taking.citizen, message.attached
    relay.hear(
        taking.db, taking.desk, case, written, citizen=citizen, now=taking.now, attached=attached
    )


def _keep_answer(taking: _Taking, case: Case, line: Line) -> None:
    """Keep what a citizen pressed, so that the console shows it as what they said."""
    if "answer" not in line.params:
        return
    asked = [line.params[name] for name in ("question", "answer") if name in line.params]
    words = " → ".join(taking.desk.say(key) for key in asked)
    thread.hear(taking.db, case, Written(words), citizen=taking.citizen, now=taking.now)


def _record(taking: _Taking, case: Case, event: str, **details: object) -> None:
    actor = f"citizen:{taking.citizen.id}"
    audit.record(taking.db, event, actor=actor, now=taking.now, case_code=case.code, **details)


def _learn(taking: _Taking, case: Case, text: str) -> bool:
    """Note the sum and the district when the citizen comes to name them; tell whether they did."""
    before = case.amount, case.district
    case.amount = max(filter(None, (case.amount, amounts.largest_in(text))), default=None)
    case.district = case.district or taking.desk.region.district_in(text)
    return before != (case.amount, case.district)


def _set_discreet(taking: _Taking, on: bool) -> None:
    taking.citizen.discreet_since = taking.now if on else None
    if taking.case is not None and taking.case.discreet != on:
        taking.case.discreet = on
        _record(taking, taking.case, "case.went_quiet" if on else "case.went_loud")
        duty.redraw(taking.db, taking.desk, taking.case, now=taking.now)


def _note_helped(taking: _Taking, helped: bool) -> None:
    case = cases.find_last(taking.db, citizen_id=taking.citizen.id)
    if case is None:
        return
    relay.read_by_citizen(taking.db, taking.desk, case, taking.citizen, now=taking.now)
    case.helped = helped
    _record(taking, case, "case.helped" if helped else "case.not_helped")
    key = "desk.helped" if helped else "desk.not_helped"
    said = taking.desk.say(key, case=case.code)
    duty.tell(taking.db, taking.desk, case, said, now=taking.now)


def _rises(case: Case, judgement: Judgement) -> bool:
    return (case.stage, case.cause) != (judgement.stage, "live")


def _reply(taking: _Taking, prompts: Sequence[Prompt]) -> None:
    citizen, message = taking.citizen, taking.message
    language = citizen.language or taking.desk.region.languages[0]
    forgotten = taking.kept_cases is not None
    for n, prompt in enumerate(prompts):
        key = f"reply:{message.channel}:{message.external_id}:{n}"
        body = texts.render(
            prompt,
            language,
            taking.desk.region,
            case=taking.case.code if taking.case else "",
            kept=_kept(taking, language) if forgotten else "",
        )
        if not forgotten:
            quietly.soften(taking.db, citizen, body, outbox_key=key, now=taking.now)
        outbox.enqueue(
            taking.db,
            dedup_key=key,
            channel=message.channel,
            recipient=message.address,
            body=body,
            lane=Lane.URGENT if taking.case else Lane.REPLY,
            due_at=taking.now,
            fleeting=forgotten,
        )


def _kept(taking: _Taking, language: str) -> str:
    region = taking.desk.region
    if not taking.kept_cases:
        return texts.say("forget.kept_nothing", language, region)
    return texts.say("forget.kept_cases", language, region, cases=", ".join(taking.kept_cases))


def _answer_in_group(
    db: Session,
    message: Inbound,
    understanding: Understanding | None,
    desk: Desk,
    now: datetime,
) -> bool:
    """Give a verdict to everybody, and ask for the rest in private; False for a repeat."""
    if not citizens.note_received(db, channel=message.channel, external_id=message.external_id):
        return False
    event, _ = hearing.hear(db, message, understanding, desk=desk)
    prompt = messages.simple("group.private")
    if isinstance(event, Said) and event.judgement.verdict != Verdict.UNCLEAR:
        prompt = messages.in_group(event.judgement)
    language = event.language if isinstance(event, Said) and event.language else None
    outbox.enqueue(
        db,
        dedup_key=f"reply:{message.channel}:{message.external_id}:0",
        channel=message.channel,
        recipient=message.address,
        body=texts.render(prompt, language or desk.region.languages[0], desk.region),
        lane=Lane.REPLY,
        due_at=now,
    )
    outbox.nudge(db)
    return True
