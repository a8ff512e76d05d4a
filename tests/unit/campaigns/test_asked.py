"""A campaign asked for in one message is read as meant, or refused with what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot import regions, texts
from bot.campaigns import asked
from bot.campaigns.asked import NotUnderstood
from bot.regions import Region

NOW = datetime(2026, 5, 6, 7, 30, tzinfo=UTC)  # a Wednesday, 15:30 in Wuhan


@pytest.fixture
def region() -> Region:
    return regions.load("cn-wuhan")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_example_that_we_show_can_be_sent_back_as_it_is(region: Region, language: str) -> None:
    shown = texts.say("publish.new", language, region)
    example = shown.split("/campaign new ")[1]
    example = "\n\n".join(example.split("\n\n")[:2])

    draft = asked.read(example, region=region, now=NOW)

    assert draft.audience.to_json() == {"districts": ["江岸"], "topics": ["loan"]}
    assert draft.cron == "0 9 * * mon"
    assert list(draft.variants["a"]) == [language]
    assert draft.variants["a"][language]["poster"] == "yes"
    assert "{hotline}" in draft.variants["a"][language]["text"]


def test_a_name_and_a_text_are_enough(region: Region) -> None:
    draft = asked.read("每周提醒\n先交钱的贷款\n都是骗局", region=region, now=NOW)

    assert draft.title == "每周提醒"
    assert draft.variants == {"a": {"zh": {"text": "先交钱的贷款\n都是骗局"}}}
    assert (draft.cron, draft.at, draft.expires_at, draft.control) == (None, None, None, 0)
    assert draft.audience.to_json() == {}


def test_a_piece_brings_its_words_kind_and_audience(region: Region) -> None:
    draft = asked.read("贷款\n内容：loan-fee-before-payout", region=region, now=NOW)

    assert (draft.kind, draft.type) == ("tip", "loan")
    assert set(draft.variants["a"]) == {"zh", "en"}
    assert draft.audience.to_json() == {"ages": ["middle", "young"]}


def test_every_line_is_read_in_either_language(region: Region) -> None:
    draft = asked.read(
        "Loans\nfor: Wuchang district, 60 or over, retired\nwhen: 2026-06-01 09:00\n"
        "until：2026-06-02 18:00\ncontrol: 10%\n\nPay nothing first.",
        region=region,
        now=NOW,
    )

    assert draft.audience.to_json() == {
        "ages": ["senior"],
        "districts": ["武昌"],
        "occupations": ["retired"],
    }
    assert draft.at == datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
    assert draft.expires_at == datetime(2026, 6, 2, 10, 0, tzinfo=UTC)
    assert draft.control == 0.1
    assert draft.variants == {"a": {"en": {"text": "Pay nothing first."}}}


@pytest.mark.parametrize(
    ("said", "cron"),
    [
        ("每周一 9:00", "0 9 * * mon"),
        ("周日 18:30", "30 18 * * sun"),
        ("星期天8：05", "5 8 * * sun"),
        ("Mondays 9:00", "0 9 * * mon"),
        ("wednesday 09:00", "0 9 * * wed"),
        ("every friday 7:15", "15 7 * * fri"),
        ("每天 7:00", "0 7 * * *"),
        ("daily 21:00", "0 21 * * *"),
        ("每月 1 号 9:00", "0 9 1 * *"),
        ("monthly 15 9:00", "0 9 15 * *"),
        ("0 9 * * 1", "0 9 * * 1"),
        ("现在", None),
        ("now", None),
        ("", None),
    ],
)
def test_times_are_read_as_people_write_them(region: Region, said: str, cron: str | None) -> None:
    assert asked.schedule(said, region=region, now=NOW) == (cron, None)


@pytest.mark.parametrize(
    ("said", "key", "what"),
    [
        ("", "title", ""),
        ("题" * 81 + "\n正文", "title", ""),
        ("只有名称", "text", ""),
        ("题\n" + "长" * 3501, "text", ""),
        ("题\n内容：loan-fee-before-payout\n还有正文", "both", ""),
        ("题\n内容：no-such-piece", "piece", "no-such-piece"),
        ("题\n给：江岸、火星\n正文", "who", "火星"),
        ("题\n时间：下周\n正文", "when", "下周"),
        ("题\n时间：每周一 25:00\n正文", "when", "每周一 25:00"),
        ("题\n时间：0 9 30 2 *\n正文", "when", "0 9 30 2 *"),
        ("题\n时间：2026-05-06 15:00\n正文", "past", "2026-05-06 15:00"),
        ("题\n时间：2026-06-01 09:00\n截止：2026-06-01 08:00\n正文", "until", "2026-06-01 08:00"),
        ("题\n截止：明天\n正文", "when", "明天"),
        ("题\n对照：60%\n正文", "control", "60%"),
        ("题\n对照：一半\n正文", "control", "一半"),
        ("题\n海报：要\n" + "长" * 900, "poster", ""),
    ],
)
def test_what_is_wrong_is_named(region: Region, said: str, key: str, what: str) -> None:
    with pytest.raises(NotUnderstood) as told:
        asked.read(said, region=region, now=NOW)

    assert (told.value.key, told.value.what) == (f"publish.wrong.{key}", what)
    assert told.value.key in texts.catalogue("zh")
