"""Everyday intents while the NLU server is away, and what must not be taken for one."""

from __future__ import annotations

import pytest

from actions.triage import wording
from actions.triage.judge import judge
from actions.triage.understanding import Understanding
from bot.conversation.intents import everyday

IS = {
    "greet": ["你好", "您好！", "在吗", "hello", "Good morning"],
    "thanks": ["谢谢", "多谢您了", "thanks", "Thank you so much", "ty"],
    "help": ["帮助", "你能做什么", "help", "what can you do?"],
    "ask_tip": ["来一条防骗知识", "a tip"],
    "person": [
        "转人工",
        "我要找民警",
        "人工客服",
        "不要机器人，我要找民警",
        "I want to talk to an officer",
        "human",
    ],
    "stop": ["退订", "别再发了", "停止推送", "stop", "unsubscribe", "stop sending me tips"],
    "language": ["请说英文", "speak English please", "switch to Chinese"],
    "is_it_you": ["你是真的警察吗", "are you a real police officer"],
    "forget": ["删除我的信息", "forget me", "delete my data"],
    "affirm": ["是的", "嗯", "yes", "ok"],
    "deny": ["没有", "不是", "no", "not yet"],
}
IS_NOT = [
    "type.loan",
    "typing a message",
    "退出会议了",
    "停止付款了吗",
    "stop paying him?",
    "stop the payment",
    "stop sending money to him",
    "他们说话很奇怪",
    "helpless",
    "我不知道是不是",
    "明天武汉下雨吗",
    "不用找民警",
    "别叫警察",
    "不要联系民警",
    "no need to talk to an officer",
]


@pytest.mark.parametrize(
    ("intent", "text"), [(intent, text) for intent, texts in IS.items() for text in texts]
)
def test_words_of_an_everyday_intent(intent: str, text: str) -> None:
    assert everyday(wording.plain(text), None, judge(text, None)) == intent


@pytest.mark.parametrize("text", IS_NOT)
def test_words_of_none(text: str) -> None:
    assert everyday(wording.plain(text), None, judge(text, None)) is None


def test_a_sure_model_is_believed_and_an_unsure_one_is_not() -> None:
    def model(sure: float) -> Understanding:
        return Understanding("thanks", sure, 0.1, {}, {}, {})

    judgement = judge("辛苦", model(0.9))
    assert everyday("辛苦", model(0.9), judgement) == "thanks"
    assert everyday("辛苦", model(0.5), judgement) is None


@pytest.mark.parametrize("text", ["不用找民警", "I don't want to talk to an officer"])
def test_who_wants_nobody_gets_nobody_however_sure_the_model_is(text: str) -> None:
    sure = Understanding("person", 0.99, 0.1, {}, {}, {})

    assert everyday(wording.plain(text), sure, judge(text, None)) is None


def test_what_tells_of_a_scam_is_never_small_talk() -> None:
    text = "谢谢，警察说我涉嫌洗钱"

    assert everyday(wording.plain(text), None, judge(text, None)) is None


def test_long_words_describe_something() -> None:
    text = "你好" + "啊" * 60

    assert everyday(wording.plain(text), None, judge(text, None)) is None
