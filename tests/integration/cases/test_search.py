"""Finding a case by what somebody remembers of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.cases import search
from actions.cases.models import Case
from actions.indicators.models import Indicator
from actions.officers import store as officers
from actions.officers.models import Officer, Role
from tests.line import Line

LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂，对方电话 13812345678"


@pytest.fixture
def desk_of(line: Line, hire: Callable[..., Officer], db: Session) -> Callable[..., list[str]]:
    """Three cases with codes of their own, and the search of an officer over them."""
    officer = hire(7)
    for number, code in enumerate(("C-C7K3M", "C-7K3MX", "C-22222")):
        line.address = f"10{number}"
        line.says(LIVE)
        with line.sessions.begin() as changing:
            changing.merge(line.case).code = code  # type: ignore[union-attr]

    def found(wanted: str) -> list[str]:
        return sorted(each.case.code for each in search.search(db, officer, wanted, country="CN"))

    return found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param("C-C7K3M", ["C-C7K3M"], id="a code that begins with a C of its own"),
        pytest.param("c7k3m", ["C-7K3MX", "C-C7K3M"], id="said without a hyphen it may be either"),
        pytest.param("7K3M", ["C-7K3MX"], id="without its C"),
        pytest.param("C-7K3MX", ["C-7K3MX"], id="a whole code"),
        pytest.param("c-2", ["C-22222"], id="its beginning, in small letters"),
        pytest.param("C-99999", [], id="a code of no case"),
        pytest.param("C-%", [], id="no pattern of the database's"),
    ],
)
def test_a_case_is_found_by_its_code(
    desk_of: Callable[..., list[str]], wanted: str, expected: list[str]
) -> None:
    assert desk_of(wanted) == expected


def test_other_cases_that_name_a_number_are_each_there_once_and_the_rest_is_counted(
    line: Line, hire: Callable[..., Officer], db: Session
) -> None:
    hire(7)
    for number, district in enumerate(("江岸", "江岸", "武昌", "武昌", None)):
        line.address = f"10{number}"
        line.says(LIVE)
        line.says(LIVE)  # one case names it twice
        with line.sessions.begin() as changing:
            changing.merge(line.case).district = district  # type: ignore[union-attr]
    officer = officers.add(
        db, telegram_id=8, name="王芳", roles=[Role.DISPATCHER], district="江岸"
    )
    first, *others = db.scalars(select(Case).order_by(Case.id)).all()
    phone = db.scalars(select(Indicator).where(Indicator.kind == "phone")).one()

    about = {"indicator_id": phone.id, "but": first}
    seen = search.list_naming(db, officer, **about)  # type: ignore[arg-type]

    assert [each.id for each in seen] == [others[3].id, others[0].id]
    assert search.count_hidden(db, officer, **about) == 2  # type: ignore[arg-type]
    assert len(search.list_naming(db, officer, limit=1, **about)) == 1  # type: ignore[arg-type]


def test_a_case_is_found_by_a_number_that_its_citizen_named(
    desk_of: Callable[..., list[str]],
) -> None:
    assert desk_of("138-1234-5678") == ["C-22222", "C-7K3MX", "C-C7K3M"]
    assert desk_of("13900000000") == []
