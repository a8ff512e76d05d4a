"""Sign what we post to another system, and check what such a system posts to us.

The header reads `t=<unix seconds>,v1=<hex>`; v1 is HMAC-SHA256 over `<t>.<body>`. A post older
than five minutes is refused; remember its v1 for that long to refuse a replay.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

HEADER = "X-Fanzha-Signature"
LASTS = timedelta(minutes=5)
_HEADER = re.compile(r"^t=(\d{1,12}),v1=([0-9a-f]{64})$")


def sign(secret: str, body: bytes, *, now: datetime) -> str:
    """Return the header for a body that is posted now."""
    at = str(int(now.timestamp()))
    return f"t={at},v1={_mac(secret, at, body)}"


def check(secret: str, header: str, body: bytes, *, now: datetime) -> str | None:
    """Return the post's own mark (v1) when it is genuine and recent, else None."""
    match = _HEADER.match(header)
    if match is None:
        return None
    at, given = match.groups()
    if abs(now.timestamp() - int(at)) > LASTS.total_seconds():
        return None
    return given if hmac.compare_digest(_mac(secret, at, body), given) else None


def _mac(secret: str, at: str, body: bytes) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
