"""Signing in with a one-time link from the bot, signing out, and the language one reads.

Opening the link uses nothing up, the press on the button does: a preview of the link in a chat
must not sign anybody in. The token may stand after a `#`, where no proxy sees it.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from actions.officers import sign_in
from bot import texts
from bot.console import refusals, view
from bot.console.asking import COOKIE, Ask, Refused, form, require_own_origin, too_large
from bot.console.refusals import Why
from bot.wiring import Service

LONGEST_TOKEN = 200
TOLD = frozenset(Why) | {"unknown", "used", "expired", "removed"}


def routes() -> list[Route]:
    """Return the routes of the door."""
    return [
        Route("/sign-in", _show, methods=["GET"]),
        Route("/sign-in/{token}", _show, methods=["GET"]),
        Route("/sign-in", _sign_in, methods=["POST"]),
        form("/sign-out", _sign_out, roles=view.ANYBODY),
        form("/language", _language, roles=view.ANYBODY),
    ]


async def _show(request: Request) -> Response:
    why = request.query_params.get("why", "")
    token = str(request.path_params.get("token", ""))[:LONGEST_TOKEN]
    return view.door(
        request, why=why if why in TOLD else "", token=token, language=_visitor_language(request)
    )


async def _sign_in(request: Request) -> Response:
    if too_large(request):
        return Response(status_code=413)
    async with request.form(max_files=0, max_fields=4) as sent:
        token = str(sent.get("token", ""))[:LONGEST_TOKEN]
    return await asyncio.to_thread(_redeem, request, token)


def _redeem(request: Request, token: str) -> Response:
    service: Service = request.app.state.service
    language = _visitor_language(request)
    try:
        require_own_origin(request)
    except Refused as fact:
        refusals.record(service, request, fact.why)
        return view.door(request, why=fact.why, token="", language=language, status=403)
    with service.sessions.begin() as db:  # a refusal is committed, too: it is in the audit log
        done = sign_in.redeem(db, token, now=service.clock())
    if isinstance(done, sign_in.Refused):
        refusals.REFUSED.labels(f"link_{done.why}").inc()
        return view.door(request, why=done.why, token="", language=language, status=403)
    answer = RedirectResponse(view.home(done.officer), status_code=303)
    answer.set_cookie(
        COOKIE,
        done.secret,
        max_age=int(sign_in.SESSION_LASTS.total_seconds()),
        path="/",
        httponly=True,
        secure=service.settings.console_address.startswith("https://"),
        samesite="lax",  # a case's link in the duty chat must find the officer signed in
    )
    return answer


def _sign_out(ask: Ask) -> Response:
    sign_in.sign_out(ask.db, ask.session, now=ask.now)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _language(ask: Ask) -> Response:
    language = ask.value("language")
    if language in texts.LANGUAGES:
        ask.officer.language = language
    back = ask.value("back")
    safe = back.startswith("/") and not back.startswith("//") and "\\" not in back
    return RedirectResponse(back if safe else "/", status_code=303)


def _visitor_language(request: Request) -> str:
    service: Service = request.app.state.service
    wanted = request.headers.get("accept-language", "")[:2]
    return wanted if wanted in texts.LANGUAGES else service.region.languages[0]
