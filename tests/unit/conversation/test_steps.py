"""Free words as answers to our questions."""

from __future__ import annotations

import pytest

from actions.triage import wording
from bot import texts
from bot.conversation.advice import QUESTIONS
from bot.conversation.steps.question import LONGEST_ANSWER


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        ("money", "还没有", "no"),
        ("money", "没转", "no"),
        ("money", "没有给他钱", "no"),
        ("money", "not yet", "no"),
        ("money", "I haven't paid", "no"),
        ("money", "正准备转", "about"),
        ("money", "about to", "about"),
        ("money", "转了", "yes"),
        ("money", "是的", "yes"),
        ("money", "I paid", "yes"),
        ("when", "昨天", "earlier"),
        ("when", "上个月", "earlier"),
        ("when", "last week", "earlier"),
        ("when", "刚刚", "today"),
        ("when", "半小时前", "today"),
        ("when", "an hour ago", "today"),
        ("online", "还在电话里", "call"),
        ("online", "能看到我屏幕", "screen"),
        ("online", "挂了", "no"),
        ("online", "没有", "no"),
        ("when", "半小时以前", "today"),
        ("when", "十分钟", "today"),
        ("when", "没转啊", "not"),
        ("when", "I haven't sent anything yet", "not"),
        ("money", "钱出去了", "yes"),
        ("money", "还没来得及转", "no"),
        ("online", "他还在线上", "call"),
        ("unclear", "让我交钱", "pay"),
        ("unclear", "要验证码", "code"),
        ("unclear", "点链接", "app"),
        ("unclear", "没有让我做什么", "nothing"),
    ],
)
def test_free_words_answer(question: str, text: str, value: str) -> None:
    assert QUESTIONS[question].understand(wording.plain(text)) == value


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("text", ["你好", "天气不错", "", "？", "what", "我妈" * 20 + "转了"])
def test_what_answers_nothing_is_refused(question: str, text: str) -> None:
    assert QUESTIONS[question].understand(wording.plain(text)) is None


@pytest.mark.parametrize(
    ("question", "text"),
    [
        *[("money", text) for text in ("嗯", "好的", "ok", "我打了110", "我给财务总监打了电话")],
        *[("money", text) for text in ("我不太会打字", "没有人打电话给我", "刚打了银行的电话")],
        *[
            ("when", text)
            for text in ("I don't know", "you don't know him", "He is just a friend")
        ],
        *[("when", text) for text in ("我等了十分钟了没人", "刚好他不在")],
        *[
            ("online", text)
            for text in ("我打电话给银行了 银行说冻结了", "嗯", "he gave me his number")
        ],
    ],
)
def test_words_that_only_sound_like_an_answer_are_none(question: str, text: str) -> None:
    assert QUESTIONS[question].understand(wording.plain(text)) is None


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_words_on_a_button_are_an_answer(question: str, language: str) -> None:
    asked = QUESTIONS[question]
    for value in asked.values:
        label = texts.catalogue(language)[f"{question}.choice.{value}"]
        if len(label) <= LONGEST_ANSWER:
            assert asked.understand(wording.plain(label)) == value, label
