"""The people of the campaigns' tests serve here, too."""

from __future__ import annotations

from tests.integration.campaigns.conftest import clock, publish, service, staff

__all__ = ["clock", "publish", "service", "staff"]
