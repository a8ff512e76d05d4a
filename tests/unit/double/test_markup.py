"""What parse_mode makes of marks, and which it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot
from telegram.error import BadRequest
from telegram.helpers import escape_markdown

from tests.double import markup
from tests.double.refused import Refused
from tests.unit.double.conftest import Run


@pytest.mark.parametrize(
    ("mode", "source", "text", "entities"),
    [
        pytest.param("HTML", "<b>骗</b>子", "骗子", [("bold", 0, 1)], id="bold"),
        pytest.param("HTML", "😀<i>a<u>b</u></i>", "😀ab",
                     [("italic", 2, 2), ("underline", 3, 1)], id="nested, in UTF-16 units"),
        pytest.param("HTML", "&lt;b&gt; &amp; &#39;&#x4E2D; & &nbsp;", "<b> & '中 & &nbsp;", [],
                     id="references"),
        pytest.param("HTML", '<a href="https://a.cn/?x=1&amp;y=2">a</a>', "a",
                     [("text_link", 0, 1)], id="link"),
        pytest.param("HTML", "<span class='tg-spoiler'>a</span>", "a", [("spoiler", 0, 1)],
                     id="spoiler"),
        pytest.param("HTML", "<pre><code class='language-py'>a</code></pre>", "a", [("pre", 0, 1)],
                     id="code"),
        pytest.param("HTML", "<blockquote expandable>a</blockquote>", "a",
                     [("expandable_blockquote", 0, 1)], id="quote"),
        pytest.param("HTML", "  <b> a </b> ", "a", [("bold", 0, 1)], id="trimmed"),
        pytest.param("HTML", "<b></b>a", "a", [], id="an empty mark"),
        pytest.param("MarkdownV2", "*a* _b_ __c__ ~d~ ||e|| `f.`", "a b c d e f.",
                     [("bold", 0, 1), ("italic", 2, 1), ("underline", 4, 1),
                      ("strikethrough", 6, 1), ("spoiler", 8, 1), ("code", 10, 2)], id="marks"),
        pytest.param("MarkdownV2", r"1\.5 \*", "1.5 *", [], id="escapes"),
        pytest.param("MarkdownV2", "[a](https://a.cn)", "a", [("text_link", 0, 1)], id="link v2"),
        pytest.param("MarkdownV2", ">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 3)], id="quote v2"),
        pytest.param("MarkdownV2", "```\na=1```", "a=1", [("pre", 0, 3)], id="code v2"),
        pytest.param("Markdown", r"*a.b* _c_ `d` [e](https://a.cn) \_", "a.b c d e _",
                     [("bold", 0, 3), ("italic", 4, 1), ("code", 6, 1), ("text_link", 8, 1)],
                     id="the old kind"),
    ],
)  # fmt: skip
def test_marks_become_entities(
    mode: str, source: str, text: str, entities: list[tuple[str, int, int]]
) -> None:
    plain, found = markup.parse(source, mode)

    assert plain == text
    assert [(e["type"], e["offset"], e["length"]) for e in found] == entities


@pytest.mark.parametrize(
    ("mode", "source", "why"),
    [
        pytest.param("HTML", "<b>a", 'Can\'t find end tag corresponding to start tag "b"', id="b"),
        pytest.param("HTML", "骗<x>", 'Unsupported start tag "x" at byte offset 3', id="unknown"),
        pytest.param("HTML", "a < b", 'Unsupported start tag "" at byte offset 2', id="bare <"),
        pytest.param("HTML", "<b", "Unclosed start tag at byte offset 0", id="unclosed"),
        pytest.param("HTML", "a</b>", "Unexpected end tag at byte offset 1", id="end"),
        pytest.param("HTML", "<b><i>a</b></i>", "Unmatched end tag at byte offset 7", id="cross"),
        pytest.param("HTML", "<span>a</span>", 'Tag "span" must have class', id="span"),
        pytest.param("MarkdownV2", "1.5", "Character '.' is reserved", id="dot"),
        pytest.param("MarkdownV2", "a-b", "Character '-' is reserved", id="dash"),
        pytest.param("MarkdownV2", "a *b", "Can't find end of Bold entity at byte offset 2",
                     id="bold"),
        pytest.param("MarkdownV2", "*a _b* c_", "Can't find end of Italic entity", id="cross v2"),
        pytest.param("MarkdownV2", "[a](b", "Can't find end of a URL at byte offset", id="url"),
        pytest.param("Markdown", "a_b", "Can't find end of the entity starting at byte offset 1",
                     id="the old kind"),
        pytest.param("Morse", "a", "unsupported parse_mode", id="no such mode"),
    ],
)  # fmt: skip
def test_bad_marks_are_refused(mode: str, source: str, why: str) -> None:
    with pytest.raises(Refused, match="Bad Request: ") as refused:
        markup.parse(source, mode)

    assert why in refused.value.description


def test_the_bot_is_told_why_its_marks_are_bad(bot: Bot, run: Run) -> None:
    with pytest.raises(BadRequest, match="Can't parse entities: unsupported start tag"):
        run(bot.send_message(1001, "<script>", parse_mode="HTML"))


def test_ready_made_entities_are_kept(bot: Bot, run: Run) -> None:
    sent = run(
        bot.send_message(1001, "*a*", entities=[{"type": "bold", "offset": 0, "length": 3}])
    )

    assert sent.text == "*a*"
    assert sent.entities[0].type == "bold"


@given(st.text())
def test_escaped_text_comes_through_unchanged(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()

    plain, entities = markup.parse(escape_markdown(text, version=2), "MarkdownV2")

    assert (plain, entities) == (text.strip(), [])


@given(
    st.text(alphabet="<>/bia &;*_`[]()\\|~.骗\n"),
    st.sampled_from(["HTML", "MarkdownV2", "Markdown"]),
)
def test_any_text_is_parsed_or_refused(text: str, mode: str) -> None:
    try:
        plain, entities = markup.parse(text, mode)
    except Refused:
        return

    ends = [entity["offset"] + entity["length"] for entity in entities]
    assert all(end <= markup.units(plain) for end in ends)


def test_commands_links_and_names_are_found_in_a_citizens_words() -> None:
    found = markup.find_entities("😀 /check@fanzha_bot https://a.cn/x，找@somebody1 5/6 a@b.cn")

    assert [(e["type"], e["offset"], e["length"]) for e in found] == [
        ("bot_command", 3, 17),
        ("url", 21, 14),
        ("mention", 37, 10),
        ("email", 52, 6),
    ]
