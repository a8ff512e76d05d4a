"""The webhook: Telegram posts an update and hears 200 only after its transaction has committed."""

from __future__ import annotations

import hmac
import json

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update

from bot.channels.telegram.intake import Intake

log = structlog.get_logger()

PATH = "/telegram"
LARGEST = 1 << 20  # bytes; Telegram's updates are far smaller


def application(intake: Intake, *, secret: str) -> Starlette:
    """Return the web application that Telegram posts to."""

    async def take(request: Request) -> Response:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return Response(status_code=403)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return Response(status_code=413)
        try:
            update = Update.de_json(json.loads(body), intake.bot)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Response(status_code=400)
        try:
            await intake.take(update)
        except Exception as error:  # noqa: BLE001  nothing is stored: Telegram must send it again
            log.error("intake.failed", update=update.update_id, error=error)
            return Response(status_code=503)
        return Response(status_code=200)

    return Starlette(routes=[Route(PATH, take, methods=["POST"])])
