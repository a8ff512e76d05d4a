"""What the rules see in a text, and what they must not."""

from __future__ import annotations

import pytest

from actions.triage import rules, wording
from actions.triage.judgement import ScamType, Signal, Stage

SHOWS = [
    (Signal.ASKED_PAY, "他让我先转账", "they want me to pay a release fee"),
    (Signal.ON_LINE, "电话还没挂", "he's still on the phone"),
    (Signal.SCREEN, "让我开屏幕共享", "they asked to share my screen"),
    (Signal.CODE, "要我的验证码", "he wants the verification code"),
    (Signal.APP, "让我下载一个APP", "install this app"),
    (Signal.SECRET, "不许告诉家人", "told me not to tell anyone"),
    (Signal.THREAT, "说我涉嫌洗钱", "there is a warrant for me"),
    (Signal.PROFIT, "稳赚不赔", "guaranteed returns"),
    (Signal.ISOLATED, "叫我去宾馆开个房间", "go to a hotel"),
    (Signal.PAID, "我已经转了三千", "I just paid them"),
    (Signal.DETAILS, "要身份证和卡号", "asks for my bank details"),
]


@pytest.mark.parametrize(
    ("signal", "text"), [(signal, text) for signal, *both in SHOWS for text in both]
)
def test_a_signal_is_seen_in_both_languages(signal: Signal, text: str) -> None:
    assert signal in rules.find_signals(wording.plain(text))


@pytest.mark.parametrize(
    ("signal", "text"),
    [
        (Signal.CODE, "请勿泄露验证码"),
        (Signal.CODE, "never share your verification code"),
        (Signal.ASKED_PAY, "今天让我交通堵塞"),
        (Signal.PAID, "我还没有转"),
        (Signal.ON_LINE, "昨天接到一个电话"),
        (Signal.SCREEN, "手机屏幕碎了"),
        (Signal.THREAT, "天气不错"),
        (Signal.PROFIT, "returning home"),
        (Signal.DETAILS, "我在排队"),
        (Signal.APP, "这个应用题怎么做"),
    ],
)
def test_a_signal_is_not_seen_where_there_is_none(signal: Signal, text: str) -> None:
    assert signal not in rules.find_signals(wording.plain(text))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ScamType.BRUSHING, "刷单返佣，垫付了三单"),
        (ScamType.LOAN, "贷款让我先交保证金解冻"),
        (ScamType.ECOM_CS, "快递客服说丢件了要给我理赔"),
        (ScamType.ROMANCE, "网恋的男朋友没见过面"),
        (ScamType.INVESTMENT, "荐股群带我炒股"),
        (ScamType.CREDIT_REPAIR, "说要注销校园贷，影响征信"),
        (ScamType.SHOPPING, "付了钱不发货还拉黑"),
        (ScamType.POLICE_GOV, "警察说我涉嫌洗钱"),
        (ScamType.ACQUAINTANCE, "领导加我微信让我转账"),
        (ScamType.GAME, "卖游戏账号说要解冻"),
        (ScamType.EXTORTION, "裸聊被录视频"),
        (ScamType.PHISHING, "短信说积分到期兑换"),
        (ScamType.GAMBLING, "百家乐平台下注"),
        (ScamType.JOB_FEE, "面试要交培训费"),
        (ScamType.PRIZE, "中奖了要领奖"),
        (ScamType.MILITARY, "部队来采购帐篷"),
        (ScamType.SEX_SERVICE, "约上门服务"),
    ],
)
def test_every_type_has_words_of_its_own(kind: ScamType, text: str) -> None:
    types = rules.find_types(wording.plain(text))

    assert max(types, key=lambda each: types[each]) == kind


@pytest.mark.parametrize(
    "text", ["明天武汉下雨吗", "我想办一张公交卡", "my train leaves at nine", "周末去东湖玩"]
)
def test_ordinary_life_has_no_type(text: str) -> None:
    assert rules.find_types(wording.plain(text)) == {}


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        (Stage.LIVE, "警察说我涉嫌洗钱，电话还没挂"),
        (Stage.LIVE, "客服让我转账，我现在在银行柜台"),
        (Stage.LOSS, "上个月刷单被骗了两万"),
        (Stage.CONTACTED, "快递客服说丢件了要给我理赔"),
        (Stage.QUERY, "请问刷单是怎么骗人的"),
        (Stage.QUERY, "how do crypto scams work?"),
        (Stage.NONE, "明天武汉下雨吗"),
    ],
)
def test_the_stage_words_point_to(stage: Stage, text: str) -> None:
    read = rules.read(wording.plain(text))

    assert max(read.stage, key=lambda each: read.stage[each]) == stage


@pytest.mark.parametrize(
    "text",
    [
        "今天不交，前面的都退不了",
        "他让我交三千，交不交",
        "验证码来了还没输",
        "he needs £3,200 by friday",
        "my thumb is over the button",
        "i haven't sent it",
    ],
)
def test_a_demand_that_is_open_says_now(text: str) -> None:
    assert rules.LIVE.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "我交了三千，后来没交",
        "上个月他不让我交",
        "一般要交多少",
        "sent it on a friday",
        "i never sent it",
    ],
)
def test_a_demand_that_is_over_or_none_does_not(text: str) -> None:
    assert not rules.LIVE.search(text)
