"""Sums, accounts, times and codes as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import signing
from actions.cases import amounts, numbers
from actions.cases.numbers import Wrong
from actions.cases.policy import USUAL, read
from actions.vault import CannotOpen, Vault
from bot import pdf, regions
from bot.texts import surname

NOW = datetime(2026, 5, 6, 7, 30, tzinfo=UTC)  # 15:30 in Wuhan
WUHAN = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("20000", 2_000_000),
        ("2万", 2_000_000),
        ("1.5w", 1_500_000),
        ("20,000元", 2_000_000),
        ("¥199.50", 19_950),
        ("3千", 300_000),
        ("0", None),
        ("-5", None),
        ("两万", 2_000_000),
        ("三万二", 3_200_000),
        ("3万5", 3_500_000),
        ("壹万贰仟元整", 1_200_000),
        ("俩千块钱", 200_000),
        ("十来万", None),
        ("三五千", None),
        ("万一", None),
        ("幺二零", None),
        ("99999999999", None),
        ("", None),
    ],
)
def test_a_sum_is_read_as_it_is_written(written: str, cents: int | None) -> None:
    assert amounts.parse(written) == cents


@pytest.mark.parametrize(
    ("words", "cents"),
    [
        ("我先转了5000元，后来又转了2万多", 2_000_000),
        ("被骗3万块，对方电话13971234567", 3_000_000),
        ("I sent $1,500 yesterday", 150_000),
        ("被骗了三万二，又要我交三千解冻", 3_200_000),
        ("我刚转过去两万多", 2_000_000),
        ("亏了二十多万", 20_000_000),
        ("转了3万5", 3_500_000),
        ("我转了 5000", 500_000),
        ("他还要八百块", 80_000),
        ("他的电话是13971234567，6点打来的", None),
        ("我打了一千二百次电话，又打110", None),
        ("千万不要给他，万一是骗子", None),
        ("一块吃了个饭", None),
        ("要一百个人转发，骗了三年", None),
    ],
)
def test_the_largest_sum_in_a_story_is_found(words: str, cents: int | None) -> None:
    assert amounts.largest_in(words) == cents


@given(st.integers(1, 10**9))
def test_what_is_shown_reads_back(cents: int) -> None:
    assert amounts.parse(amounts.show(cents)) == cents


@given(st.text(max_size=40))
def test_no_text_breaks_a_reader(words: str) -> None:
    amounts.parse(words)
    amounts.largest_in(words)
    for check in (
        lambda: numbers.account(words),
        lambda: numbers.account_or_wallet(words, country="CN"),
        lambda: numbers.phone(words, country="CN"),
        lambda: numbers.past_time(words, now=NOW, zone=WUHAN),
    ):
        with suppress(Wrong):  # the only thing that may come of it
            check()


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("15:05", "2026-05-06 15:05"),
        ("昨天 21:30", "2026-05-05 21:30"),
        ("yesterday 21:30", "2026-05-05 21:30"),
        ("20分钟前", "2026-05-06 15:10"),
        ("半小时前", "2026-05-06 15:00"),
        ("两个小时前", "2026-05-06 13:30"),
        ("5月4日 9:00", "2026-05-04 09:00"),
        ("2026-05-01 10:00", "2026-05-01 10:00"),
        ("9点30", "2026-05-06 09:30"),
    ],
)
def test_a_time_in_the_past_is_read(written: str, at: str) -> None:
    found = numbers.past_time(written, now=NOW, zone=WUHAN)
    assert found.strftime("%Y-%m-%d %H:%M") == at


@pytest.mark.parametrize("written", ["15:31", "25:00", "13-45 10:00", "明天", "2026-01-01 10:00"])
def test_a_time_that_cannot_be_is_refused(written: str) -> None:
    with pytest.raises(Wrong):
        numbers.past_time(written, now=NOW, zone=WUHAN)


@pytest.mark.parametrize(
    "wallet",
    [
        "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "someone@example.com",
        "13971234567",
    ],
)
def test_money_may_have_gone_to_a_wallet_or_a_payment_account(wallet: str) -> None:
    assert numbers.account_or_wallet(wallet, country="CN")


def test_a_number_shows_its_last_four_signs() -> None:
    assert numbers.masked("6222021234567890") == "••••7890"
    assert numbers.masked("1234") == "••••"


# -- the vault and signatures ----------------------------------------------------------------


@given(st.text(max_size=60))
def test_the_vault_gives_back_what_it_was_given(words: str) -> None:
    vault = Vault(b"1" * 32)
    sealed = vault.seal(words, at="stop_payment:account")
    assert vault.open(sealed, at="stop_payment:account") == words


@pytest.mark.parametrize(
    ("key", "at", "damage"),
    [
        (b"2" * 32, "stop_payment:account", 0),
        (b"1" * 32, "stop_payment:to_account", 0),
        (b"1" * 32, "stop_payment:account", 1),
    ],
    ids=["another key", "another column", "a bit turned"],
)
def test_the_vault_opens_nothing_else(key: bytes, at: str, damage: int) -> None:
    sealed = bytearray(Vault(b"1" * 32).seal("6222", at="stop_payment:account"))
    sealed[-1] ^= damage
    with pytest.raises(CannotOpen):
        Vault(key).open(bytes(sealed), at=at)


def test_a_signed_post_is_known_for_five_minutes() -> None:
    header = signing.sign("secret", b"{}", now=NOW)
    assert signing.check("secret", header, b"{}", now=NOW + timedelta(minutes=4))
    assert signing.check("secret", header, b"{}", now=NOW + timedelta(minutes=6)) is None
    assert signing.check("secret", header, b"{ }", now=NOW) is None
    assert signing.check("other", header, b"{}", now=NOW) is None
    assert signing.check("secret", "t=1,v1=abc", b"{}", now=NOW) is None


# -- policy, names, form ---------------------------------------------------------------------


@pytest.mark.parametrize("name", regions.names())
def test_every_region_alerts_the_desk_at_once_and_ends_with_supervisors(name: str) -> None:
    policy = regions.load(name).escalation
    assert "desk" in policy.steps[0].whom
    assert "supervisors" in policy.steps[-1].whom


@given(st.integers(0, 50))
def test_each_step_comes_after_the_one_before(fired: int) -> None:
    assert USUAL.wait(fired) < USUAL.wait(fired + 1)


def test_steps_out_of_order_are_refused() -> None:
    rows = [{"after": 60, "alert": ["desk"]}]
    with pytest.raises(ValueError, match="begin at 0"):
        read({"unclaimed": rows})


@pytest.mark.parametrize(
    ("name", "short"),
    [("李卫东", "李"), ("欧阳修", "欧阳"), ("欧阳", "欧"), ("Mei Tan", "Tan"), ("", "")],
)
def test_a_citizen_reads_the_family_name(name: str, short: str) -> None:
    assert surname(name) == short


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=60)), max_size=12))
def test_any_text_makes_a_pdf_whose_offsets_are_right(rows: list[tuple[str, str]]) -> None:
    page = pdf.form("紧急止付申请表", rows, "foot")
    start = int(page.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert page[start:].startswith(b"xref")
    for number, line in enumerate(page[start:].split(b"\n")[3:8], start=1):
        assert page[int(line[:10]) :].startswith(b"%d 0 obj" % number)
