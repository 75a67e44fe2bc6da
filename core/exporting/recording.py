"""The register of extractions (R02): each begins with a row, and ends once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from core.accounts.access import Level
from core.accounts.models import User
from core.models import Extraction, ExtractionEnd
from core.models.extractions import Outcome, Way
from core.resource import Resource
from core.text import clean


def may_extract(resource: type[Resource], user: User) -> bool:
    """Whether this person may take rows of this list out, in any form: they read it, and hold the right it names.
    Never B2O's support."""
    if not resource.may(user, Level.READ) or user.support is not None:
        return False
    return not resource.extraction_right or user.holds(resource.extraction_right)


def demand(resource: type[Resource], user: User) -> None:
    """Raise PermissionDenied unless `may_extract`."""
    if not may_extract(resource, user):
        raise PermissionDenied


@dataclass(frozen=True)
class Origin:
    """From where a person asked: the name of the address ("crm-company-export") and the IP address."""

    screen: str
    address: str | None = None


def address_of(request: HttpRequest) -> str:
    """The visitor's IP address; "0.0.0.0" where none is known."""
    return get_adapter(request).get_client_ip(request)


def origin_of(request: HttpRequest) -> Origin:
    match = request.resolver_match
    address = address_of(request)
    return Origin((match.view_name if match else request.path)[:200], None if address == "0.0.0.0" else address)  # noqa: S104


def begin(
    resource: type[Resource],
    user: User,
    *,
    way: Way,
    origin: Origin,
    format: str,  # noqa: A002 - the word that everybody has for it
    columns: Sequence[str],
    params: Mapping[str, Any] | None = None,
    words: str = "",
    selected: int | None = None,
) -> Extraction:
    """Call before the first row leaves. Raises PermissionDenied where the person may not extract."""
    demand(resource, user)
    return Extraction.objects.create(
        actor=user if user.pk else None,  # an interface is named, and has no row
        actor_name=user.get_full_name()[:160],
        screen=origin.screen,
        address=origin.address,
        way=way,
        resource=resource.key(),
        scope=resource.scope(user).name.lower(),
        words=clean(words),
        params=dict(params or {}),
        columns=list(columns),
        format=format,
        selected=selected,
    )


def finish(extraction: Extraction, *, outcome: Outcome, rows: int, size: int, sha256: str) -> ExtractionEnd:
    """`rows` and `size` (bytes) that left, and the digest of those bytes, "" when there are none.

    Raises IntegrityError when it has ended already.
    """
    return ExtractionEnd.objects.create(
        extraction=extraction, outcome=outcome, rows=rows, size=size, sha256=sha256 if size else ""
    )


def record_extraction(
    resource: type[Resource],
    user: User,
    *,
    way: Way,
    request: HttpRequest,
    format: str,  # noqa: A002
    columns: Sequence[str],
    rows: int,
    size: int,
    sha256: str,
    params: Mapping[str, Any] | None = None,
    words: str = "",
) -> Extraction:
    """Both rows at once, for an answer that is ready (a page of the API). Call before it is sent.

    `params`: the query string as {name: [values]}. Raises PermissionDenied where the person may not extract: nothing
    may be sent then.
    """
    with transaction.atomic():
        extraction = begin(
            resource, user, way=way, origin=origin_of(request), format=format, columns=columns, params=params,
            words=words,
        )  # fmt: skip
        finish(extraction, outcome=Outcome.COMPLETE, rows=rows, size=size, sha256=sha256)
    return extraction


def reachable(user: User) -> QuerySet[Extraction]:
    """The extractions that a person sees: one's own; all of them for who manages the instance."""
    found = Extraction.objects.select_related("end")
    return found if user.may("settings", Level.MANAGE) else found.filter(actor=user)
