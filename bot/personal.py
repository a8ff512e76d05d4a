"""Answers that need what a citizen told us: profile, tips, guardian, quiz, answers to warnings.

The pure flow names the wish; this reads and writes in the same transaction and words the answer.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from actions.campaigns import content, quiz
from actions.citizens.models import Citizen
from actions.guardians import store as guardians
from actions.outbox import store as outbox
from actions.outbox.models import Lane
from actions.profiles import store as profiles
from actions.profiles.models import Profile
from actions.reports import store as reports
from actions.triage.judgement import Judgement, ScamType, Stage, Verdict
from actions.warnings import store as warnings
from bot import relatives, texts
from bot.campaigns import tips, wording
from bot.campaigns.wording import SIDES, fill
from bot.conversation import messages
from bot.conversation.advice import GRAVE
from bot.conversation.personal import ANOTHER, MOST_TIPS, tip_number
from bot.conversation.turn import BLANK, Choice, Line, Personal, Prompt
from bot.regions import Region

FIELDS = ("district", "age", "occupation", "topics", "language", "quiet", "zone")
QUIET = {
    "none": None,
    "22_7": (1320, 420),
    "21_8": (1260, 480),
    "23_6": (1380, 360),
    "13_15": (780, 900),
}
ZONES = {
    "home": None,
    "singapore": "Asia/Singapore",
    "tokyo": "Asia/Tokyo",
    "london": "Europe/London",
    "paris": "Europe/Paris",
    "newyork": "America/New_York",
    "losangeles": "America/Los_Angeles",
    "sydney": "Australia/Sydney",
}
MET_LATELY = timedelta(days=90)
TIPS = tuple(Choice("tips", value, f"tips.choice.{value}") for value in ("on", "pause", "off"))


def do(
    db: Session, citizen: Citizen, wish: Personal, *, region: Region, now: datetime
) -> list[Prompt]:
    """Do what the citizen wishes and return what to say."""
    match wish.topic:
        case "profile":
            return _profile(db, citizen, wish.value, region)
        case "mydata":
            return [_shown(db, citizen, region, now)]
        case "tips":
            return [_tips(db, citizen, wish.value, region, now)]
        case "phone":
            return [_phone(db, citizen, wish.value, region)]
        case "guardian":
            return [relatives.guardian(db, citizen, wish.value, region, now)]
        case "quiz":
            return [_quiz(db, citizen, wish.value, region, now)]
        case "warning" | "checkin":
            _note(db, citizen, wish.topic, wish.value.partition("_")[0], now)
    return []


# -- profile --------------------------------------------------------------------------------


def _profile(db: Session, citizen: Citizen, value: str, region: Region) -> list[Prompt]:
    if not value:
        return [Prompt((Line("profile.open"),)), _ask(db, citizen, FIELDS[0], region)]
    name, _, chosen = value.partition("_")
    if name not in FIELDS:
        return [messages.simple("button.old", messages.CHECK)]
    if name == "language" and chosen in texts.LANGUAGES:
        citizen.language, citizen.language_chosen = chosen, True
    elif chosen != "skip" and not _set(
        profiles.get(db, citizen_id=citizen.id), name, chosen, region
    ):
        return [messages.simple("button.old", messages.CHECK)]
    if name == "topics" and chosen not in ("skip", "done", "all"):
        return [_ask(db, citizen, name, region)]
    following = FIELDS[FIELDS.index(name) + 1 :]
    if following:
        return [_ask(db, citizen, following[0], region)]
    return [Prompt((Line("profile.done"),), TIPS)]


def _set(profile: Profile, name: str, chosen: str, region: Region) -> bool:
    match name:
        case "district":
            districts = list(region.districts)
            if not (chosen.isdecimal() and int(chosen) < len(districts)):
                return False
            profile.district = districts[int(chosen)]
        case "age" if chosen in content.AGES:
            profile.age = chosen
        case "occupation" if chosen in content.OCCUPATIONS:
            profile.occupation = chosen
        case "topics" if chosen == "all":
            profile.topics = [each.value for each in ScamType]
        case "topics" if chosen in set(ScamType):
            kept = set(profile.topics) ^ {chosen}
            profile.topics = [each.value for each in ScamType if each in kept]
        case "topics" if chosen == "done":
            pass
        case "quiet" if chosen in QUIET:
            profile.quiet_from, profile.quiet_to = QUIET[chosen] or (None, None)
        case "zone" if chosen in ZONES:
            profile.timezone = ZONES[chosen]
        case _:
            return False
    return True


def _ask(db: Session, citizen: Citizen, name: str, region: Region) -> Prompt:
    options: list[tuple[str, str]]
    match name:
        case "district":
            language = citizen.language or region.languages[0]
            shown = [region.district_name(each, language) for each in region.districts]
            options = [(str(n), each) for n, each in enumerate(shown)]
        case "age":
            options = [(each, f"profile.age.{each}") for each in content.AGES]
        case "occupation":
            options = [(each, f"profile.occupation.{each}") for each in content.OCCUPATIONS]
        case "topics":
            profile = profiles.find(db, citizen_id=citizen.id)
            chosen = set(profile.topics) if profile else set()
            left = [each for each in ScamType if each not in chosen]
            options = [("done", "profile.topics.done"), ("all", "profile.topics.all")]
            options += [(each.value, f"type.{each}") for each in left]
        case "language":
            options = [(each, f"language.choice.{each}") for each in texts.LANGUAGES]
        case "quiet":
            options = [(each, f"profile.quiet.{each}") for each in QUIET]
        case _:
            options = [(each, f"profile.zone.{each}") for each in ZONES]
    choices = [Choice("profile", f"{name}_{value}", label) for value, label in options]
    choices.append(Choice("profile", f"{name}_skip", "profile.skip"))
    return Prompt((Line(f"profile.{name}.ask"),), tuple(choices))


def _shown(db: Session, citizen: Citizen, region: Region, now: datetime) -> Prompt:
    profile = profiles.find(db, citizen_id=citizen.id) or Profile(topics=[], tips=True)
    language = citizen.language or region.languages[0]

    def say(key: str) -> str:
        return texts.say(key, language, region)

    district = profile.district and region.district_name(profile.district, language)
    topics = "、" if language == "zh" else ", "
    quiet = "—"
    if profile.quiet_from is not None and profile.quiet_to is not None:
        quiet = f"{_clock(profile.quiet_from)}–{_clock(profile.quiet_to)}"
    links = guardians.list_both(db, citizen_id=citizen.id)
    facts = {
        "account": citizen.address,
        "district": district or "—",
        "age": f"profile.age.{profile.age}" if profile.age else "—",
        "occupation": f"profile.occupation.{profile.occupation}" if profile.occupation else "—",
        "topics": topics.join(say(f"type.{each}") for each in profile.topics) or "—",
        "spoken": f"language.choice.{language}",
        "quiet": quiet,
        "zone": profile.timezone or str(region.timezone),
        "phone": "profile.kept" if profile.phone_sha256 else "—",
        "tips": _tips_state(profile, now),
        "guardians": str(len(links)),
    }
    return Prompt(
        (Line("mydata.open"), Line("mydata.profile", facts), BLANK, Line("mydata.more")),
        TIPS,
    )


def _tips_state(profile: Profile, now: datetime) -> str:
    if not profile.tips:
        return "tips.state.off"
    if profile.paused_until and profile.paused_until > now:
        return "tips.state.pause"
    return "tips.state.on"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _tips(db: Session, citizen: Citizen, value: str, region: Region, now: datetime) -> Prompt:
    if value == "pause":
        until = profiles.tips_pause(db, citizen_id=citizen.id, now=now)
        drop(db, citizen, Lane.BULK, now)
        return Prompt((Line("tips.paused", {"day": str(region.day(until))}),))
    if value.startswith(ANOTHER):
        return _tip(db, citizen, tip_number(value) or 0, region, now)
    if value == "off":
        profiles.tips_off(db, citizen_id=citizen.id, now=now)
        drop(db, citizen, Lane.BULK, now)
        return Prompt((Line("tips.off"),))
    profiles.tips_on(db, citizen_id=citizen.id)
    return Prompt((Line("tips.on"),))


def _tip(db: Session, citizen: Citizen, number: int, region: Region, now: datetime) -> Prompt:
    """Give a piece of content that fits; with one of its pair to judge, if it has one."""
    profile = profiles.find(db, citizen_id=citizen.id) or Profile(topics=[])
    piece = tips.choose(
        tips.shelf().values(),
        tips.About(
            reports.last_type(db, citizen_id=citizen.id, since=now - MET_LATELY),
            frozenset(map(str, profile.topics)),
            profile.age,
            profile.occupation,
            profile.district,
        ),
        day=region.day(now),
        nth=number,
    )
    if piece is None:
        return messages.simple("tip")
    language = citizen.language or region.languages[0]
    words = wording.words_of(piece)[language]
    lines, choices = [], []
    if piece.has_pair:
        side = random.choice(SIDES)  # noqa: S311  which of a pair, no secret
        shown = fill(words[side], language, region)
        lines = [BLANK, Line("campaign.pair", {"message": shown})]
        choices = [
            Choice("quiz", f"{piece.name}.{side}_{said}", f"quiz.choice.{said}") for said in SIDES
        ]
        rest = texts.say("campaign.pair", language, region, message=shown)
    else:
        rest = ""
    said = "\n\n".join(wording.lead(words, language, region, [rest]))
    about = wording.About(piece.kind, piece.type)
    drawn = wording.poster_of(words, language, region, about)
    return Prompt(
        (Line("tips.words", {"words": said}), *lines),
        (*choices, Choice("tips", f"{ANOTHER}{(number + 1) % MOST_TIPS}", "tips.more")),
        drawn.to_json() if drawn else None,
    )


def stop(db: Session, citizen: Citizen, *, now: datetime) -> None:
    """End everything that they did not ask for, at once: tips, warnings, check-ins."""
    profiles.leave(db, citizen_id=citizen.id, now=now)
    drop(db, citizen, Lane.BULK, now)
    drop(db, citizen, Lane.WARNING, now)
    warnings.forget_check_ins(db, citizen_id=citizen.id)


def drop(db: Session, citizen: Citizen, lane: Lane, now: datetime) -> None:
    """Take back what still waits for this citizen in this lane."""
    outbox.drop_pending(db, channel=citizen.channel, recipient=citizen.address, lane=lane, now=now)


def _phone(db: Session, citizen: Citizen, value: str, region: Region) -> Prompt:
    if not value:
        return Prompt((Line("phone.how"),))
    hashed = profiles.phone_sha256(value, country=region.country)
    if hashed is None:
        return Prompt((Line("phone.bad"),))
    profiles.get(db, citizen_id=citizen.id).phone_sha256 = hashed
    return Prompt((Line("phone.done"),))


# -- quiz and warnings ----------------------------------------------------------------------


def _quiz(db: Session, citizen: Citizen, value: str, region: Region, now: datetime) -> Prompt:
    number, _, said = value.partition("_")
    name, _, side = number.partition(".")
    piece = tips.shelf().get(name)
    if piece and piece.has_pair and side in SIDES and said in SIDES:
        return _told(
            piece.words[citizen.language or region.languages[0]], side, said, citizen, region
        )
    if not number.isdecimal() or len(number) > 18 or said not in SIDES:
        return messages.simple("button.old", messages.CHECK)
    found = quiz.answer(db, citizen_id=citizen.id, occurrence_id=int(number), said=said, now=now)
    if found is None:
        return messages.simple("button.old", messages.CHECK)
    delivery, campaign = found
    language = citizen.language or region.languages[0]
    words = campaign.variants[delivery.variant]
    assert isinstance(words, dict)  # noqa: S101  as stored by a draft
    parts = words.get(language) or next(iter(words.values()))
    assert delivery.side  # noqa: S101  by answer()
    return _told(parts, delivery.side, said, citizen, region)


def _told(
    parts: Mapping[str, str], side: str, said: str, citizen: Citizen, region: Region
) -> Prompt:
    """Say whether they were right, why, and what the other of the pair looks like."""
    language = citizen.language or region.languages[0]
    right = said == side
    other = fill(parts["real" if side == "scam" else "scam"], language, region)
    return Prompt(
        (
            Line(f"quiz.{'right' if right else 'wrong'}", {"truth": f"quiz.truth.{side}"}),
            BLANK,
            Line("quiz.why", {"why": fill(parts["why"], language, region)}),
            BLANK,
            Line(f"quiz.other.{side}", {"message": other}),
        )
    )


def follow_up(db: Session, citizen: Citizen, judgement: Judgement, *, now: datetime) -> bool:
    """Ask tomorrow whether they came back; True when relatives may be to hear of a scam."""
    if judgement.verdict not in GRAVE or judgement.stage == Stage.QUERY or not judgement.type:
        return False
    warnings.plan_check_in(db, citizen_id=citizen.id, type=judgement.type, now=now)
    # What is escalated is an alarm of its own.
    return judgement.verdict == Verdict.SCAM and not judgement.escalate


def _note(db: Session, citizen: Citizen, topic: str, said: str, now: datetime) -> None:
    if topic == "checkin":
        asked = warnings.find_check_in(db, citizen_id=citizen.id)
        if asked is not None:
            asked.answer, asked.answered_at = said, now
        return
    warning = warnings.find_open(db, citizen_id=citizen.id)
    if warning is not None:
        warnings.answer(db, warning, said, now=now)
