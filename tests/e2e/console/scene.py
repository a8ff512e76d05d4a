"""A busy evening at the desk: made-up citizens, cases and officers, for pictures and tests."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import text

from actions.campaigns import account, queue, status, store
from actions.cases import stop_payment, thread
from actions.cases.models import Case, Outcome
from actions.cases.thread import Written
from actions.citizens.models import Citizen
from actions.officers import roster
from actions.officers.models import Officer, Role
from actions.outbox import store as outbox
from actions.triage.judgement import ScamType
from actions.warnings import importing
from actions.warnings.importing import Listed, Row
from actions.warnings.models import Level
from bot import clock, relay, stop_pay
from bot import desk as duty
from bot.campaigns import risk, tips, wording

from .desk import LIVE, Console

WAITING = (
    ("2001", LIVE, "武昌", 50_000_000, 42),
    (
        "2002",
        "客服说我的百万保障要到期了，让我下载会议软件共享屏幕，正在操作，卡里有8万",
        "洪山",
        8_000_000,
        131,
    ),
)
WORKING = (
    (
        "2003",
        "刚刚给对方转了36800，说是解冻贷款的保证金，现在又让我转，客服电话13812345678",
        "武昌",
        3_680_000,
        9,
    ),
    (
        "2004",
        "群里老师带我炒币，网址 www.kkbank-pro.top，刚充了12万提不出来，让我马上再交税金",
        "江汉",
        12_000_000,
        34,
    ),
)
ENDED = (
    (
        "2005",
        "公安局的人还在电话里，让我别挂，正在把钱转到安全账户",
        "硚口",
        5_000_000,
        Outcome.STOPPED,
        50,
    ),
    (
        "2006",
        "冒充领导让我赶紧转账，我马上就要转了，对方微信 wxid_boss88",
        "武昌",
        2_000_000,
        Outcome.FALSE_ALARM,
        80,
    ),
)


def people(console: Console) -> dict[str, Officer]:
    """Put the officers of the evening on the list, three of them on duty."""
    made = {
        "李卫东": console.officer("李卫东", district="武昌"),
        "陈静": console.officer("陈静", district="江汉"),
        "周敏": console.officer("周敏", Role.SUPERVISOR),
        "王磊": console.officer("王磊", district="洪山"),
    }
    now = clock.now()
    with console.sessions.begin() as db:
        for name in ("李卫东", "陈静", "周敏"):
            officer = db.get_one(Officer, made[name].id)
            roster.go_on(db, officer, now=now - timedelta(hours=3), until=now + timedelta(hours=5))
        roster.plan(
            db,
            db.get_one(Officer, made["王磊"].id),
            starts_at=now + timedelta(hours=5),
            ends_at=now + timedelta(hours=17),
            now=now,
        )
    return made


def evening(console: Console) -> dict[str, Officer]:
    """Fill the desk; return the officers by name."""
    made = people(console)
    now = clock.now()
    past(console, [made["李卫东"], made["陈静"], made["王磊"]], now)
    desk = console.service.desk
    for citizen, words, district, amount, outcome, minutes in ENDED:
        case = _opened(console, citizen, words, district, amount, now - timedelta(minutes=minutes))
        with console.sessions.begin() as db:
            own, by = db.get_one(Case, case.id), db.get_one(Officer, made["陈静"].id)
            duty.claim(db, desk, own, by=by, now=now - timedelta(minutes=minutes - 1))
            duty.close(db, desk, own, outcome, by=by, now=now - timedelta(minutes=minutes - 22))
    for (citizen, words, district, amount, minutes), name in zip(
        WORKING, ("李卫东", "陈静"), strict=True
    ):
        since = now - timedelta(minutes=minutes)
        case = _opened(console, citizen, words, district, amount, since)
        with console.sessions.begin() as db:
            own, by = db.get_one(Case, case.id), db.get_one(Officer, made[name].id)
            duty.claim(db, desk, own, by=by, now=since + timedelta(seconds=38))
    _talk(console, made["李卫东"], now)
    for citizen, words, district, amount, seconds in WAITING:
        _opened(console, citizen, words, district, amount, now - timedelta(seconds=seconds))
    return made


def _opened(
    console: Console, citizen: str, words: str, district: str, amount: int, at: datetime
) -> Case:
    console.says(words, citizen=citizen, now=at)
    case = console.case(citizen)
    console.place(case, district=district, amount=amount)
    return case


def _talk(console: Console, officer: Officer, now: datetime) -> None:
    desk, vault = console.service.desk, console.service.vault
    case = console.case("2003")
    with console.sessions.begin() as db:
        own, by = db.get_one(Case, case.id), db.get_one(Officer, officer.id)
        relay.write(
            db,
            desk,
            own,
            Written(
                "您好，我是值班民警。先别再转了，电话挂掉。刚才那笔是几点转的？从哪张卡转出去的？"
            ),
            by=by,
            now=now - timedelta(minutes=7),
        )
    console.says(
        "挂了。大概五分钟前转的，工商银行的卡", citizen="2003", now=now - timedelta(minutes=6)
    )
    with console.sessions.begin() as db:
        own, by = db.get_one(Case, case.id), db.get_one(Officer, officer.id)
        request = stop_payment.draft(db, own, by=by, now=now - timedelta(minutes=5))
        for name, value in {
            "bank": "工商银行",
            "account": "6222020200112233445"[:18] + "8",
            "amount": "36800",
            "paid_at": "11分钟前",
            "to_bank": "建设银行",
        }.items():
            try:
                stop_payment.fill(
                    db,
                    vault,
                    request,
                    name,
                    value,
                    rules=stop_pay.rules(desk.region),
                    by=by,
                    now=now,
                )
            except stop_payment.Wrong:
                continue
        last = Written("收到，正在联系银行止付。请把对方的收款账号发给我。")
        sent = relay.write(db, desk, own, last, by=by, now=now - timedelta(minutes=4))
        thread.note_taken(db, code=sent.code, now=now - timedelta(minutes=4))
        outbox.nudge(db)


def past(console: Console, hands: list[Officer], now: datetime) -> None:
    """Give the statistics something to tell: forty cases of the last week."""
    chance = random.Random(7)
    desk, vault = console.service.desk, console.service.vault
    words = [words for _, words, *_ in (*WAITING, *WORKING)]
    for n in range(40):
        at = now - timedelta(hours=chance.randint(3, 160), minutes=chance.randint(0, 59))
        amount = chance.choice((300_000, 1_280_000, 5_000_000, 9_990_000))
        district = chance.choice(("武昌", "武昌", "洪山", "江汉", "江岸", "汉阳", "东湖高新"))
        case = _opened(console, str(3000 + n), chance.choice(words), district, amount, at)
        outcome = chance.choice([Outcome.STOPPED] * 5 + [Outcome.PAID] * 2 + list(Outcome))
        with console.sessions.begin() as db:
            own = db.get_one(Case, case.id)
            own.type = chance.choice(
                ("police_gov", "ecom_cs", "loan", "investment", "brushing", "romance")
            )
            by = db.get_one(Officer, chance.choice(hands).id)
            taken = at + timedelta(seconds=chance.choice((12, 18, 25, 31, 44, 52, 75)))
            duty.claim(db, desk, own, by=by, now=taken)
            if outcome == Outcome.STOPPED:
                request = stop_payment.draft(db, own, by=by, now=taken)
                for name, value in {
                    "bank": "工商银行",
                    "account": "12345678901",
                    "amount": str(amount // 100),
                    "paid_at": "5分钟前",
                    "to_account": "98765432109",
                }.items():
                    stop_payment.fill(
                        db,
                        vault,
                        request,
                        name,
                        value,
                        rules=stop_pay.rules(desk.region),
                        by=by,
                        now=taken,
                    )
                stop_payment.send(db, vault, request, by=by, now=taken)
                stop_payment.freeze(db, vault, request, str(amount // 200), by=by, now=taken)
            duty.close(
                db, desk, own, outcome, by=by, now=taken + timedelta(minutes=chance.randint(8, 70))
            )


def tip_with_effect(console: Console, author: Officer, second: Officer) -> int:
    """Send a tip in two versions with a control group, let people answer; return its id."""
    region, now = console.service.region, clock.now()
    since = now - timedelta(days=9)
    with console.sessions.begin() as db:
        for n in range(240):
            db.add(Citizen(channel="telegram", address=f"t{n}", step="listening", facts={}))
    numbers = []
    for name, control in (("loan-fee-before-payout", 0.2), ("police-call-passed-on", 0.0)):
        piece = tips.shelf()[name]
        words = wording.words_of(piece)
        with console.sessions.begin() as db:
            by, other = db.merge(author), db.merge(second)
            asked = store.Draft(
                "每周贷款提醒" if control else "冒充公检法",
                {"a": words, "b": {k: {**v, "title": "A 还是 B"} for k, v in words.items()}},
                kind=piece.kind,
                type=piece.type,
                control=control,
            )
            made = store.create(db, asked, by=by, now=since)
            status.submit(db, made, by=by, now=since)
            status.approve(db, made, by=other, now=since)
            status.move(db, made, status.Status.SCHEDULED, by=None, now=since)
            status.move(db, made, status.Status.SENDING, by=None, now=since)
            store.begin(db, made, at=since, missed=False, now=since)
            occurrence = store.lock_queueing(db)
            assert occurrence
            said = wording.wording(made, region, occurrence_id=occurrence.id)
            queue.batch(db, occurrence, said, home=str(region.timezone), now=since)
            db.flush()
            db.execute(_SENT, {"occurrence": occurrence.id, "at": since})
            account.settle_open(db)  # the next one minds the gap to what was sent
            numbers.append((made.id, occurrence.id))
        since += timedelta(days=3)
    with console.sessions.begin() as db:
        for _, occurrence in numbers:
            db.execute(_ANSWERED, {"occurrence": occurrence, "first": numbers[0][1]})
        account.settle_open(db)
    return numbers[0][0]


_SENT = text("""
    UPDATE outbox_message SET status = 'sent', settled_at = :at
    WHERE dedup_key LIKE 'campaign:' || :occurrence || ':%'
""")
# Of ten in the control group six are right, of those who got it eight or nine.
_ANSWERED = text("""
    INSERT INTO quiz_answer (citizen_id, occurrence_id, truth, answer, answered_at)
    SELECT d.citizen_id, d.occurrence_id, d.side,
           CASE WHEN d.citizen_id % 10 < CASE WHEN was.reason = 'control' THEN 6
                                              WHEN was.variant = 'a' THEN 8 ELSE 9 END
                THEN d.side ELSE CASE d.side WHEN 'scam' THEN 'real' ELSE 'scam' END END,
           d.due_at + interval '2 hours'
    FROM delivery d
    JOIN delivery was ON was.citizen_id = d.citizen_id AND was.occurrence_id = :first
    WHERE d.occurrence_id = :occurrence AND d.reason IS NULL AND d.citizen_id % 3 > 0
""")


def warned(console: Console, analyst: Officer) -> None:
    """Warn people of three kinds of scam, most of whom were dissuaded."""
    now, region = clock.now(), console.service.region
    rows = [("loan", 60), ("police_gov", 34), ("investment", 12)]
    listed = Listed(sha256="scene")
    with console.sessions.begin() as db:
        for kind, number in rows:
            for n in range(number):
                address = str(7_000_000 + len(listed.rows))
                db.add(Citizen(channel="telegram", address=address, step="listening", facts={}))
                level = (Level.HIGH, Level.MEDIUM, Level.LOW)[n % 3]
                contact, until = f"telegram:{address}", now + timedelta(days=9)
                listed.rows.append(Row(n + 2, contact, level, ScamType(kind), until))
        db.flush()
        importing.store(
            db,
            listed,
            by=db.merge(analyst),
            bodies=risk.bodies(region),
            home=str(region.timezone),
            now=now,
        )
        db.execute(
            text(
                "WITH nth AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM warning)"
                " UPDATE warning w SET delivery = 'sent', answered_at = :now, closed_at = :now,"
                " status = 'closed', outcome = CASE WHEN n % 11 = 0 THEN 'paid'"
                " WHEN n % 13 = 0 THEN 'unreachable' WHEN n % 17 = 0 THEN 'mistaken'"
                " ELSE 'dissuaded' END FROM nth WHERE nth.id = w.id AND n % 5 > 0"
            ),
            {"now": now},
        )
