"""The audit log, newest first, for supervisors: what was done and what was refused."""

from __future__ import annotations

from sqlalchemy import select
from starlette.responses import Response

from actions.audit.models import AuditEntry
from bot.console import told, view
from bot.console.asking import Ask, number, page
from bot.console.refusals import EVENT
from bot.console.view import WATCH, Nav

NAV = Nav("trail", "/trail", WATCH)
AT_ONCE = 100
REFUSALS = (EVENT, "sign_in.refused", "case.refused", "webhook.refused", "update.repeated")


def show(ask: Ask) -> Response:
    """Show a hundred entries, older ones by their number."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(AT_ONCE)
    before, only = number(ask.query("before")), ask.query("only")
    if before is not None:
        query = query.where(AuditEntry.id < before)
    if only == "refused":
        query = query.where(AuditEntry.event.in_(REFUSALS))
    entries = ask.db.scalars(query).all()
    names = told.names(ask)
    return view.show(
        ask,
        "trail.html",
        here="trail",
        entries=[
            (
                each,
                told.actor(ask, each, names),
                told.event(ask, each, names),
                list(told.because(ask, each)),
            )
            for each in entries
        ],
        only=only,
        older=entries[-1].id if len(entries) == AT_ONCE else None,
    )


ROUTES = [page("/trail", show, roles=WATCH)]
