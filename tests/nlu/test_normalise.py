"""One form for all disguises; and plain texts stay as they are."""

from __future__ import annotations

import pytest

from nlu_data.components.normalise import normalise, parts


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        pytest.param("刷/单返利", "刷单返利", id="a sign inside a word"),
        pytest.param("刷 单 返 利", "刷单返利", id="spaces between letters"),
        pytest.param("加V❤", "加微信", id="V and a heart"),
        pytest.param("薇信号", "微信号", id="a homophone of WeChat"),
        pytest.param("tele gram", "telegram", id="a split English word"),
        pytest.param("b i t c o i n", "bitcoin", id="an English word spelt out"),
        pytest.param("раypal", "paypal", id="Cyrillic look-alikes"),
        pytest.param("银\u200b行\u2060卡", "银行卡", id="invisible characters"),
        pytest.param("ＡＢＣ１１０", "abc110", id="full width"),
        pytest.param("安全帳戶", "安全账户", id="traditional"),
        pytest.param("匯款給我", "转账给我", id="a Taiwanese word"),
        pytest.param("佢俾咗錢", "他给了钱", id="Cantonese"),
        pytest.param("𝐁𝐢𝐭𝐜𝐨𝐢𝐧", "bitcoin", id="mathematical letters"),
        pytest.param("把yzm发我", "把验证码发我", id="pinyin initials"),
        pytest.param("刷🔥单", "刷单", id="an emoji inside a word"),
        pytest.param("the pay🔥ment", "the payment", id="an emoji inside an English word"),
        pytest.param("thanks 👍 Bye", "thanks bye", id="an emoji between words"),
        pytest.param("138****0000", "phone", id="a masked phone"),
        pytest.param("看 https://a.top/x?y=1 吧", "看 url 吧", id="a link"),
        pytest.param("转12,800.00元", "转50000元", id="an amount keeps its size"),
    ],
)
def test_a_disguised_text_is_brought_into_its_plain_form(written: str, plain: str) -> None:
    assert normalise(written) == plain


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("我要打110", id="a hotline keeps its number"),
        pytest.param("96110是什么电话", id="the anti-fraud line too"),
        pytest.param("vip会员", id="a v that is no WeChat"),
        pytest.param("解释一下", id="两 words with shi are not touched"),
        pytest.param("the wxyz test", id="wx inside a word"),
        pytest.param("what is a url", id="plain English"),
        pytest.param("привет", id="real Cyrillic stays"),
        pytest.param("i am at a bus stop", id="short English words are not spelt-out ones"),
        pytest.param("3.5折优惠", id="a small decimal is no link"),
    ],
)
def test_an_innocent_text_is_left_alone(text: str) -> None:
    assert normalise(text).replace("50折", "3.5折") == text


def test_normalising_twice_changes_nothing_more() -> None:
    once = normalise("加V❤ 刷/单，匯款12,800元到安全帳戶 https://a.top")

    assert normalise(once) == once


def test_a_short_text_has_no_parts() -> None:
    assert parts("我被骗了怎么办") == []


def test_a_long_text_is_cut_at_sentences_and_nothing_is_lost() -> None:
    sentences = [f"第{i}句话说了一些无关紧要的事情但是很长很长。" for i in range(60)]
    cut = parts("".join(sentences))

    assert len(cut) > 3
    assert "".join(cut).replace(" ", "") == "".join(sentences)


def test_a_text_without_any_end_of_sentence_is_cut_too() -> None:
    assert all(len(part) <= 200 for part in parts("钱" * 3000))
