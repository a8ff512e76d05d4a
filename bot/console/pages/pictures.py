"""Pictures in a case, for those who may see it: fetched from the channel once it has them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actions.cases import pictures, thread
from actions.officers.models import DESK
from bot.console.asking import Ask, Refused, answer_in_thread
from bot.console.cases import find
from bot.console.refusals import Why

NAV = None
Fetch = Callable[[str], Awaitable[bytes | None]]  # a channel's own id to the picture
KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"RIFF": "image/webp"}


class Wanted(Response):
    """The officer may see it: this is the channel's id of it."""

    def __init__(self, photo: str) -> None:
        super().__init__()
        self.photo = photo


def _look_up(ask: Ask) -> Response:
    case = find(ask)
    message = thread.find(ask.db, code=ask.path("message"))
    if message is None or message.case_id != case.id:
        raise Refused(Why.NOT_SEEN, case_code=case.code)
    match pictures.find(ask.db, code=message.code):
        case str(photo):
            return Wanted(photo)
        case bytes(content):
            return _picture(content)
    raise Refused(Why.NOT_SEEN, case_code=case.code)


async def show(request: Request) -> Response:
    """Send the picture, or 503 when its channel is off or away."""
    answer = await asyncio.to_thread(answer_in_thread, request, _look_up, DESK, {}, {})
    if not isinstance(answer, Wanted):
        return answer
    fetch: Fetch | None = request.app.state.pictures
    if fetch is None:
        return Response(status_code=503)
    picture = await fetch(answer.photo)
    if picture is None:
        return Response(status_code=503)
    return _picture(picture)


def _picture(content: bytes) -> Response:
    kind = next((name for magic, name in KINDS.items() if content.startswith(magic)), None)
    if kind is None:
        return Response(status_code=415)
    return Response(content, media_type=kind)


ROUTES = [Route("/cases/{code}/pictures/{message}", show, methods=["GET"])]
