"""Who may see a case. Pure."""

from __future__ import annotations

from actions.cases.models import Case
from actions.officers.models import DESK, Officer, Role

EVERYWHERE = frozenset({Role.SUPERVISOR, Role.ADMIN})


def may_see(officer: Officer, case: Case) -> bool:
    """Tell whether a case is this officer's business: their own, their district's, or nobody's.

    Supervisors, admins, and officers of no district see all.
    """
    if not officer.may(DESK):
        return False
    if officer.may(EVERYWHERE) or case.owner_id == officer.id:
        return True
    return officer.district is None or case.district in (None, officer.district)
