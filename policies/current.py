"""The versions in force, kept by each process for a moment: the gate asks on every request, and costs no query."""

import time
from dataclasses import dataclass

from django.conf import settings
from django_tenants.utils import schema_context

from policies.models import PolicyVersion


@dataclass(frozen=True)
class InForce:
    """`latest`: the newest version of each module's text, by module. `material`: the newest that must be read."""

    latest: dict[str, PolicyVersion]
    material: dict[str, int]


_kept: tuple[float, InForce] | None = None


def forget() -> None:
    """Ask again at the next request of this process; others follow within POLICY_TTL seconds."""
    global _kept  # noqa: PLW0603 - one for the process, like the hosts of tenants.middleware
    _kept = None


def in_force() -> InForce:
    global _kept  # noqa: PLW0603
    now = time.monotonic()
    if _kept is None or _kept[0] < now:
        _kept = (now + settings.POLICY_TTL, _read())
    return _kept[1]


def _read() -> InForce:
    with schema_context(settings.PUBLIC_SCHEMA_NAME):
        versions = list(PolicyVersion.objects.order_by("pk"))
    material = {version.module: version.pk for version in versions if version.material}
    return InForce({version.module: version for version in versions}, material)
