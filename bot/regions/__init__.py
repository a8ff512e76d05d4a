"""Region packs: what differs from city to city, as data. One file a city."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import yaml

from actions.cases import policy
from actions.cases.policy import Policy

_NO_OFFICE = r"(?!的?\s*(?:公安|分局|派出所|警|民警|刑警|反诈|法院|检察|police|court|procurat))"


@dataclass(frozen=True, slots=True)
class Region:
    """The facts of one city that texts, triage and schedules need."""

    name: str
    country: str  # ISO 3166, whose national phone numbers are meant
    timezone: ZoneInfo
    languages: tuple[str, ...]  # the first is what officers read
    facts: Mapping[str, Mapping[str, str]]  # by language: city, force, police, hotline
    banks: Mapping[str, str]  # name to the hotline printed on its cards
    districts: Mapping[str, str]  # name to its English name
    escalation: Policy = policy.USUAL  # who is alerted to a case, after how long, then whom

    def day(self, when: datetime) -> date:
        """Return the day that it is in the region at this moment."""
        return when.astimezone(self.timezone).date()

    def district_name(self, district: str, language: str) -> str:
        """Return what a district is called in this language."""
        return district if language == "zh" else self.districts.get(district, district)

    def district_in(self, text: str) -> str | None:
        """Return the district that a text names, or None: "洪山区", "Hongshan district".

        Not whose police or court somebody claims to be: "洪山区公安局打来的".
        """
        for name, english in self.districts.items():
            local = name if len(name) > 2 and not name.isascii() else f"{name}区"
            if re.search(f"{re.escape(local)}{_NO_OFFICE}", text) or re.search(
                rf"{re.escape(english)} district{_NO_OFFICE}", text, re.IGNORECASE
            ):
                return name
        return None


@cache
def names() -> tuple[str, ...]:
    """Return the names of all region packs."""
    return tuple(
        sorted(
            each.name.removesuffix(".yml")
            for each in resources.files(__name__).iterdir()
            if each.name.endswith(".yml")
        )
    )


@cache
def load(name: str) -> Region:
    """Return the region pack of this name."""
    pack = yaml.safe_load((resources.files(__name__) / f"{name}.yml").read_text("utf-8"))
    return Region(
        name=name,
        country=pack["country"],
        timezone=ZoneInfo(pack["timezone"]),
        languages=tuple(pack["languages"]),
        facts=pack["facts"],
        banks=pack["banks"],
        districts=pack["districts"],
        escalation=policy.read(pack["escalation"]),
    )
