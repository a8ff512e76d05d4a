"""What citizens tell us of themselves, and the relatives, questions and warnings around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from actions.citizens.models import Citizen
from actions.guardians.models import Guardian
from actions.outbox.models import Lane, OutboxMessage
from actions.profiles.models import Profile
from actions.triage.judgement import ScamType
from actions.warnings.models import CheckIn
from actions.warnings.models import Warning as Warned
from bot.campaigns import tips
from bot.conversation import personal
from tests.line import Line

LIVE = "公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂"


def profile(line: Line) -> Profile | None:
    with line.sessions() as db:
        return db.scalars(select(Profile)).one_or_none()


def test_a_profile_is_asked_in_taps_that_can_all_be_skipped(line: Line) -> None:
    assert "哪个区" in line.commands("profile")
    assert line.buttons[-1] == "ask:profile:district_skip"

    line.presses("profile", "district_0")
    line.presses("profile", "age_senior")
    line.presses("profile", "occupation_skip")
    line.presses("profile", "topics_loan")
    line.presses("profile", "topics_romance")
    assert "语言" in line.presses("profile", "topics_done")
    line.presses("profile", "language_zh")
    line.presses("profile", "quiet_22_7")
    said = line.presses("profile", "zone_skip")

    assert "好了" in said
    found = profile(line)
    assert found
    assert (found.district, found.age, found.occupation) == ("江岸", "senior", None)
    assert found.topics == ["loan", "romance"]
    assert (found.quiet_from, found.quiet_to, found.timezone) == (1320, 420, None)
    shown = line.commands("mydata")
    assert f"账号编号：{line.address}" in shown
    assert "江岸" in shown
    assert "60 岁以上" in shown
    assert "22:00–07:00" in shown


def test_a_language_chosen_in_the_profile_is_spoken_from_then_on(line: Line) -> None:
    line.says("你好")

    assert "leave you alone" in line.presses("profile", "language_en")

    assert line.citizen
    assert (line.citizen.language, line.citizen.language_chosen) == ("en", True)
    line.says("网上刷单让我先垫钱，是不是骗子")
    assert line.citizen.language == "en"


@pytest.mark.parametrize(
    "value",
    ["district_99", "district_x", "age_old", "shoe_42", "zone_mars", "topics_none", "language_fr"],
)
def test_a_button_that_is_none_of_ours_changes_nothing(line: Line, value: str) -> None:
    assert "过期" in line.presses("profile", value)

    found = profile(line)
    assert found is None or (found.district, found.age, found.topics) == (None, None, [])


@pytest.mark.parametrize(
    ("argument", "words", "tips"),
    [("off", "不再发", False), ("pause", "停到 2026-05-13", True), ("on", "继续", True)],
)
def test_tips_go_on_off_and_rest_for_a_week(
    line: Line, argument: str, words: str, tips: bool
) -> None:
    assert words in line.commands("tips", argument)

    found = profile(line)
    assert found
    assert found.tips is tips
    assert (found.paused_until is not None) == (argument == "pause")


def test_stop_ends_everything_that_was_not_asked_for_at_once(line: Line) -> None:
    line.says("网上刷单让我先垫钱，是不是骗子")
    with line.sessions.begin() as db:
        for lane in (Lane.WARNING, Lane.BULK):
            db.add(
                OutboxMessage(
                    dedup_key=f"x:{lane}",
                    channel=line.channel,
                    recipient=line.address,
                    lane=lane,
                    body={"text": "x"},
                    due_at=line.now + timedelta(hours=1),
                )
            )

    line.commands("stop")

    with line.sessions() as db:
        left = db.scalar(
            select(func.count())
            .select_from(OutboxMessage)
            .where(OutboxMessage.dedup_key.like("x:%"), OutboxMessage.status == "waiting")
        )
        assert left == 0
        assert db.scalar(select(func.count()).select_from(CheckIn)) == 0
    found = profile(line)
    assert found
    assert found.left_at is not None


def test_forget_leaves_nothing_of_the_citizen_in_any_table(line: Line) -> None:
    line.commands("profile")
    line.presses("profile", "district_0")
    line.says("网上刷单让我先垫钱，是不是骗子")
    line.commands("phone", "13800138000")
    line.presses("guardian", "new")

    line.commands("forget")
    line.presses("forget", "yes")

    with line.sessions() as db:
        for table in ("profile", "check_in", "guardian_code", "citizen", "quiz_answer"):
            assert db.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


def test_a_telephone_number_is_kept_only_as_a_fingerprint(line: Line) -> None:
    assert "看起来不对" in line.commands("phone", "12")
    assert "指纹" in line.commands("phone", "138 0013 8000")

    found = profile(line)
    assert found
    assert found.phone_sha256
    assert len(found.phone_sha256) == 64
    with line.sessions() as db:
        assert "13800138000" not in str(db.execute(text("SELECT * FROM profile")).all())


# -- guardian -------------------------------------------------------------------------------


def linked(line: Line) -> Line:
    relative = replace(line, address="2002", heard=[])
    link(line, relative)
    return relative


def link(ward: Line, guardian: Line) -> None:
    code = ward.presses("guardian", "new").split("/guardian ")[1][:8]
    assert "愿意吗" in guardian.commands("guardian", code)
    assert "已经关联" in guardian.presses("guardian", f"yes_{code}")


def to(line: Line, address: str) -> list[str]:
    with line.sessions() as db:
        return [
            str(m.body["text"])
            for m in db.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.recipient == address)
                .order_by(OutboxMessage.id)
            )
        ]


def test_a_guardian_is_told_of_a_live_fraud_and_of_nothing_else(line: Line) -> None:
    relative = linked(line)
    before = len(to(line, relative.address))

    line.says("网上刷单让我先垫钱，是不是骗子")
    assert len(to(line, relative.address)) == before
    line.says(LIVE)

    told = to(line, relative.address)[before:]
    assert len(told) == 1
    assert "打电话" in told[0]
    assert "洗钱" not in told[0]


def test_a_code_alone_links_nobody(line: Line) -> None:
    code = line.presses("guardian", "new").split("/guardian ")[1][:8]
    relative = replace(line, address="2002", heard=[])

    relative.commands("guardian", code)
    relative.presses("guardian", "no")

    with line.sessions() as db:
        assert db.scalar(select(func.count()).select_from(Guardian)) == 0


def test_a_code_is_good_once_and_not_for_oneself(line: Line) -> None:
    code = line.presses("guardian", "new").split("/guardian ")[1][:8]
    assert "不对" in line.commands("guardian", code)
    relative = replace(line, address="2002", heard=[])
    relative.presses("guardian", f"yes_{code}")
    stranger = replace(line, address="3003", heard=[])

    assert "不对" in stranger.presses("guardian", f"yes_{code}")


def test_a_code_runs_out(line: Line) -> None:
    code = line.presses("guardian", "new").split("/guardian ")[1][:8]
    relative = replace(line, address="2002", heard=[], now=line.now + timedelta(minutes=31))

    assert "过期" in relative.commands("guardian", code)


def test_codes_cannot_be_guessed(line: Line) -> None:
    code = line.presses("guardian", "new").split("/guardian ")[1][:8]
    stranger = replace(line, address="3003", heard=[])
    for n in range(5):
        assert "不对" in stranger.commands("guardian", f"0000000{n}")

    assert "太多" in stranger.commands("guardian", code)


@pytest.mark.parametrize("who", ["ward", "guardian"])
def test_either_ends_it_at_once_and_the_other_is_told(line: Line, who: str) -> None:
    relative = linked(line)
    ending, other = (line, relative) if who == "ward" else (relative, line)

    assert "已经解除" in ending.presses("guardian", "end")

    assert "解除了守护关系" in to(line, other.address)[-1]
    before = len(to(line, relative.address))
    line.says(LIVE)
    assert len(to(line, relative.address)) == before


@pytest.mark.parametrize("who", ["ward", "guardian", "each"])
def test_all_links_end_at_once_and_everybody_on_the_other_side_is_told(
    line: Line, who: str
) -> None:
    relatives = [replace(line, address=address, heard=[]) for address in ("2002", "4004")]
    for relative in relatives:
        ward, guardian = (relative, line) if who == "guardian" else (line, relative)
        link(ward, guardian)
        if who == "each":
            link(guardian, ward)

    assert "已经解除" in line.presses("guardian", "end")

    for relative in relatives:
        ended = [said for said in to(line, relative.address) if "解除了守护关系" in said]
        assert len(ended) == (2 if who == "each" else 1)
    with line.sessions() as db:
        assert db.scalar(select(func.count()).select_from(Guardian)) == 0


SCAM = "上个月刷单做任务，前几单返了佣金，后来垫了两万多提不出来"


def link_of(line: Line) -> int:
    with line.sessions() as db:
        return db.scalars(select(Guardian.id)).one()


@pytest.mark.parametrize(
    ("choice", "live", "scam"),
    [("live", 1, 0), ("scam", 1, 1), ("nothing", 0, 0)],
)
def test_what_a_guardian_hears_is_the_wards_choice(
    line: Line, choice: str, live: int, scam: int
) -> None:
    relative = linked(line)
    assert "只在您正被骗时" in line.commands("guardian")
    number = link_of(line)
    assert f"ask:guardian:link_{number}" in line.buttons
    line.presses("guardian", f"link_{number}")
    assert [each.split(":")[2] for each in line.buttons] == [
        *(f"set_{number}_{each}" for each in ("live", "scam", "nothing")),
        f"end_{number}",
    ]

    assert "改成" in line.presses("guardian", f"set_{number}_{choice}")

    before = len(to(line, relative.address))
    stranger_hears(line)
    line.says(SCAM)
    line.says(SCAM)  # once a day
    told = to(line, relative.address)[before:]
    assert len(told) == scam
    assert all("刷单" not in each for each in told)
    line.says(LIVE)
    assert len(to(line, relative.address)) == before + scam + live


def stranger_hears(line: Line) -> None:
    """Another pair, who have chosen to tell everything: not our relative's business."""
    other = replace(line, address="7007", heard=[])
    code = other.presses("guardian", "new").split("/guardian ")[1][:8]
    replace(line, address="7008", heard=[]).presses("guardian", f"yes_{code}")


def test_nobody_but_the_ward_chooses_and_nobody_touches_anothers_link(line: Line) -> None:
    relative = linked(line)
    number = link_of(line)
    stranger = replace(line, address="3003", heard=[])

    for who in (relative, stranger):
        assert "不在了" in who.presses("guardian", f"set_{number}_scam")
        assert "不在了" in who.presses("guardian", f"link_{number}")
    assert "不在了" in stranger.presses("guardian", f"end_{number}")
    for nonsense in ("set_", f"set_{number}", f"set_{number}_all", "end_x", "link_" + "9" * 30):
        assert "不在了" in line.presses("guardian", nonsense)
    with line.sessions() as db:
        found = db.scalars(select(Guardian)).one()
        assert (found.tells_live, found.tells_warning) == (True, False)


@pytest.mark.parametrize("who", ["ward", "guardian"])
def test_either_ends_one_link_and_keeps_the_others(line: Line, who: str) -> None:
    relative = linked(line)
    number = link_of(line)
    code = line.presses("guardian", "new").split("/guardian ")[1][:8]
    second = replace(line, address="4004", heard=[])
    second.presses("guardian", f"yes_{code}")
    ending, other = (line, relative) if who == "ward" else (relative, line)
    ending.commands("guardian")

    assert "已经解除" in ending.presses("guardian", f"end_{number}")

    assert "解除了守护关系" in to(line, other.address)[-1]
    before = [len(to(line, each.address)) for each in (relative, second)]
    line.says(LIVE)
    after = [len(to(line, each.address)) for each in (relative, second)]
    assert after == [before[0], before[1] + 1]


# -- warnings -------------------------------------------------------------------------------


def warned(line: Line, kind: str = "loan") -> None:
    line.commands("start")
    with line.sessions.begin() as db:
        citizen = db.scalars(select(Citizen).where(Citizen.address == line.address)).one()
        db.add(
            Warned(
                citizen_id=citizen.id,
                level="high",
                type=kind,
                status="queued",
                created_at=line.now,
                expires_at=line.now + timedelta(days=7),
                deadline=line.now + timedelta(minutes=30),
            )
        )


def outcome(line: Line) -> tuple[str, str | None]:
    with line.sessions() as db:
        found = db.scalars(select(Warned)).one()
        return found.status, found.outcome


def test_a_tap_says_that_they_are_safe(line: Line) -> None:
    warned(line)

    assert "先发给我看看" in line.presses("warning", "safe_loan")

    assert outcome(line) == ("closed", "dissuaded")


def test_whoever_does_not_believe_it_is_asked_the_question_that_breaks_the_script(
    line: Line,
) -> None:
    warned(line, "police_gov")

    said = line.presses("warning", "doubt_police_gov")

    assert "有没有这位警官" in said
    assert outcome(line) == ("queued", None)  # read, but not safe: the deadline stands
    called = line.presses("warning", "callback_police_gov")
    assert line.case
    assert line.case.cause == "warning"
    assert line.case.code in called
    assert "预警劝阻" in line.desk_heard[-1]


def test_whoever_has_paid_gets_a_person_at_once(line: Line) -> None:
    warned(line)

    said = line.presses("warning", "paid_loan")

    assert said.startswith("🛑")
    assert line.case
    assert line.case.cause == "live"
    assert outcome(line) == ("closed", "paid")


@pytest.mark.parametrize("kind", ScamType)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_type_has_a_warning_an_interrupt_and_a_check_in(
    line: Line, kind: ScamType, language: str
) -> None:
    from bot import texts

    for prompt in (personal.warning(kind), personal.interrupt(kind), personal.check_in(kind)):
        body = texts.render(prompt, language, line.desk.region, case="C-7K3M9")
        assert len(str(body["text"])) < 900
        for row in body["buttons"]:  # type: ignore[attr-defined]
            assert len(row[0]["data"].encode()) <= 64


@pytest.mark.parametrize(
    ("answer", "words"), [("no", "那就好"), ("back", "接下来"), ("paid", "🛑")]
)
def test_the_answer_of_the_next_day_is_kept_and_answered(
    line: Line, answer: str, words: str
) -> None:
    line.says("网上刷单让我先垫钱，是不是骗子")
    with line.sessions.begin() as db:
        asked = db.scalars(select(CheckIn)).one()
        asked.asked_at = line.now

    assert words in line.presses("checkin", f"{answer}_brushing")

    with line.sessions() as db:
        assert db.scalars(select(CheckIn)).one().answer == answer


def test_after_a_check_comes_what_they_will_most_likely_do_next(line: Line) -> None:
    line.says("网上刷单让我先垫钱，是不是骗子")
    line.presses("money", "no")
    said = line.presses("online", "no")

    assert "接下来多半会" in said
    assert "联单" in said


# -- tips -----------------------------------------------------------------------------------


def test_a_tip_is_about_the_scam_they_last_met_and_asks_for_a_verdict(line: Line) -> None:
    line.says("网上贷款让我先交保证金才放款，是不是骗子")

    line.commands("tips")
    asked = [each for each in line.buttons if each.startswith("ask:quiz:")]
    name = asked[0].removeprefix("ask:quiz:").partition(".")[0]

    assert tips.shelf()[name].type == ScamType.LOAN
    assert line.buttons[-1] == "ask:tips:more_1"


@pytest.mark.parametrize("side", ["scam", "real"])
@pytest.mark.parametrize("said", ["scam", "real"])
def test_a_tips_own_question_is_answered_with_the_reason(line: Line, side: str, said: str) -> None:
    name = next(name for name, piece in tips.shelf().items() if piece.has_pair)
    line.commands("start")

    answer = line.presses("quiz", f"{name}.{side}_{said}")

    assert ("答对了" in answer) is (side == said)
    assert tips.shelf()[name].words["zh"]["real" if side == "scam" else "scam"][:10] in answer


@pytest.mark.parametrize(
    "value", ["nothing.scam_scam", "nothing.scam_", "loan.x_real", "._", "_", "more_9999999"]
)
def test_a_forged_answer_is_an_old_button(line: Line, value: str) -> None:
    assert "过期" in line.presses("quiz", value)


def test_another_tip_is_another_one(line: Line) -> None:
    first = line.commands("tips")

    assert line.presses("tips", "more_1") != first
    assert line.presses("tips", "more_x")


def test_who_asks_again_is_given_another_tip(line: Line) -> None:
    given = [line.commands("tips") for _ in range(3)]
    pressed = line.presses("tips", line.buttons[-1].rpartition(":")[2])
    line.presses("tips", "more_1")  # an old button is no step back
    line.says("今天天气真好")
    after = line.commands("tips")

    assert len({*given, pressed, after}) == 5


def test_a_tip_is_in_their_language(line: Line) -> None:
    line.commands("language", "en")

    assert line.commands("tips").isascii() or "Another one" in str(line.heard)


def test_whoever_is_being_watched_gets_no_tip_on_the_screen(line: Line) -> None:
    line.says(LIVE)
    line.presses("quiet", "on")

    assert "骗" not in line.commands("tips")
    assert "骗" not in line.presses("tips", "more_1")
