"""Run migrations on the engine that the caller hands over."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Engine, text

from actions.db.base import UtcDateTime
from actions.models import metadata

LOCK = 7_226_110  # any number: two upgrades at once wait for each other


def _render(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    """Write our column type as what the database sees: a migration must not import the code."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


def _run(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))  # a large table takes its time
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, render_item=_render)
        try:
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
            connection.execute(text("RESET statement_timeout"))
            connection.commit()


_run(context.config.attributes["engine"])
