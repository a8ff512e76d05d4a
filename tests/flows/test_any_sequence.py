"""Whatever a citizen does, in whatever order: an answer, a way on, and urgency first."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.officers.models import Officer
from actions.triage import danger, rules, wording
from actions.triage.judge import judge
from actions.triage.judgement import ScamType, Signal, Stage
from actions.triage.understanding import Understanding
from bot import texts
from bot.conversation import flow
from bot.conversation.advice import QUESTIONS
from bot.conversation.intents import EVERYDAY, everyday
from bot.conversation.turn import (
    START,
    Command,
    Event,
    FileReport,
    Forget,
    OpenCase,
    Personal,
    Pressed,
    Said,
    Session,
    Turn,
    Unreadable,
)
from bot.inbound import Words
from bot.regions import Region
from tests.line import Line

LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"
PHRASES = [
    LIVE,
    "The police officer on the phone says I must transfer my money and not to hang up",
    "客服说我会员到期要扣费，让我点链接关闭",
    "上个月刷单做任务，垫了两万多提不出来，客服把我拉黑了",
    "请问刷单是怎么骗人的",
    "我不想活了",
    "他们把我关在酒店房间里，要我转账",
    "嗯",
    "我点了确认",
    "明天武汉下雨吗",
    "转人工",
    "我刚刚转了三千过去",
    "还没有",
    "是的",
    "没有",
    "昨天",
    "刚才",
    "屏幕能看到",
    "在电话里",
    "no",
    "yes",
    "just now",
    "你好",
    "谢谢",
    "退订",
    "删除我的信息",
    "请说英文",
    "你是警察吗",
    "",
    " ",
    "🙂",
    "https://x.example.com/a",
]
COMMANDS = ["start", "help", "check", "tips", "language", "person", "stop", "forget", "nonsense"]
VALUES = sorted({value for question in QUESTIONS.values() for value in question.values})
P = st.floats(0, 1)

words = st.one_of(st.sampled_from(PHRASES), st.text(max_size=60))
models = st.none() | st.builds(
    Understanding,
    intent=st.sampled_from([*sorted(EVERYDAY), *ScamType, "none"]),
    intent_confidence=P,
    scam=P,
    types=st.dictionaries(st.sampled_from([each.value for each in ScamType]), P),
    stage=st.dictionaries(st.sampled_from([each.value for each in Stage]), P),
    signals=st.dictionaries(st.sampled_from([each.value for each in Signal]), P),
)


def said(text: str, model: Understanding | None, whole: Understanding | None = None) -> Said:
    judgement = judge(text, model)
    intent = everyday(wording.plain(text), model, judgement)
    peril = danger.find(wording.plain(text))
    told = judge(text, whole) if whole else None  # as one line of several
    return Said(text, judgement, intent, wording.language_of(text), peril, told)


presses = st.one_of(
    st.builds(Pressed, st.sampled_from([*QUESTIONS]), st.sampled_from(VALUES)),
    st.sampled_from(
        [
            Pressed("do", "person"),
            Pressed("do", "tip"),
            Pressed("do", "check"),
            Pressed("forget", "yes"),
            Pressed("forget", "no"),
            Pressed("language", "en"),
        ]
    ),
    st.builds(Pressed, st.text(max_size=8), st.text(max_size=8)),
)
commands = st.builds(
    Command,
    st.sampled_from(COMMANDS) | st.text(max_size=8),
    st.sampled_from(["", "en", "ZH", "x"]),
)
events = st.one_of(
    st.builds(said, words, models, models), presses, commands, st.just(Unreadable())
)
officers = st.sampled_from(["claims", "closes", "releases"])


def after(session: Session, turn: Turn) -> Session:
    """Return the session as the inbox would make it from a turn's effects."""
    made = turn.session
    for effect in turn.effects:
        if isinstance(effect, OpenCase):
            assert made.case is None, "a second case was opened"
            made = replace(made, case="C-22222")
        if isinstance(effect, Forget):
            assert session.case is None, "a citizen with an open case was forgotten"
            made = Session()
    json.dumps(dict(made.facts))
    return made


def check_answered(turn: Turn, region: Region) -> None:
    assert turn.prompts or any(isinstance(each, Personal) for each in turn.effects)
    assert turn.session.step in {START, *QUESTIONS}
    for prompt in turn.prompts:
        for language in texts.LANGUAGES:
            body = texts.render(prompt, language, region, case="C-22222", kept="…")
            text = str(body["text"])
            assert text.strip()
            assert len(text) <= 4096
            assert "{" not in text
            for row in body.get("buttons", []):  # type: ignore[attr-defined]
                assert all(1 <= len(button["data"].encode()) <= 64 for button in row)


def check_urgency(event: Event, turn: Turn, session: Session) -> None:
    live = any(isinstance(e, OpenCase) and e.cause == "live" for e in turn.effects)
    told = isinstance(event, Said) and event.judgement.escalate and not session.officer_on
    if isinstance(event, Said) and event.whole and not (session.case or event.danger):
        told = event.whole.escalate and not event.intent and session.step == START
    if isinstance(event, Said) and event.danger:
        assert turn.prompts[0].lines[0].key == f"danger.{event.danger}.say"
        assert session.case or any(isinstance(e, OpenCase) for e in turn.effects)
    elif live or told:
        assert turn.prompts[0].lines[0].key == "urgent.open"
        assert live or session.case


def check_way_on(session: Session, region: Region) -> None:
    """From anywhere, a person, a description, help and an end of reminders are one step away."""
    person = flow.advance(session, Command("person"))
    assert session.case or any(isinstance(e, OpenCase) for e in person.effects)
    live = flow.advance(session, said(LIVE, None))
    assert session.officer_on or live.prompts[0].lines[0].key == "urgent.open"
    asked = flow.advance(session, said("转人工", None))
    assert session.case or any(isinstance(e, OpenCase) for e in asked.effects)
    for name in ("help", "stop", "forget", "start"):
        check_answered(flow.advance(session, Command(name)), region)


@settings(max_examples=400, deadline=None)
@given(steps=st.lists(events | officers, max_size=14))
def test_any_sequence_is_answered_and_leads_on(steps: list[Event | str], region: Region) -> None:
    session = Session()
    asked: set[str] = set()
    for step in steps:
        if isinstance(step, str):
            session = replace(
                session,
                case=None if step == "closes" else session.case,
                officer_on=step == "claims" and session.case is not None,
            )
            continue
        turn = flow.advance(session, step)

        check_answered(turn, region)
        check_urgency(step, turn, session)
        if any(isinstance(effect, FileReport | Forget) for effect in turn.effects):
            asked.clear()
        asked |= {c.question for p in turn.prompts for c in p.choices} & set(QUESTIONS)
        assert len(asked) <= 3
        session = after(session, turn)
    check_way_on(session, region)


@settings(max_examples=300, deadline=None)
@given(text=words, model=models, known=st.booleans())
def test_any_text_gets_a_judgement_that_agrees_with_itself(
    text: str, model: Understanding | None, known: bool
) -> None:
    judgement = judge(text, model, known=known)

    grave = judgement.verdict in ("scam", "suspicious")
    assert judgement.type is not None or not grave
    assert judgement.type is None or grave or judgement.stage == Stage.QUERY
    assert judgement.escalate == (judgement.stage == Stage.LIVE)
    assert not judgement.escalate or grave
    assert judgement.reasons
    assert 0 <= judgement.confidence <= 1
    assert type(judgement).from_facts(json.loads(json.dumps(judgement.to_facts()))) == replace(
        judgement, confidence=round(judgement.confidence, 3)
    )


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_can_be_read_by_rules(text: str) -> None:
    plain = wording.plain(text)

    assert wording.plain(plain) == plain
    assert 0 <= rules.read(plain).scam <= 1


_addresses = count(50_000)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(
        words.map(Words) | presses | commands | st.just(Unreadable()) | officers, max_size=8
    )
)
def test_any_sequence_through_the_inbox_is_answered(
    line: Line, hire: Callable[..., Officer], steps: list[object]
) -> None:
    hire(7)
    line.address = str(next(_addresses))
    for step in steps:
        if isinstance(step, str):
            if line.case:
                line.officer(
                    7, {"claims": "claim", "closes": "close", "releases": "release"}[step]
                )
            continue
        assert line.sends(step)  # type: ignore[arg-type]
        assert line.citizen is not None or isinstance(step, Pressed)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_can_be_reached_and_left(name: str) -> None:
    reached = {
        "money": [said("客服说我会员到期要扣费，让我点链接关闭", None)],
        "when": [said("上个月刷单做任务，垫了两万多提不出来", None)],
        "online": [said("客服说我会员到期要扣费，让我点链接关闭", None), Pressed("money", "no")],
        "unclear": [said("x", Understanding("none", 0.9, 0.4, {}, {}, {}))],
    }
    session = Session()
    for event in reached[name]:
        session = flow.advance(session, event).session
    assert session.step == name

    for text in ("转人工", "退订", "请说英文", "删除我的信息", "找民警", "stop"):
        left = flow.advance(session, said(text, None))
        assert left.session.facts.get("answers") == session.facts.get("answers"), text
    for command in COMMANDS:
        turn = flow.advance(session, Command(command))
        assert turn.prompts or turn.effects


def test_no_matter_raises_more_than_three_questions() -> None:
    """Unclear, money, when: by then the fourth is no longer asked."""
    session = flow.advance(
        Session(), said("x", Understanding("none", 0.9, 0.4, {}, {}, {}))
    ).session
    asked = [session.step]
    for press in (Pressed("unclear", "pay"), Pressed("money", "yes"), Pressed("when", "today")):
        session = flow.advance(replace(session, case=None), press).session
        asked.append(session.step)

    assert asked == ["unclear", "money", "when", START]
