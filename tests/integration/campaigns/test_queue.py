"""An occurrence reaches everybody it is for, once, at a time that suits them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from actions.campaigns import account, queue, status, store
from actions.campaigns.audience import Audience
from actions.campaigns.models import Campaign, CatchUp, Occurrence, Status
from actions.citizens import store as citizens
from actions.citizens.forget import forget
from actions.citizens.models import Citizen
from actions.officers import store as officers
from actions.outbox import leases
from actions.outbox.claim import Claimed
from actions.outbox.policy import Blocked, Refused, Sent, Unavailable
from bot import personal, schedule
from bot.campaigns import clock as campaigns
from bot.campaigns import wording
from bot.database import Sessions
from bot.wiring import Service
from tests.integration.campaigns.city import (
    AUTHOR,
    Clock,
    campaign,
    figures,
    land,
    leave,
    live,
    run,
    second_does,
    second_officer,
    send_due,
    waiting,
)

Publish = Callable[..., int]
SHANGHAI = ZoneInfo("Asia/Shanghai")
PEOPLE = ("c1", "c2")


@pytest.fixture(autouse=True)
def noise(sessions: Sessions, now: datetime) -> None:
    """Citizens whom no campaign may reach."""
    with sessions.begin() as db:
        live(db, "blocked", blocked_at=now)
        live(db, "left", tips=False)
        live(db, "resting", paused_until=now + timedelta(days=6))
        live(db, "speaks-french", language="fr", language_chosen=True)


def test_everybody_else_gets_it_once_and_the_sums_are_equal(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        for n in range(7):
            live(db, f"c{n}")
    number = publish()

    run(service)
    reached = send_due(sessions, clock())
    run(service)

    assert sorted(reached) == [f"c{n}" for n in range(7)]
    with sessions.begin() as db:
        counted = account.count(db, campaign(db, number))
        assert campaign(db, number).status == "sending"
    assert counted == {
        "audience": 7,
        "queued": 0,
        "sent": 7,
        "failed": 0,
        "blocked": 0,
        "expired": 0,
        "skipped": 0,
    }
    clock.turn(seconds=10)
    run(service)
    with sessions() as db:
        assert campaign(db, number).status == "done"


def test_the_audience_is_only_those_who_said_that_they_belong_to_it(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "meant", district="江岸", topics=["loan", "game"])
        live(db, "other-district", district="武昌", topics=["loan"])
        live(db, "other-topic", district="江岸", topics=["game"])
        live(db, "said-nothing")
    publish(audience=Audience(districts=("江岸",), topics=("loan",)))

    run(service)

    assert [who for who, _ in waiting(sessions)] == ["meant"]


@pytest.mark.parametrize(
    ("quiet", "timezone", "at", "due"),
    [
        pytest.param((1320, 420), None, "2026-05-06T15:30", "2026-05-06T15:30", id="by day"),
        pytest.param((1320, 420), None, "2026-05-06T23:30", "2026-05-07T07:00", id="evening"),
        pytest.param((1320, 420), None, "2026-05-07T03:00", "2026-05-07T07:00", id="night"),
        pytest.param((1320, 420), None, "2026-05-06T22:00", "2026-05-07T07:00", id="first minute"),
        pytest.param((1320, 420), None, "2026-05-07T07:00", "2026-05-07T07:00", id="last minute"),
        pytest.param((780, 900), None, "2026-05-06T14:00", "2026-05-06T15:00", id="siesta"),
        pytest.param((0, 0), None, "2026-05-06T14:00", "2026-05-06T14:00", id="no hours"),
        pytest.param(
            (1320, 420),
            "Europe/London",
            "2026-05-06T09:00",
            "2026-05-06T14:00",
            id="lives in London",
        ),
        pytest.param(
            (1320, 420),
            "America/New_York",
            "2026-03-08T14:30",  # 01:30 there, half an hour before the clocks go forward
            "2026-03-08T19:00",  # 07:00 summer time
            id="clocks go forward",
        ),
    ],
)
def test_quiet_hours_are_the_citizens_own(
    service: Service,
    sessions: Sessions,
    publish: Publish,
    clock: Clock,
    quiet: tuple[int, int],
    timezone: str | None,
    at: str,
    due: str,
) -> None:
    clock.time = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)
    with sessions.begin() as db:
        live(db, "c", quiet_from=quiet[0], quiet_to=quiet[1], timezone=timezone)
    publish()

    run(service)

    queued = dict(waiting(sessions))
    assert queued["c"] == datetime.fromisoformat(due).replace(tzinfo=SHANGHAI)


def test_what_still_waits_when_quiet_hours_begin_waits_for_the_morning(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    clock.time = datetime(2026, 5, 6, 21, 50, tzinfo=SHANGHAI)
    with sessions.begin() as db:
        live(db, "quiet", quiet_from=1320, quiet_to=420)
        live(db, "awake")
    publish()
    run(service)

    clock.time = datetime(2026, 5, 6, 21, 59, 30, tzinfo=SHANGHAI)
    assert campaigns.keep_quiet(service) == 1
    clock.turn(hours=2)

    assert send_due(sessions, clock()) == ["awake"]
    clock.time = datetime(2026, 5, 7, 7, 0, tzinfo=SHANGHAI)
    assert send_due(sessions, clock()) == ["quiet"]


def test_what_was_paused_and_goes_on_at_night_waits_for_the_morning(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    clock.time = datetime(2026, 5, 6, 21, 0, tzinfo=SHANGHAI)
    with sessions.begin() as db:
        live(db, "quiet", quiet_from=1320, quiet_to=420)
        live(db, "awake")
        live(db, "london", quiet_from=1320, quiet_to=420, timezone="Europe/London")
    number = publish()
    run(service)
    second_does(sessions, status.pause, number, now=clock())

    clock.turn(hours=3)  # midnight
    second_does(sessions, status.resume, number, home="Asia/Shanghai", now=clock())

    assert sorted(send_due(sessions, clock())) == ["awake", "london"]
    clock.time = datetime(2026, 5, 7, 7, 0, tzinfo=SHANGHAI)
    assert send_due(sessions, clock()) == ["quiet"]


def test_quiet_hours_are_kept_however_far_ahead_is_looked(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    clock.time = datetime(2026, 5, 6, 21, 50, tzinfo=SHANGHAI)
    with sessions.begin() as db:
        for n in range(6):
            live(db, f"quiet-{n}", quiet_from=1320, quiet_to=420)
    publish()
    run(service)
    clock.time = datetime(2026, 5, 6, 22, 30, tzinfo=SHANGHAI)

    moved = []
    for _ in range(4):  # what is moved makes room for what comes next
        with sessions.begin() as db:
            moved.append(queue.keep_quiet(db, home="Asia/Shanghai", ahead=2, now=clock()))

    assert moved == [2, 2, 2, 0]
    assert send_due(sessions, clock()) == []


def test_two_bulk_messages_to_one_citizen_keep_their_distance(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    publish()
    run(service)
    send_due(sessions, clock())
    sent = clock()
    clock.turn(minutes=5)
    publish(title="second")

    run(service)

    assert waiting(sessions) == [("c", sent + queue.GAP)]


def test_who_already_waits_for_one_is_skipped_by_the_next_and_it_says_why(
    service: Service, sessions: Sessions, publish: Publish
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    publish()
    run(service)
    second = publish(title="second")

    run(service)

    counted, because = figures(sessions, second)
    assert counted["skipped"] == 1
    assert because == {"gap": 1}


def test_variants_and_control_group_share_the_audience(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        for n in range(1000):
            live(db, f"c{n:04}")
    number = publish(
        variants={"a": {"zh": {"text": "A"}}, "b": {"zh": {"text": "B"}}}, control=0.2
    )

    run(service)

    with sessions.begin() as db:
        counted = account.count(db, campaign(db, number))
        by_variant = dict(
            db.execute(
                text("SELECT variant, count(*) FROM delivery WHERE state = 'queued' GROUP BY 1")
            ).all()
        )
        wrong = db.scalar(
            text(
                "SELECT count(*) FROM delivery d JOIN outbox_message m ON m.dedup_key ="
                " 'campaign:' || d.occurrence_id || ':' || d.citizen_id"
                " LEFT JOIN outbox_content c ON c.id = m.content_id"
                " WHERE upper(d.variant) IS DISTINCT FROM left(c.body ->> 'text', 1)"
            )
        )
    assert counted["audience"] == 1000
    assert 150 < counted["skipped"] < 250
    assert counted["queued"] == 1000 - counted["skipped"] == sum(by_variant.values())
    assert 330 < by_variant["a"] < 470
    assert wrong == 0


def test_a_weekly_campaign_keeps_each_citizen_in_the_group_they_were_drawn_for(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        for n in range(50):
            live(db, f"c{n:04}")
    publish(cron="0 9 * * 1", control=0.3)
    run(service)

    reached = []
    for _ in range(2):
        clock.turn(days=7)
        run(service)
        reached.append(set(send_due(sessions, clock())))

    assert reached[0] == reached[1]
    assert 0 < len(reached[0]) < 50


@pytest.mark.parametrize(
    ("outcome", "state"), [(Blocked("bot was blocked"), "blocked"), (Refused("bad"), "failed")]
)
def test_a_recipient_who_blocked_us_is_told_from_one_who_cannot_be_reached(
    service: Service,
    sessions: Sessions,
    publish: Publish,
    clock: Clock,
    outcome: Blocked | Refused,
    state: str,
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    number = publish()
    run(service)

    send_due(sessions, clock(), outcome=outcome)

    with sessions.begin() as db:
        assert account.count(db, campaign(db, number))[state] == 1


def test_cancel_overtakes_what_is_still_queued(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        for n in range(10):
            live(db, f"c{n}")
    number = publish()
    run(service)
    send_due(sessions, clock(), limit=3)

    second_does(sessions, status.cancel, number, now=clock())
    clock.turn(hours=1)

    assert send_due(sessions, clock()) == []
    counted, because = figures(sessions, number)
    assert (counted["sent"], counted["skipped"], counted["queued"]) == (3, 7, 0)
    assert because == {"cancelled": 7}


@pytest.fixture
def on_the_wire(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> tuple[int, list[Claimed]]:
    """A campaign to three citizens, one of whose messages is out already, and two on the wire."""
    with sessions.begin() as db:
        for n in range(3):
            live(db, f"c{n}")
    number = publish()
    run(service)
    send_due(sessions, clock(), limit=1)
    return number, leave(sessions, clock())


def test_what_was_on_the_wire_at_a_cancel_and_did_not_arrive_is_not_tried_again(
    service: Service, sessions: Sessions, on_the_wire: tuple[int, list[Claimed]], clock: Clock
) -> None:
    number, (arrives, times_out) = on_the_wire

    second_does(sessions, status.cancel, number, now=clock())
    assert figures(sessions, number)[1] == {}  # it may arrive
    land(sessions, clock(), [arrives], Sent("2"))
    land(sessions, clock(), [times_out], Unavailable("TimedOut"))
    clock.turn(minutes=10)
    run(service)

    assert send_due(sessions, clock()) == []
    with sessions.begin() as db:
        leases.expire(db)
    counted, because = figures(sessions, number)
    assert (counted["sent"], counted["skipped"], counted["queued"]) == (2, 1, 0)
    assert because == {"cancelled": 1}


def test_a_correction_reaches_whoever_the_mistake_was_on_its_way_to(
    service: Service, sessions: Sessions, on_the_wire: tuple[int, list[Claimed]], clock: Clock
) -> None:
    number, wire = on_the_wire
    with sessions.begin() as db:
        wrong, by = campaign(db, number), second_officer(db)
        made = store.correct(
            db, wrong, {"a": {"zh": {"text": "更正"}}}, title="更正", by=by, now=clock()
        ).id
    land(sessions, clock(), wire, Unavailable("TimedOut"))
    with sessions.begin() as db:
        leases.expire(db)
    clock.turn(minutes=10)
    run(service)

    with sessions.begin() as db:
        assert store.sample_audience(db, campaign(db, made), at=clock())[0] == 3


def test_what_was_on_the_wire_at_a_pause_and_comes_back_is_held_until_it_goes_on(
    service: Service, sessions: Sessions, on_the_wire: tuple[int, list[Claimed]], clock: Clock
) -> None:
    number, (arrives, must_wait) = on_the_wire

    second_does(sessions, status.pause, number, now=clock())
    run(service, times=1)
    land(sessions, clock(), [arrives], Sent("2"))
    land(sessions, clock(), [must_wait], Unavailable("flood", wait=timedelta(seconds=30)))
    run(service, times=1)
    clock.turn(minutes=1)
    assert send_due(sessions, clock()) == []
    second_does(sessions, status.resume, number, home="Asia/Shanghai", now=clock())
    run(service, times=1)

    assert send_due(sessions, clock()) == [must_wait.recipient]
    assert figures(sessions, number)[0]["sent"] == 3


def test_what_comes_back_after_a_campaign_goes_on_is_tried_again(
    service: Service, sessions: Sessions, on_the_wire: tuple[int, list[Claimed]], clock: Clock
) -> None:
    number, wire = on_the_wire

    second_does(sessions, status.pause, number, now=clock())
    second_does(sessions, status.resume, number, home="Asia/Shanghai", now=clock())
    land(sessions, clock(), wire, Unavailable("TimedOut"))
    run(service)
    clock.turn(minutes=1)

    assert len(send_due(sessions, clock())) == 2


def stored(sessions: Sessions) -> list[tuple[str, str]]:
    """Recipient and status of every message, in the order in which they leave."""
    with sessions() as db:
        rows = db.execute(text("SELECT recipient, status FROM outbox_message ORDER BY due_at, id"))
        return [(str(recipient), str(status)) for recipient, status in rows]


@pytest.fixture
def many(
    service: Service, sessions: Sessions, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> int:
    """A campaign to eight citizens, where three are as many as one transaction moves."""
    monkeypatch.setattr(queue, "BATCH", 3)
    with sessions.begin() as db:
        for n in range(8):
            live(db, f"c{n}")
    number = publish()
    run(service)
    return number


def test_a_pause_holds_at_once_what_leaves_next_and_the_clock_holds_the_rest(
    service: Service, sessions: Sessions, many: int, clock: Clock
) -> None:
    second_does(sessions, status.pause, many, now=clock())
    assert [each for _, each in stored(sessions)] == ["held"] * 3 + ["waiting"] * 5

    run(service, times=1)
    assert [each for _, each in stored(sessions)] == ["held"] * 8
    assert send_due(sessions, clock()) == []

    second_does(sessions, status.resume, many, home="Asia/Shanghai", now=clock())
    assert len(send_due(sessions, clock(), limit=3)) == 3
    run(service, times=1)
    assert len(send_due(sessions, clock())) == 5
    with sessions.begin() as db:
        assert account.count(db, campaign(db, many))["sent"] == 8


def test_a_pause_that_is_overtaken_by_a_resumption_holds_nobody_back(
    service: Service, sessions: Sessions, many: int, clock: Clock
) -> None:
    second_does(sessions, status.pause, many, now=clock())
    second_does(sessions, status.resume, many, home="Asia/Shanghai", now=clock())

    run(service, times=1)

    assert len(send_due(sessions, clock())) == 8


def test_what_a_cancel_drops_is_counted_and_none_of_it_leaves(
    service: Service, sessions: Sessions, many: int, clock: Clock
) -> None:
    send_due(sessions, clock(), limit=2)
    second_does(sessions, status.pause, many, now=clock())
    second_does(sessions, status.cancel, many, now=clock())

    run(service, times=1)
    clock.turn(hours=1)

    assert send_due(sessions, clock()) == []
    counted, because = figures(sessions, many)
    assert (counted["sent"], counted["skipped"], counted["queued"]) == (2, 6, 0)
    assert because == {"cancelled": 6}


def test_what_is_being_dropped_never_leaves_though_the_campaign_is_approved_anew(
    service: Service, sessions: Sessions, many: int, clock: Clock
) -> None:
    with sessions.begin() as db:
        found, author = campaign(db, many), officers.find(db, telegram_id=AUTHOR)
        assert author
        store.reword(db, found, {"a": {"zh": {"text": "改过的"}}}, by=author, now=clock())
        status.submit(db, found, by=author, now=clock())
        status.approve(db, found, by=second_officer(db), now=clock())
    clock.turn(minutes=1)
    with sessions.begin() as db:
        found = campaign(db, many)
        status.move(db, found, Status.SCHEDULED, by=None, now=clock())
        status.pause(db, found, by=second_officer(db), now=clock())
        by = second_officer(db)
        status.resume(db, found, by=by, home="Asia/Shanghai", now=clock())

    run(service, times=1)

    assert [each for _, each in stored(sessions)] == ["expired"] * 8


def test_a_batch_does_not_wait_for_somebody_who_is_stopping_the_campaign(
    service: Service, sessions: Sessions, publish: Publish
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    number = publish(at=service.clock())
    with sessions.begin() as db:
        found = campaign(db, number)
        status.move(db, found, Status.SCHEDULED, by=None, now=service.clock())
        status.move(db, found, Status.SENDING, by=None, now=service.clock())
        store.begin(db, found, at=service.clock(), missed=False, now=service.clock())

    with sessions() as stopping, sessions() as db:
        stopping.get(Campaign, number, with_for_update={"of": Campaign})
        assert store.lock_queueing(db) is None
    with sessions() as db:
        assert store.lock_queueing(db)


@pytest.mark.parametrize("ended", sorted(status.ENDED))
def test_a_mistake_is_corrected_however_the_campaign_ended(
    sessions: Sessions, publish: Publish, clock: Clock, ended: Status
) -> None:
    number = publish()
    with sessions.begin() as db:
        campaign(db, number).status = ended

    with sessions.begin() as db:
        made = store.correct(
            db,
            campaign(db, number),
            {"a": {"zh": {"text": "更正"}}},
            title="更正",
            by=second_officer(db),
            now=clock(),
        )

    assert (made.corrects_id, made.status) == (number, "draft")
    with sessions() as db:
        assert campaign(db, number).status == ended


def test_a_paused_campaign_sends_nothing_until_it_is_resumed(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    number = publish()
    run(service)

    second_does(sessions, status.pause, number, now=clock())
    clock.turn(hours=1)
    assert send_due(sessions, clock()) == []
    second_does(sessions, status.resume, number, home="Asia/Shanghai", now=clock())

    assert send_due(sessions, clock()) == ["c"]


def test_who_was_sent_something_before_a_pause_of_weeks_is_not_busy_ever_after(
    service: Service,
    sessions: Sessions,
    publish: Publish,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "BATCH", 3)
    monkeypatch.setattr(campaigns, "BUSY", -1.0)  # one batch a tick
    with sessions.begin() as db:
        for n in range(3):
            live(db, f"c{n}")
    number = publish()
    run(service, times=2)  # the last of them is still to be queued
    assert sorted(send_due(sessions, clock())) == ["c0", "c1"]
    second_does(sessions, status.pause, number, now=clock())
    clock.turn(minutes=1)
    run(service, times=1)
    clock.turn(days=8)
    schedule.tidy(service)

    second_does(sessions, status.resume, number, home="Asia/Shanghai", now=clock())
    run(service)
    assert figures(sessions, number)[0]["sent"] == 2
    publish(title="下一个")
    run(service, times=9)

    assert sorted(send_due(sessions, clock())) == ["c0", "c1", "c2", "resting"]


def test_a_correction_reaches_whoever_has_the_mistake_before_any_tip(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        for n in range(4):
            live(db, f"c{n}", district="江岸")
        live(db, "never-had-it")
    number = publish(audience=Audience(districts=("江岸",)))
    run(service)
    send_due(sessions, clock(), limit=2)
    with sessions.begin() as db:
        wrong = campaign(db, number)
        made = store.correct(
            db, wrong, {"a": {"zh": {"text": "更正"}}}, title="更正", by=wrong.author, now=clock()
        )
        status.submit(db, made, by=wrong.author, now=clock())
        status.approve(db, made, by=second_officer(db), now=clock())

    run(service)

    assert sorted(send_due(sessions, clock())) == ["c0", "c1", "c2", "c3"]
    with sessions.begin() as db:
        assert account.count(db, campaign(db, number))["sent"] == 2


def test_content_that_changed_after_approval_does_not_go_out(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    number = publish()
    with sessions.begin() as db:
        db.execute(
            text("UPDATE campaign SET variants = jsonb_set(variants, '{a,zh,text}', '\"请转账\"')")
        )

    run(service)

    assert waiting(sessions) == []
    with sessions() as db:
        assert campaign(db, number).status == "draft"
        events = db.scalars(text("SELECT event FROM audit_entry ORDER BY id DESC LIMIT 2")).all()
    assert "campaign.content_changed" in events


def test_content_that_changes_while_it_is_being_sent_stops_the_rest(
    service: Service,
    sessions: Sessions,
    publish: Publish,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "BATCH", 2)
    monkeypatch.setattr(campaigns, "BUSY", 0)
    with sessions.begin() as db:
        for n in range(10):
            live(db, f"c{n}")
    number = publish()
    campaigns.tick(service)
    with sessions.begin() as db:
        db.execute(text("UPDATE campaign SET title = 'another'"))

    run(service, 5)

    with sessions.begin() as db:
        counted = account.count(db, campaign(db, number))
    assert counted["queued"] == 0
    assert counted["skipped"] == counted["audience"] < 10


def test_what_nobody_sent_in_time_expires(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "c", channel="terminal")
    number = publish()
    run(service)

    clock.turn(days=3)
    run(service)

    with sessions.begin() as db:
        assert account.count(db, campaign(db, number))["expired"] == 1
        assert campaign(db, number).status == "done"


def test_a_campaign_past_its_expiry_sends_nothing_more(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    number = publish(expires_at=clock() + timedelta(hours=1))
    run(service)

    clock.turn(hours=2)
    run(service)

    assert send_due(sessions, clock()) == []
    with sessions.begin() as db:
        assert campaign(db, number).status == "expired"
        assert account.count(db, campaign(db, number))["expired"] == 1


@pytest.mark.parametrize(
    ("catch_up", "reached"), [(CatchUp.ONCE, ["c"]), (CatchUp.SKIP, [])], ids=["once", "skip"]
)
def test_times_missed_while_the_service_was_down_follow_the_policy(
    service: Service,
    sessions: Sessions,
    publish: Publish,
    clock: Clock,
    catch_up: CatchUp,
    reached: list[str],
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    publish(cron="0 9 * * *", catch_up=catch_up)
    run(service)

    clock.turn(days=3)  # 15:30, three nines later
    run(service)

    assert [who for who, _ in waiting(sessions)] == reached
    with sessions() as db:
        states = db.scalars(text("SELECT state FROM occurrence ORDER BY at")).all()
    assert len(states) == 3
    assert states[:2] == ["missed", "missed"]


def test_any_number_of_clocks_make_one_occurrence_and_one_message_each(
    service: Service, sessions: Sessions, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "BATCH", 7)
    with sessions.begin() as db:
        for n in range(100):
            live(db, f"c{n:03}")
    number = publish()

    threads = [Thread(target=run, args=(service, 4)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(waiting(sessions)) == 100
    with sessions.begin() as db:
        assert account.count(db, campaign(db, number))["queued"] == 100
        assert db.scalar(text("SELECT count(*) FROM occurrence")) == 1


def test_whoever_comes_while_it_is_being_queued_is_not_part_of_it(
    service: Service,
    sessions: Sessions,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "BATCH", 2)
    monkeypatch.setattr(campaigns, "BUSY", 0)
    with sessions.begin() as db:
        for n in range(5):
            live(db, f"c{n}")
    publish()
    campaigns.tick(service)
    with sessions.begin() as db:
        live(db, "newcomer")

    run(service, 5)

    assert [who for who, _ in waiting(sessions)] == [f"c{n}" for n in range(5)]


def test_an_hour_that_clocks_skip_and_one_they_repeat_each_give_one_occurrence(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    new_york = ZoneInfo("America/New_York")
    object.__setattr__(service, "region", _in_zone(service, new_york))
    clock.time = datetime(2026, 10, 31, 12, tzinfo=new_york).astimezone(UTC)
    publish(cron="30 1 * * *")
    run(service)

    for _ in range(48):
        clock.turn(minutes=30)
        run(service, 1)

    with sessions() as db:
        times = db.scalars(text("SELECT at FROM occurrence ORDER BY at")).all()
    assert [t.astimezone(new_york).isoformat() for t in times] == ["2026-11-01T01:30:00-04:00"]


def _in_zone(service: Service, zone: ZoneInfo) -> object:
    return replace(service.region, timezone=zone)


def test_the_distance_is_a_setting(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    own = replace(service, settings=service.settings.model_copy(update={"bulk_gap": 2}))
    with sessions.begin() as db:
        live(db, "c")
    publish()
    run(own)
    send_due(sessions, clock())
    sent = clock()
    publish(title="second")

    run(own)

    assert waiting(sessions) == [("c", sent + timedelta(hours=2))]


@pytest.mark.parametrize(
    ("dates", "sent"),
    [
        ({"season": "01-01..12-31"}, ["c"]),
        ({"since": "2999-01-01"}, []),
        ({"until": "2000-01-01"}, []),
    ],
)
def test_a_piece_goes_out_within_its_dates_alone(
    service: Service,
    sessions: Sessions,
    publish: Publish,
    clock: Clock,
    dates: dict[str, str],
    sent: list[str],
) -> None:
    with sessions.begin() as db:
        live(db, "c")
    publish(variants={"a": {"zh": {"text": "先交钱的贷款都是骗局", **dates}}})

    run(service)

    assert send_due(sessions, clock()) == sent


def test_the_preview_says_who_is_left_out_and_why(
    sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    number = publish()
    with sessions.begin() as db:
        wanted = campaign(db, number)
        reached, _ = store.sample_audience(db, wanted, at=clock())
        before = Counter(store.left_out(db, wanted, at=clock()))
        live(db, "p1")
        live(db, "p2", tips=False)
        live(db, "p3", paused_until=clock() + timedelta(days=1))
        live(db, "p4", blocked_at=clock())
        live(db, "p5", language="en", language_chosen=True)
        db.flush()

        assert store.sample_audience(db, wanted, at=clock())[0] == reached + 1
        now_left = Counter(store.left_out(db, wanted, at=clock()))

    assert now_left - before == {"blocked": 1, "off": 1, "paused": 1, "language": 1}


def test_who_leaves_while_it_waits_is_skipped_and_it_says_why(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "left-now")
        live(db, "stays")
    number = publish()
    run(service)
    with sessions.begin() as db:
        citizen = db.scalars(select(Citizen).where(Citizen.address == "left-now")).one()
        personal.stop(db, citizen, now=clock())

    assert send_due(sessions, clock()) == ["stays"]
    clock.turn(seconds=10)
    run(service)

    counted, because = figures(sessions, number)
    assert (counted["audience"], counted["sent"], counted["skipped"]) == (2, 1, 1)
    assert because == {"left": 1}


def test_whoever_is_forgotten_while_a_batch_is_written_is_sent_nothing_of_it(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "goes")
        live(db, "stays")
    number = publish(at=clock())
    with sessions.begin() as db:
        found = campaign(db, number)
        status.move(db, found, Status.SCHEDULED, by=None, now=clock())
        status.move(db, found, Status.SENDING, by=None, now=clock())
        store.begin(db, found, at=clock(), missed=False, now=clock())

    def go() -> None:
        with sessions.begin() as db:
            citizen = citizens.find(db, channel="telegram", address="goes")
            assert citizen
            forget(db, citizen, now=clock())

    going = Thread(target=go)
    with sessions.begin() as db:
        occurrence = store.lock_queueing(db)
        assert occurrence
        said = wording.wording(occurrence.campaign, service.region, occurrence_id=occurrence.id)
        queue.batch(db, occurrence, said, home="Asia/Shanghai", now=clock())
        going.start()
        going.join(0.3)  # long enough to have looked
    going.join()

    assert [who for who, _ in stored(sessions)] == ["stays"]
    run(service)
    assert figures(sessions, number)[1] == {"forgotten": 1}


def test_who_leaves_while_it_is_on_the_wire_gets_it_no_more_if_it_did_not_arrive(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        live(db, "leaves")
        live(db, "stays")
    number = publish()
    run(service)
    wire = leave(sessions, clock())
    with sessions.begin() as db:
        citizen = db.scalars(select(Citizen).where(Citizen.address == "leaves")).one()
        personal.stop(db, citizen, now=clock())

    land(sessions, clock(), wire, Unavailable("TimedOut"))
    clock.turn(minutes=1)

    assert send_due(sessions, clock()) == ["stays"]
    with sessions.begin() as db:
        leases.expire(db)
    counted, _ = figures(sessions, number)
    assert (counted["sent"], counted["expired"], counted["queued"]) == (1, 1, 0)


def test_the_sums_of_what_is_over_are_kept_when_a_recipient_is_forgotten(
    service: Service, sessions: Sessions, publish: Publish, clock: Clock
) -> None:
    with sessions.begin() as db:
        for who in PEOPLE:
            live(db, who)
    number = publish(cron="0 9 * * 1", control=0.5)
    run(service)
    for _ in range(2):  # two weeks, each with sums of its own
        clock.turn(days=7)
        run(service)
        send_due(sessions, clock())
        clock.turn(seconds=10)
        run(service)
    before = figures(sessions, number)
    assert before[0]["audience"] == 2 * len((*PEOPLE, "resting"))  # only for six days
    with sessions.begin() as db:
        assert {each.state for each in db.scalars(select(Occurrence))} == {"over"}
        citizen = db.scalars(select(Citizen).where(Citizen.address == "c1")).one()
        forget(db, citizen, now=clock())

    assert figures(sessions, number) == before
