"""What the real server answers, to whoever asks it: shape, sums, and the plainest of cases."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from actions.triage.judgement import ScamType, Signal, Stage
from actions.triage.understanding import Understanding
from bot.nlu.client import NluClient, understood

STORY = (
    "我妈现在在银行柜台，电话里那个自称公安的人让她把3万块转到安全账户，还不让她告诉我们，电话没挂"
)


def _ask(rasa: str, text: str) -> dict[str, Any]:
    reply = httpx.post(f"{rasa}/model/parse", json={"text": text}, timeout=10, trust_env=False)
    return dict(reply.raise_for_status().json())


def test_an_answer_has_all_that_is_promised(rasa: str) -> None:
    answer = _ask(rasa, STORY)

    assert set(answer["types"]) == set(ScamType)
    assert set(answer["stage"]) == set(Stage)
    assert set(answer["signals"]) == set(Signal)
    assert sum(answer["types"].values()) == pytest.approx(1, abs=1e-4)
    assert sum(answer["stage"].values()) == pytest.approx(1, abs=1e-4)
    assert all(0 <= p <= 1 for p in (answer["scam"], *answer["signals"].values()))


def test_an_entity_is_where_it_says_it_is(rasa: str) -> None:
    answer = _ask(rasa, STORY)

    assert ("amount", "3万块") in {(e["entity"], e["value"]) for e in answer["entities"]}
    for entity in answer["entities"]:
        assert STORY[entity["start"] : entity["end"]].strip() == entity["value"]


def test_a_plain_case_is_understood(rasa: str) -> None:
    found = understood(_ask(rasa, STORY))

    assert found.scam > 0.9
    assert max(found.types, key=found.types.__getitem__) == ScamType.POLICE_GOV
    assert max(found.stage, key=found.stage.__getitem__) == Stage.LIVE


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("你好", "greet", id="greet zh"),
        pytest.param("thank you so much", "thanks", id="thanks en"),
        pytest.param("转人工", "person", id="person zh"),
        pytest.param("I want to talk to a real person", "person", id="person en"),
        pytest.param("请忘记我的信息", "forget", id="forget zh"),
        pytest.param("speak english please", "language", id="language en"),
    ],
)
def test_everyday_talk_is_known_for_what_it_is(rasa: str, text: str, intent: str) -> None:
    found = understood(_ask(rasa, text))

    assert found.intent == intent
    assert found.scam < 0.3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("明天武汉会下雨吗", id="weather"),
        pytest.param("花呗怎么提前还款", id="a bank question"),
        pytest.param("您的快递已到菜鸟驿站，取件码1-2-3045", id="a courier's notice"),
        pytest.param("for i in range(10): print(i)", id="code"),
        pytest.param("Quel temps fait-il aujourd'hui ?", id="another language"),
        pytest.param("😀😀😀", id="only emoji"),
        pytest.param("", id="nothing"),
        pytest.param("？？？", id="only punctuation"),
    ],
)
def test_what_is_no_scam_is_not_called_one(rasa: str, text: str) -> None:
    assert understood(_ask(rasa, text)).scam < 0.5


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(
            "我媽現在在銀行櫃台，電話裡那個自稱公安的人讓她把3萬塊轉到安全帳戶，還不讓她告訴我們，電話沒掛",
            id="traditional",
        ),
        pytest.param(" ".join(STORY), id="spaced"),
        pytest.param(STORY.replace("，", "🔥，😭"), id="emoji"),
        pytest.param(STORY.replace("公安", "公\u200b安").replace("账户", "帐户"), id="hidden"),
    ],
)
def test_an_altered_copy_is_judged_alike(rasa: str, written: str) -> None:
    plain, altered = understood(_ask(rasa, STORY)), understood(_ask(rasa, written))

    assert abs(plain.scam - altered.scam) < 0.1
    assert max(altered.types, key=altered.types.__getitem__) == ScamType.POLICE_GOV


def test_a_demand_hidden_in_a_long_chat_is_found(rasa: str) -> None:
    chatter = "今天天气不错，我们去东湖走了走，晚饭吃了热干面。" * 40

    assert understood(_ask(rasa, chatter)).scam < 0.5
    assert understood(_ask(rasa, chatter + STORY * 3 + chatter)).scam > 0.5


@pytest.mark.parametrize(
    ("text", "scam"),
    [
        pytest.param(f"/{STORY}", True, id="a slash before a story"),
        pytest.param('/greet{"name": "x"}', False, id="an intent spelled out"),
        pytest.param("//", False, id="nothing but slashes"),
    ],
)
def test_what_begins_with_a_slash_is_a_text_like_any_other(
    rasa: str, text: str, scam: bool
) -> None:
    async def ask() -> Understanding | None:
        client = NluClient(rasa)
        try:
            return await client.parse(text)
        finally:
            await client.aclose()

    found = asyncio.run(ask())

    assert found is not None
    assert (found.scam > 0.5) == scam


def test_the_client_gets_the_same_answer(rasa: str) -> None:
    async def ask() -> Understanding | None:
        client = NluClient(rasa)
        try:
            return await client.parse(STORY)
        finally:
            await client.aclose()

    found = asyncio.run(ask())

    assert found is not None
    assert found.types[ScamType.POLICE_GOV] > 0.5
