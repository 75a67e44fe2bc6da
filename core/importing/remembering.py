"""Mappings remembered for the next file with the same titles: one's own first, else what a colleague shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.importing.plan import Plan, fingerprint
from core.models import ImportMapping

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource


def find(resource: type[Resource], header: Sequence[str], person: User | None) -> Plan | None:
    """The vendor's command (nobody) takes what is shared."""
    known = ImportMapping.objects.filter(resource=resource.key(), fingerprint=fingerprint(header))
    own = known.filter(owner=person).first() if person is not None else None
    found = own or known.filter(shared=True).order_by("-updated_at").first()
    return Plan.of(found.plan) if found is not None else None


def keep(resource: type[Resource], plan: Plan, *, by: User, share: bool) -> None:
    """The newest decision replaces the one before."""
    ImportMapping.objects.update_or_create(
        resource=resource.key(),
        fingerprint=fingerprint([column.name for column in plan.columns]),
        owner=by,
        defaults={"plan": plan.as_json(), "shared": share},
    )
