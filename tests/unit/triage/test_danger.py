"""Whose life is in danger, by their own words, and what only sounds like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.triage import danger, wording
from actions.triage.danger import Danger

IN_DANGER = {
    Danger.SUICIDE: [
        *(
            "我不想活了，站在楼顶上",
            "我想死",
            "活着没意思了",
            "钱没了，死了算了",
            "我妈说她不想活了",
        ),
        *("吃了一瓶安眠药", "他要跳楼", "不如死了", "我想自殺"),
        *("i wanna die", "I want to kill myself", "there is no reason to live"),
    ],
    Danger.VIOLENCE: [
        *("我要去砍死他", "我现在拿着刀在他家楼下", "他在打我，救救我", "救命！", "有人拿刀追我"),
        *("he has a knife", "He is hitting me", "help me!"),
    ],
    Danger.HELD: [
        *("他们把我关在屋里，手机要收走了", "我被关在园区出不来", "老板不让我走还扣了护照"),
        *("we are in 妙瓦底，救我出不来了", "they won't let me leave", "they took my passport"),
    ],
}
SAFE = [
    *("笑死我了", "想死你了", "还没死心", "累死了", "他天天打我电话", "她在打我的电话", "死机了"),
    *(
        "我的钱被锁在平台里",
        "银行不让我走",
        "电影里他跳楼了",
        "去年有个人在这里自杀",
        "杀猪盘是什么",
    ),
    *("我要杀价", "要砍他的价", "拼多多砍一刀", "卡被锁在机器里", "打我主意"),
    *(
        "the gym won't let me out of the contract",
        "kill the process",
        "help",
        "help me with my card",
    ),
    "我以前" + "在外面打工的时候什么苦都吃过" * 6 + "，那时候真不想活了",
]


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, told in IN_DANGER.items() for text in told]
)
def test_a_danger_is_heard(kind: Danger, text: str) -> None:
    assert danger.find(wording.plain(text)) == kind


@pytest.mark.parametrize("text", SAFE)
def test_what_only_sounds_like_it_is_none(text: str) -> None:
    assert danger.find(wording.plain(text)) is None


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    danger.find(wording.plain(text))
