"""What a form answers: said in a line, and the page is fetched anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

if TYPE_CHECKING:
    from bot.console.asking import Ask


def partial(request: Request) -> bool:
    """Tell whether a script on one of our pages asks."""
    return "hx-request" in request.headers


def done(ask: Ask, said: str, *, back: str, go: str | None = None) -> Response:
    """Say that it is done; `go` leads to another page."""
    if not ask.partial:  # without scripts: the page itself shows what became of it
        return RedirectResponse(go or back, status_code=303)
    headers = _saying(said, bad=False)
    if go:
        headers["hx-redirect"] = go
    return Response(status_code=200 if go else 204, headers=headers)


def not_done(request: Request, said: str, *, back: str) -> Response:
    """Say why it was not done."""
    if not partial(request):
        return RedirectResponse(back, status_code=303)
    return Response(status_code=409, headers=_saying(said, bad=True))


def _saying(said: str, *, bad: bool) -> dict[str, str]:
    return {"hx-trigger": json.dumps({"said": {"text": said, "bad": bad}})}
