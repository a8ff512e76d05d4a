"""Structured logs: static event names and identifiers, never a citizen's words, phone or name."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(*, quiet: bool = False) -> None:
    """Log JSON lines to stderr; `quiet` keeps warnings only, for commands a person reads."""
    level = logging.WARNING if quiet else logging.INFO
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s"
    )
    # httpx logs every URL, and Telegram's carry the token; PTB logs answers it cannot read, and
    # they may carry words; APScheduler logs every tick. What matters of them, we log ourselves.
    nothing = logging.CRITICAL + 1
    for name in ("httpx", "httpcore", "telegram", "apscheduler", "uvicorn", "asyncio"):
        logging.getLogger(name).setLevel(nothing)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_messages,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _without_messages(
    logger: object, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Name an exception and where it was raised, not its message: that may quote a citizen."""
    error = event.pop("error", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            event["where"] = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return event
