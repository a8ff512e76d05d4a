"""Indicators in a text: what is found, in which form, and what is refused."""

from __future__ import annotations

import pytest

from actions.indicators.extract import extract, is_official

TRON = "TQ5NMqJjhpQGK7YJbESKfxXvkXo7mvY4VQ"
ETH = "0x52908400098527886E0F7030069857D2E4169EE7"
CARD = "6222021234567890128"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("打给13971234567", [("phone", "+8613971234567")], id="a mobile number"),
        pytest.param("+86 139 7123 4567", [("phone", "+8613971234567")], id="spelled with spaces"),
        pytest.param("１３９７１２３４５６７", [("phone", "+8613971234567")], id="full width"),
        pytest.param("027-85395320", [("phone", "+862785395320")], id="a landline"),
        pytest.param(
            "https://Evil.Example.com/Login/", [("link", "evil.example.com/Login")], id="a link"
        ),
        pytest.param("上 evil点com 领", [("link", "evil.com")], id="a dot written as a word"),
        pytest.param("evil[.]com", [("link", "evil.com")], id="a dot in brackets"),
        pytest.param("下载“国投宝”APP", [("app", "国投宝")], id="an app in book marks"),
        pytest.param("加微信号：abc_12345", [("contact", "abc_12345")], id="a WeChat name"),
        pytest.param("telegram @Evil_Guy", [("contact", "evil_guy")], id="a Telegram name"),
        pytest.param(f"转到 {TRON}", [("wallet", TRON)], id="a TRON wallet"),
        pytest.param(ETH, [("wallet", ETH)], id="an Ethereum wallet"),
        pytest.param("两次 13971234567 13971234567", [("phone", "+8613971234567")], id="twice"),
    ],
)
def test_what_is_found(text: str, found: list[tuple[str, str]]) -> None:
    assert [(each.kind.value, each.value) for each in extract(text, region="CN")] == found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("转了50000元", id="an amount"),
        pytest.param("2026年5月6日 15:30", id="a time"),
        pytest.param("订单号 1234567890123456", id="a long number without a check digit"),
        pytest.param("6222****0128", id="a masked card"),
        pytest.param("验证码 483920", id="a code"),
        pytest.param("我用微信", id="no name after WeChat"),
        pytest.param("3.5 折", id="a decimal"),
        pytest.param("a@b.example", id="an e-mail address is no link"),
        pytest.param("110 或 96110", id="hotlines"),
        pytest.param("0x1234", id="too short for a wallet"),
    ],
)
def test_what_is_refused(text: str) -> None:
    assert extract(text, region="CN") == ()


def test_a_card_number_is_an_account_and_no_telephone() -> None:
    digits = "6212261234567890"
    check = next(d for d in range(10) if _luhn(digits + str(d)))
    card = digits + str(check)

    assert [(f.kind.value, f.value) for f in extract(f"转到{card}", region="CN")] == [
        ("account", card)
    ]


@pytest.mark.parametrize("rest", ["a" * 4000, "路" * 4000, "𠮷" * 2000], ids=["1", "3", "4"])
def test_a_link_that_no_index_takes_is_cut_and_still_says_where_it_leads(rest: str) -> None:
    (found,) = extract(f"https://evil-pay.com/a?token={rest}", region="CN")

    assert found.value.startswith("evil-pay.com/a?token=")
    assert len(found.value.encode()) <= 2000


def test_the_region_says_which_national_numbers_are_meant() -> None:
    assert [f.value for f in extract("call 81234567", region="SG")] == ["+6581234567"]
    assert extract("call 81234567", region="CN") == ()


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


@pytest.mark.parametrize(
    ("text", "official"),
    [
        ("https://www.gov.cn/ 这个网站真的吗", True),
        ("去 beian.miit.gov.cn 查", True),
        ("http://www.police.gov.sg/scams", True),
        ("http://www.gov.cn.evil.com/", False),
        ("http://gov.cn-login.com/", False),
        ("https://www.gov.cn/ 和 evil.com", False),
        ("没有链接", False),
    ],
)
def test_whose_links_they_are(text: str, official: bool) -> None:
    assert is_official(extract(text, region="CN")) == official
