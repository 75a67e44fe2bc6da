"""Who still has a version to read, and the proof that they did (R04): information, not consent."""

from allauth.account.adapter import get_adapter
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest

from core.accounts.access import Level
from core.accounts.models import User
from core.models import PolicyReading
from policies.current import in_force
from policies.models import PolicyVersion

SESSION_KEY = "policy_read"  # the number of the newest material version that this person is known to have read


def asked_of(person: User) -> int:
    """The number of the newest material version that concerns this person; 0: none. No query."""
    concerned = [
        number for module, number in in_force().material.items() if not module or person.may(module, Level.READ)
    ]
    return max(concerned, default=0)


def unread(person: User) -> list[PolicyVersion]:
    """The texts to read now: the newest of each that changed in something important since this person read it."""
    found = PolicyReading.objects.filter(person=person).values("module").annotate(last=Max("number"))
    last = {row["module"]: row["last"] for row in found}
    known = in_force()
    return [
        known.latest[module]
        for module, number in sorted(known.material.items())
        if (not module or person.may(module, Level.READ)) and last.get(module, 0) < number
    ]


@transaction.atomic
def keep_proof(person: User, versions: list[PolicyVersion], request: HttpRequest) -> None:
    """User, version, hash, time, IP address, in the client's own schema."""
    ip = get_adapter(request).get_client_ip(request)
    PolicyReading.objects.bulk_create(
        [
            PolicyReading(
                person=person, person_name=str(person)[:160], module=version.module, code=version.code,
                number=version.pk, sha256=version.sha256, address=None if ip == "0.0.0.0" else ip,  # noqa: S104
            )
            for version in versions
        ],
        ignore_conflicts=True,  # sent twice: the first proof stands
    )  # fmt: skip
