"""Fifty officers press at once: one owns the case, the others are told who."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from sqlalchemy import func, select

from actions.audit.models import AuditEntry
from actions.cases.models import Case, Status, Timer
from actions.officers.models import Officer
from bot.database import Sessions
from bot.desk import Desk
from bot.presses import Press, press
from tests.line import Line

OFFICERS = 50
ROUNDS = int(os.environ.get("CLAIM_ROUNDS", "20"))  # `make dispatch` takes 200
LIVE = "公安局让我把钱转到安全账户，现在电话还没挂"


def test_fifty_officers_press_claim_at_once_and_one_owns_the_case(
    sessions: Sessions, desk: Desk, now: datetime, hire: Callable[..., Officer]
) -> None:
    names = {n: f"民警{n:02d}号" for n in range(1, OFFICERS + 1)}
    for telegram_id, name in names.items():
        hire(telegram_id, name)
    with ThreadPoolExecutor(OFFICERS) as pool:
        for turn in range(ROUNDS):
            line = Line(sessions, desk, now, address=f"citizen-{turn}")
            line.says(LIVE)
            assert line.case
            code, at = line.case.code, now + timedelta(seconds=5)
            together = Barrier(OFFICERS)

            def claim(
                telegram_id: int, code: str = code, at: datetime = at, gate: Barrier = together
            ) -> str:
                with sessions.begin() as db:
                    gate.wait()
                    return press(db, desk, Press(telegram_id, code, "claim"), now=at)

            said = list(pool.map(claim, names))

            won = [n for n, text in zip(names, said, strict=True) if text == "已由您接手"]
            assert len(won) == 1
            winner = names[won[0]]
            told = [text for text in said if text == f"{winner} 已在 {desk.at(at)} 接手了"]
            assert len(told) == OFFICERS - 1
            with sessions() as db:
                case = db.scalars(select(Case).where(Case.code == code)).one()
                assert (case.status, case.owner and case.owner.name) == (Status.CLAIMED, winner)
                claims = select(func.count()).where(
                    AuditEntry.event == "case.claimed", AuditEntry.case_code == code
                )
                assert db.scalar(claims) == 1
                timers = db.scalars(select(Timer).where(Timer.case_id == case.id)).all()
                assert [timer.kind for timer in timers] == ["silent"]
