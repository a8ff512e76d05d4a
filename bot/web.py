"""Serve a web application inside our own event loop, on a port that is ours before we start."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from bot.settings import PREFIX, Address


class PortTaken(Exception):
    """Something else listens there; the message names the setting."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process: it stops all its parts in order."""
        yield


def bind(address: Address, *, setting: str) -> socket.socket:
    """Return a listening socket, or say which setting to change."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address.host, address.port))
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"{PREFIX}{setting}: cannot listen on {address} ({error.strerror}); "
            "stop what uses it, or set another address"
        ) from error
    return listening


def server(app: Starlette) -> uvicorn.Server:
    """Return a server for the application; await its `serve(sockets=[...])`."""
    return _Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5
        )
    )
