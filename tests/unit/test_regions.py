"""Which district a text is about: where somebody is, not whose police they claim to be."""

from __future__ import annotations

import pytest

from bot.regions import Region


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("我在洪山区", "洪山"),
        ("我家住东西湖那边", "东西湖"),
        ("I live in Hongshan district", "洪山"),
        ("住东湖高新，公安局打电话来", "东湖高新"),
        ("洪山区公安局打电话来，我住江夏区", "江夏"),
    ],
)
def test_a_district_that_somebody_names_as_a_place(
    region: Region, text: str, district: str
) -> None:
    assert region.district_in(text) == district


@pytest.mark.parametrize(
    "text",
    [
        "洪山区公安局打电话来，说我涉嫌洗钱",
        "江岸区的公安分局",
        "武昌区反诈中心的人",
        "汉阳区法院来了传票",
        "东西湖派出所的民警",
        "Wuchang district police called me",
        "洪山路",  # a street
        "青山绿水",
        "我在武汉",
    ],
)
def test_whose_police_a_caller_claims_to_be_is_no_district(region: Region, text: str) -> None:
    assert region.district_in(text) is None
