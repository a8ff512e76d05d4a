"""A poster says what the tip says, whose it is and whom to call, and nothing is cut off."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot import poster, regions
from bot.campaigns import tips, wording
from bot.campaigns.wording import About
from bot.poster import TooLong
from bot.regions import Region

PIECES = sorted(tips.shelf().values(), key=lambda each: each.name)
LONG = "骗子会说您的账户有问题，让您把钱转到安全账户，千万不要照做。"


@pytest.fixture
def region() -> Region:
    return regions.load("cn-wuhan")


def made(text: str, region: Region, language: str = "zh") -> poster.Poster:
    found = wording.poster_of({"text": text, "poster": "yes"}, language, region, About())
    assert found
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("city", regions.names())
def test_every_piece_of_content_that_has_a_body_fits_on_a_poster(city: str, language: str) -> None:
    region = regions.load(city)

    for piece in PIECES:
        parts = {**piece.words[language], "poster": "yes"}
        drawn = wording.poster_of(parts, language, region, About(piece.kind, piece.type))
        assert drawn
        assert drawn.title == poster.plain(
            wording.fill(parts["title"], language, region), language
        )


def test_it_names_the_force_the_kind_of_scam_and_the_regions_own_numbers() -> None:
    region = regions.load("sg")
    piece = tips.shelf()["loan-fee-before-payout"]

    parts = wording.words_of(piece)["en"]
    drawn = wording.poster_of(parts, "en", region, About(piece.kind, piece.type))

    assert drawn
    assert drawn.force == "Singapore Anti-Scam Line"
    assert drawn.label == "Stay safe · Fake loan"
    assert [number for _, number in drawn.calls] == ["1799", "999"]
    assert "call 999 now" in drawn.body


def test_the_same_words_give_the_same_picture_of_a_telephones_shape(region: Region) -> None:
    drawn = poster.draw(made("先交钱的贷款都是骗局", region))

    assert drawn == poster.draw(made("先交钱的贷款都是骗局", region))
    assert Image.open(io.BytesIO(drawn)).size == (poster.WIDTH, poster.HEIGHT)
    assert drawn != poster.draw(made("先交钱的贷款都是骗局吗", region))
    assert len(drawn) < 200_000  # bytes: it goes to a telephone


def test_what_a_message_carries_is_the_whole_poster(region: Region) -> None:
    drawn = made("先交钱的贷款都是骗局。拨 {hotline}。", region)

    assert poster.from_json(drawn.to_json()) == drawn


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("先交钱的都是骗局\n正规贷款不收钱", "先交钱的都是骗局", "正规贷款不收钱"),
        ("贷款先交钱，都是骗局。正规贷款不收钱。", "贷款先交钱，都是骗局", "正规贷款不收钱。"),
        ("先交钱的都是骗局", "先交钱的都是骗局", ""),
        ("别急。先打 {hotline}。", "别急。先打 96110", ""),
    ],
    ids=["lines", "sentences", "one sentence", "a first sentence too short to be a title"],
)
def test_plain_words_have_their_first_line_or_sentence_for_a_title(
    region: Region, text: str, title: str, body: str
) -> None:
    drawn = made(text, region)

    assert (drawn.title, drawn.body) == (title, body)


def test_words_that_do_not_fit_are_refused_not_cut(region: Region) -> None:
    with pytest.raises(TooLong, match="shorten"):
        made("标题\n" + LONG * 20, region)
    with pytest.raises(TooLong):
        made("账户有问题" * 40, region)


def test_no_line_opens_with_a_comma_or_closes_with_an_opening_quote() -> None:
    lines = list(poster.broken("他说“您的账户”，有问题、要冻结。" * 6, 40, 400))

    assert "".join(lines) == "他说“您的账户”，有问题、要冻结。" * 6
    assert [line for line in lines if line[0] in "，。、”" or line[-1] == "“"] == []


def test_a_body_that_stands_on_the_poster_is_left_out_of_a_full_caption(region: Region) -> None:
    parts = {"title": "标题", "body": "文" * 900, "poster": "yes"}
    rest = ["问" * 200]

    assert wording.lead(parts, "zh", region, rest) == ["标题"]
    assert wording.lead({**parts, "body": "文"}, "zh", region, rest) == ["标题", "文"]
    del parts["poster"]
    assert wording.lead(parts, "zh", region, rest) == ["标题", "文" * 900]
