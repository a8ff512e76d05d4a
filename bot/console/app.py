"""The console's web application: its door, its pages, its live stream, its static files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources

import structlog
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console import door, health, live, refusals, view
from bot.console.live import Live
from bot.console.pages import routes
from bot.console.pages.pictures import Fetch
from bot.wiring import Service

log = structlog.get_logger()

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


async def _missing(request: Request, error: Exception) -> Response:
    return view.broken(request, "missing", status=404)


async def _away(request: Request, error: Exception) -> Response:
    log.warning("console.database_away", error=error)
    return view.broken(request, "away", status=503)


async def _bug(request: Request, error: Exception) -> Response:
    log.error("console.bug", page=refusals.safe_path(request.url.path), error=error)
    return view.broken(request, "bug", status=500)


class SafeHeaders:
    """Adds what keeps a browser from doing anything we did not ask for."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if https:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                static = str(scope.get("path", "")).startswith("/static/")
                headers.setdefault(
                    "cache-control", "public, max-age=86400" if static else "no-store"
                )
            await send(message)

        await self._app(scope, receive, add)


def application(
    service: Service,
    states: Mapping[str, Callable[[], str]],
    listening: Live,
    *,
    pictures: Fetch | None = None,
) -> Starlette:
    """Return the console; `states` is what /readyz tells of the parts beside it.

    `pictures` fetches what was sent in a channel; without it pages say that there is a picture.
    """
    folder = str(resources.files("bot.console") / "static")
    https = service.settings.console_address.startswith("https://")
    app = Starlette(
        routes=[
            *health.routes(service, {**states, "live": lambda: listening.state}),
            *door.routes(),
            *routes(),
            live.route(listening),
            Mount("/static", StaticFiles(directory=folder)),
        ],
        exception_handlers={404: _missing, OperationalError: _away, Exception: _bug},
        middleware=[Middleware(SafeHeaders, https=https)],
    )
    app.state.service = service
    app.state.pictures = pictures
    return app
