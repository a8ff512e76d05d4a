"""The one form that rules read, and the language a text is in."""

from __future__ import annotations

import pytest

from actions.triage import wording


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("轉賬到安全賬戶", "转账到安全账户", id="traditional"),
        pytest.param("ＡＰＰ１２３", "app123", id="full width"),
        pytest.param("刷/单", "刷单", id="a slash between letters"),
        pytest.param("刷 * 单", "刷 * 单", id="three signs are no disguise"),
        pytest.param("刷\u200b单", "刷单", id="an invisible sign"),
        pytest.param("加我V信", "加我微信", id="a nickname of WeChat"),
        pytest.param("加 vx", "加 微信", id="another"),
        pytest.param("Te le gram", "telegram", id="a name spaced out"),
        pytest.param("invx", "invx", id="not a nickname within a word"),
        pytest.param("two words", "two words", id="latin words keep their spaces"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_plain(text: str, plain: str) -> None:
    assert wording.plain(text) == plain


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("你好", "zh", id="han"),
        pytest.param("轉賬", "zh", id="traditional"),
        pytest.param("hello there", "en", id="latin"),
        pytest.param("请下载 Zoom", "zh", id="han with a name"),
        pytest.param("They use 微信 to reach me every day now", "en", id="latin with a name"),
        pytest.param("https://icbc.example.com/login", None, id="a link"),
        pytest.param("icbc.example.com", None, id="a bare link"),
        pytest.param("a@b.example", None, id="an address"),
        pytest.param("13971234567", None, id="a number"),
        pytest.param("🙂", None, id="an emoji"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_language_of(text: str, language: str | None) -> None:
    assert wording.language_of(text) == language


def test_cantonese_words_for_what_has_happened_are_read() -> None:
    assert wording.plain("我啱啱過咗數俾佢") == "我刚刚过了数给他"


def test_storable_drops_only_what_no_database_takes() -> None:
    assert wording.storable("a\0b\ud83dc🙂\n") == "abc🙂\n"
