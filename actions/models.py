"""Every table, imported once, so that metadata and migrations see them all."""

from __future__ import annotations

import actions.audit.models
import actions.campaigns.models
import actions.cases.models
import actions.citizens.models
import actions.guardians.models
import actions.inbox.models
import actions.indicators.models
import actions.officers.models
import actions.outbox.models
import actions.profiles.models
import actions.reports.models
import actions.warnings.models  # noqa: F401
from actions.db.base import Base

metadata = Base.metadata
