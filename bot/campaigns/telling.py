"""When a campaign goes out and whom it is for, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from actions.campaigns.models import Campaign
from bot import texts
from bot.campaigns import times
from bot.regions import Region

NAMED = {
    "topics": "type.",
    "ages": "profile.age.",
    "occupations": "profile.occupation.",
    "languages": "language.choice.",
}


def when(campaign: Campaign, language: str, region: Region, *, now: datetime) -> str:
    """Say when it goes out, and when next."""
    say = _in(language, region)
    if campaign.cron:
        coming = times.following(campaign.cron, now, region.timezone)
        return say(
            "console.campaigns.again",
            rhythm=rhythm(campaign.cron, language, region),
            next=coming.astimezone(region.timezone).strftime("%m-%d %H:%M") if coming else "—",
        )
    if campaign.at:
        return campaign.at.astimezone(region.timezone).strftime("%Y-%m-%d %H:%M")
    return say("console.campaigns.when.now")


def rhythm(cron: str, language: str, region: Region) -> str:
    """Say a cron line in words, if it is one of those that our forms make."""
    say = _in(language, region)
    minute, hour, day, month, weekday = cron.split()
    if month == "*" and minute.isdecimal() and hour.isdecimal():
        clock = f"{int(hour):02}:{int(minute):02}"
        if weekday.isdecimal() and int(weekday) < 8:
            weekday = times.DAYS[int(weekday) % 7]
        if day == "*" and weekday == "*":
            return f"{say('console.campaigns.when.daily')} {clock}"
        if day == "*" and weekday in times.DAYS:
            return f"{say(f'console.campaigns.weekday.{weekday}')} {clock}"
        if weekday == "*" and day.isdecimal():
            return f"{say('console.campaigns.each_month', day=day)} {clock}"
    return cron


def audience(campaign: Campaign, language: str, region: Region) -> str:
    """Say whom it is for."""
    say, known = _in(language, region), texts.catalogue(language)
    said = []
    for name, values in campaign.audience.items():
        assert isinstance(values, list)  # noqa: S101  as stored by a draft
        for each in values:
            if name == "districts":
                each = region.district_name(each, language)
            key = NAMED.get(name, "") + each
            said.append(say(key) if key in known else str(each))
    return " · ".join(said) or say("console.campaigns.everybody")


def _in(language: str, region: Region) -> Callable[..., str]:
    def say(key: str, **params: str) -> str:
        return texts.say(key, language, region, **params)

    return say
