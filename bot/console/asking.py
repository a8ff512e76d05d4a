"""One request to the console: who asks, whether they may, and in which transaction.

Every page goes through `page` or `form`: a signed-in officer with the right role, and for a form a
post that our own page sent. Whatever is refused changes nothing and is in the audit log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from actions.cases.pictures import LARGEST
from actions.officers import sign_in
from actions.officers.models import DESK, ConsoleSession, Officer, Role
from bot import texts
from bot.console import answers, refusals
from bot.console.refusals import Why
from bot.desk import Desk
from bot.wiring import Service

COOKIE = "fanzha_desk"
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"
LARGEST_FORM = 64 * 1024
LONGEST_NUMBER = 18  # digits; the database's numbers have no more


class Refused(Exception):
    """This may not be done; `why` is recorded, and the person is told in words."""

    def __init__(self, why: Why, *, case_code: str | None = None) -> None:
        super().__init__(why)
        self.why, self.case_code = why, case_code


class NotDone(Exception):
    """An officer may ask for it, but it cannot be done now; nothing changed, and they are told."""

    def __init__(self, said: str, *, back: str) -> None:
        super().__init__(said)
        self.said, self.back = said, back


@dataclass(slots=True)
class Ask:
    """A request by a signed-in officer, inside its own transaction."""

    service: Service
    request: Request
    db: Session
    session: ConsoleSession
    language: str
    now: datetime
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def officer(self) -> Officer:
        """Who asks."""
        return self.session.officer

    @property
    def desk(self) -> Desk:
        """Where cards go."""
        return self.service.desk

    @property
    def partial(self) -> bool:
        """Whether only a part of the page is wanted, by a script on it."""
        return answers.partial(self.request)

    @property
    def looking(self) -> bool:
        """Whether somebody has the page before them: not a tab in the background."""
        return not self.partial or self.request.headers.get("x-visible") == "visible"

    def may(self, roles: frozenset[Role]) -> bool:
        """Tell whether the officer has one of these roles."""
        return self.officer.may(roles)

    def query(self, name: str, default: str = "") -> str:
        """Return one parameter of the address, without blanks around it."""
        return self.request.query_params.get(name, default).strip()

    def path(self, name: str) -> str:
        """Return one part of the path."""
        return str(self.request.path_params[name])

    def value(self, name: str, default: str = "") -> str:
        """Return one field of the form, without blanks around it."""
        return self.fields.get(name, default).strip()

    def knows(self, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in texts.catalogue(self.language)

    def say(self, key: str, **params: str) -> str:
        """Return one text in the officer's language."""
        return texts.say(key, self.language, self.service.region, **params)


def number(said: str) -> int | None:
    """Return the number of a row that an address or a form names; None of anything else."""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= LONGEST_NUMBER else None


Answer = Callable[[Ask], Response]


def page(path: str, answer: Answer, *, roles: frozenset[Role] = DESK) -> Route:
    """Return the route of a page that signed-in officers with one of these roles may read."""

    async def endpoint(request: Request) -> Response:
        return await asyncio.to_thread(answer_in_thread, request, answer, roles, {}, {})

    return Route(path, endpoint, methods=["GET"])


def form(path: str, answer: Answer, *, roles: frozenset[Role] = DESK) -> Route:
    """Return the route of a form on one of our pages: the token and the origin must be ours."""

    async def endpoint(request: Request) -> Response:
        if too_large(request):
            return Response(status_code=413)
        async with request.form(max_files=4, max_fields=60) as sent:
            fields, files = await _read(sent)
        return await asyncio.to_thread(
            answer_in_thread, request, answer, roles, fields, files, post=True
        )

    return Route(path, endpoint, methods=["POST"])


def too_large(request: Request) -> bool:
    """Tell whether a post is larger than any form of ours, or does not say how large it is."""
    length = number(request.headers.get("content-length", ""))
    limit = LARGEST_FORM
    if request.headers.get("content-type", "").startswith("multipart/"):
        limit += LARGEST
    return length is None or length > limit


async def _read(sent: FormData) -> tuple[dict[str, str], dict[str, bytes]]:
    fields = {name: value for name, value in sent.items() if isinstance(value, str)}
    files = {
        name: await value.read()
        for name, value in sent.items()
        if isinstance(value, UploadFile) and value.size
    }
    return fields, files


def answer_in_thread(
    request: Request,
    answer: Answer,
    roles: frozenset[Role],
    fields: Mapping[str, str],
    files: Mapping[str, bytes],
    *,
    post: bool = False,
) -> Response:
    """Answer a signed-in officer with one of these roles, in one transaction.

    Whoever may not is refused, and that is recorded.
    """
    service: Service = request.app.state.service
    now = service.clock()
    officer_id: int | None = None
    language = service.region.languages[0]
    try:
        with service.sessions.begin() as db:
            secret = request.cookies.get(COOKIE)
            session = sign_in.find_session(db, secret, now=now) if secret else None
            if session is None:
                raise Refused(_unknown(db, secret))
            officer, officer_id = session.officer, session.officer.id
            language = officer.language or language
            if post:
                _require_ours(request, fields, session)
            if not officer.may(roles):
                raise Refused(Why.ROLE)
            ask = Ask(service, request, db, session, language, now, fields, files)
            return answer(ask)
    except NotDone as told:
        return answers.not_done(request, told.said, back=told.back)
    except Refused as fact:
        refusals.record(
            service, request, fact.why, officer_id=officer_id, case_code=fact.case_code
        )
        return _refusal(request, fact, signed_in=officer_id is not None, language=language)


def _unknown(db: Session, secret: str | None) -> Why:
    if secret is None:
        return Why.STRANGER
    return Why.SESSION_ENDED if sign_in.was_ours(db, secret) else Why.FORGED


def _refusal(request: Request, fact: Refused, *, signed_in: bool, language: str) -> Response:
    if not signed_in:
        if request.method == "GET" and not answers.partial(request):
            answer: Response = RedirectResponse(f"/sign-in?why={fact.why}", status_code=303)
        else:
            answer = JSONResponse({"refused": fact.why}, status_code=401)
        if COOKIE in request.cookies:
            answer.delete_cookie(COOKIE, path="/")
        return answer
    from bot.console import view

    status = 404 if fact.why == Why.NOT_SEEN else 403
    if request.method == "GET" and not answers.partial(request):
        return view.refused(request, fact.why, language=language, status=status)
    return JSONResponse({"refused": fact.why}, status_code=status)


def _require_ours(request: Request, fields: Mapping[str, str], session: ConsoleSession) -> None:
    require_own_origin(request)
    given = request.headers.get(CSRF_HEADER) or fields.get(CSRF_FIELD, "")
    if not sign_in.same_csrf(session, given):
        raise Refused(Why.CSRF)


def require_own_origin(request: Request) -> None:
    """Refuse a post that another site's page sent. Every current browser tells the origin."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        raise Refused(Why.CROSS_SITE)
    if origin is None or urlsplit(origin).netloc != request.headers.get("host"):
        raise Refused(Why.CROSS_SITE)
