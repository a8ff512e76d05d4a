"""Turn what is known into pages: templates, texts in the officer's language, times and money."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from actions.cases import amounts, search
from actions.cases.access import EVERYWHERE
from actions.officers.models import DESK, Officer, Role
from bot import texts
from bot.console.asking import Ask
from bot.console.refusals import Why
from bot.regions import Region
from bot.wiring import Service

ANYBODY = frozenset(Role)
WATCH = EVERYWHERE  # whoever sees every district plans shifts and reads the audit log


@dataclass(frozen=True, slots=True)
class Nav:
    """An entry of the navigation: its text key is `console.nav.<name>`."""

    name: str
    path: str
    roles: frozenset[Role] = DESK


@cache
def templates() -> Environment:
    """Return the templates; a name that a template does not get is an error, not a blank."""
    made = Environment(
        loader=PackageLoader("bot.console"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["money"] = amounts.show
    made.filters["version"] = version
    made.globals["asset"] = asset
    return made


def version(*parts: object) -> str:
    """Return a short mark that differs when any of these do."""
    told = json.dumps(parts, default=str, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


@cache
def asset(name: str) -> str:
    """Return the address of a static file; it changes with the file's content."""
    content = (resources.files("bot.console") / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:10]}"


def chart(
    names: Iterable[str], series: Iterable[tuple[str, Sequence[float | None], str]], **how: object
) -> str:
    """Return what a page draws: a name, numbers and a colour for each row of bars."""
    told = {
        "names": list(names),
        "series": [
            {"name": name, "data": list(data), "colour": colour} for name, data, colour in series
        ],
        **how,
    }
    return json.dumps(told, ensure_ascii=False)


def nav(officer: Officer) -> list[Nav]:
    """Return the pages this officer may open."""
    from bot.console.pages import NAV

    return [each for each in NAV if officer.may(each.roles)]


def home(officer: Officer) -> str:
    """Return the first page this officer may open."""
    entries = nav(officer)
    return entries[0].path if entries else "/sign-in"


def show(ask: Ask, template: str, *, here: str = "", code: int = 200, **named: Any) -> Response:
    """Return a page, or a part of one, in the officer's language."""
    waiting = search.count_waiting(ask.db, ask.officer)
    page = render(ask, template, here=here, waiting=waiting, **named)
    return HTMLResponse(page, status_code=code, headers={"x-waiting": str(waiting)})


def render(ask: Ask, template: str, *, here: str = "", **named: Any) -> str:
    """Return a template filled in for this officer."""
    words = _words(ask.service.region, ask.language)
    path = ask.request.url.path
    if ask.request.url.query:
        path += f"?{ask.request.url.query}"
    return (
        templates()
        .get_template(template)
        .render(
            **words,
            ask=ask,
            officer=ask.officer,
            csrf=ask.session.csrf,
            nav=nav(ask.officer),
            here=here,
            back=path if ask.request.method == "GET" and not ask.partial else "/",
            now=ask.now,
            watching=ask.may(DESK),
            tab=version(ask.session.secret_hash),
            **named,
        )
    )


def door(request: Request, *, why: str, token: str, language: str, status: int = 200) -> Response:
    """Return the sign-in page, saying why the last try did not work."""
    return _bare(request, "door.html", language, status, why=why, token=token)


def refused(request: Request, why: Why, *, language: str, status: int) -> Response:
    """Return the page that says that this may not be seen."""
    return _bare(request, "refused.html", language, status, why=why)


def broken(request: Request, what: str, *, status: int) -> Response:
    """Return the page that says what is wrong with us: "missing", "away" or "bug"."""
    service: Service = request.app.state.service
    return _bare(request, "broken.html", service.region.languages[0], status, what=what)


def _bare(
    request: Request, template: str, language: str, status: int, **named: object
) -> Response:
    """Return a page that shows nothing of anybody's."""
    service: Service = request.app.state.service
    words = _words(service.region, language)
    page = templates().get_template(template).render(**words, **named)
    return HTMLResponse(page, status_code=status)


def _words(region: Region, language: str) -> Mapping[str, Any]:
    known = texts.catalogue(language)

    def t(key: str, **params: object) -> str:
        return texts.say(key, language, region, **{k: str(v) for k, v in params.items()})

    def knows(key: str) -> bool:
        return key in known

    def clock(when: datetime) -> str:
        return when.astimezone(region.timezone).strftime("%H:%M")

    def full(when: datetime) -> str:
        return when.astimezone(region.timezone).strftime("%Y-%m-%d %H:%M:%S")

    def district(name: str | None) -> str:
        if not name:
            return t("console.no_district")
        return region.district_name(name, language)

    return {
        "t": t,
        "knows": knows,
        "clock": clock,
        "full": full,
        "district": district,
        "language": language,
        "languages": texts.LANGUAGES,
        "region": region,
    }
