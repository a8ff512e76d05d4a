"""What machines ask: is the process up, is it ready, what are the figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.outbox import stats
from bot.wiring import Service


def routes(service: Service, states: Mapping[str, Callable[[], str]]) -> list[Route]:
    """Return the health routes. `states` gives the state of each part; "up" and "off" are ready,
    and so is an NLU server that is away: rules answer meanwhile, and the state says so.
    """

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "up"})

    async def readyz(request: Request) -> Response:
        parts = {name: state() for name, state in states.items()}
        parts |= await asyncio.to_thread(_asked, service)
        ready = all(state in ("up", "off") for name, state in parts.items() if name != "nlu")
        return JSONResponse({"ready": ready, **parts}, status_code=200 if ready else 503)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]


def _asked(service: Service) -> dict[str, str]:
    """Ask the database whether it is there, and whether the officers' chat lets us in."""
    try:
        with service.sessions() as db:
            shut_out = stats.is_shut_out(db)
    except SQLAlchemyError:
        return {"database": "down"}
    desk = {} if service.desk.chat is None else {"desk": "refused" if shut_out else "up"}
    return {"database": "up", **desk}
