"""What an interface may do: a person without a row, who sees of each list the fields of the request and no others.

The kernel asks a person for rights, rows and hidden fields. Answered from the written request, everything that it
derives (lists, filters, sorts, forms, cursors) keeps within it; `Limits` says no in words before it comes to that.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import django_filters
from allauth.account.adapter import get_adapter
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.access import Access, Level, Scope
from core.accounts.models import User
from core.api.listing import OWN, names_of
from core.api.listing import fields_of as filter_fields
from core.api.problems import Fault, Problem
from core.custom.column import NAME, is_key
from core.custom.definitions import fields_of
from core.filters import bind_as_given
from core.registry import registry
from core.resource import Resource
from core.text import clean
from interfaces.models import ApiKey, Call, Direction, RequestedResource, WrittenRequest

_READS = ("GET", "HEAD", "OPTIONS")
_SHOWN = 10  # names in an answer


def person_of(request: WrittenRequest, asked: Collection[RequestedResource], *, writing: bool = False) -> User:
    """The interface as a person who reads (or who writes): no key, a name, and nothing beyond the request."""
    person = User(first_name=_("Interface « %(name)s »") % {"name": request.name}, last_name=f"({request.number})")
    levels: dict[str, Level] = {}
    rights: set[str] = set()
    hidden: dict[type[Resource], frozenset[str]] = {}
    narrowing: dict[str, Any] = {}
    for resource in registry:
        one = next((found for found in asked if found.resource == resource.key()), None)
        fields = fields_for(request, one, writing=writing) if one else ()
        hidden[resource] = frozenset(names_of_fields(resource)) - frozenset(fields)
        if writing and one is not None:
            # A form must do without its sensitive and custom fields; the others are taken from it once it is made.
            hidden[resource] = frozenset(
                name for name in hidden[resource] if name in resource.sensitive or is_key(name)
            )
        if one is None:
            continue
        level = Level.WRITE if may_write(request, one) else Level.READ
        levels[resource.module] = max(levels.get(resource.module, Level.NONE), level)
        rights |= {right for name, right in resource.sensitive.items() if name in fields}
        if resource.extraction_right:
            rights.add(resource.extraction_right)
        if one.rows:
            narrowing[resource.key()] = partial(narrow, resource, one.rows)
    scopes = {(module, level): Scope.ALL for module in levels for level in Level}
    person.__dict__["access"] = Access(levels, scopes, frozenset(rights))
    person.__dict__["_hidden"] = hidden
    person.narrowing = narrowing
    return person


def fields_for(request: WrittenRequest, one: RequestedResource, *, writing: bool) -> Collection[str]:
    if request.direction == (Direction.OUT if writing else Direction.IN):
        return ()
    return one.written if writing else one.read


def may_write(request: WrittenRequest, one: RequestedResource) -> bool:
    return request.direction != Direction.OUT and bool(one.written or one.deletes)


def names_of_fields(resource: type[Resource]) -> set[str]:
    """Everything of a record that has a name: its fields, the client's own, its tags."""
    names = {known.name for known in resource.model._meta.get_fields()}
    return names | {custom.name for custom in fields_of(resource.model)} | {"tags"}


def narrow(resource: type[Resource], rows_of: str, rows: QuerySet) -> QuerySet:
    """The rows that the request names by a filter of the list. None at all when it is no longer one."""
    bound = filters_for(resource, rows_of)
    if not bound.is_valid() or not set(QueryDict(rows_of)) <= parameters_of(bound):
        return rows.none()
    return rows & bound.filter_queryset(resource.model._default_manager.all())


def parameters_of(bound: Any) -> set[str]:
    """What a set of filters reads of a query string."""
    return set(names_of(filter_fields(bound)))


def filters_for(resource: type[Resource], rows_of: str) -> Any:
    return (resource.filters or django_filters.FilterSet)(
        QueryDict(rows_of), queryset=resource.model._default_manager.all()
    )


@dataclass
class Limits:
    """`request.auth` of a call with a key: what core.api.authentication.Bound asks."""

    request: WrittenRequest
    key: ApiKey
    asked: list[RequestedResource]
    http: HttpRequest
    refusal: str = ""
    refused: list[str] = field(default_factory=list)
    resource: type[Resource] | None = None

    def __post_init__(self) -> None:
        self.person = person_of(self.request, self.asked)
        self.author = person_of(self.request, self.asked, writing=True)

    @property
    def caller(self) -> str:
        return f"interface-{self.request.pk}"

    @property
    def rates(self) -> Mapping[str, tuple[str, int, int]]:
        return {"key": (f"key-{self.key.pk}", self.key.per_minute, 60)}

    def one(self, resource: type[Resource]) -> RequestedResource | None:
        return next((found for found in self.asked if found.resource == resource.key()), None)

    def readable(self, resource: type[Resource]) -> Collection[str]:
        return self._with_custom(resource, writing=False)

    def writable(self, resource: type[Resource]) -> Collection[str]:
        return self._with_custom(resource, writing=True)

    def _with_custom(self, resource: type[Resource], *, writing: bool) -> Collection[str]:
        one = self.one(resource)
        names = set(fields_for(self.request, one, writing=writing)) if one else set()
        return names | ({NAME} if any(is_key(name) for name in names) else set())

    # --- what the request does not hold ---------------------------------------------------------------------------
    def admit(self, resource: type[Resource] | None, method: str) -> None:
        self.resource = resource
        if resource is None:
            raise self.refuse("address", _("%(request)s ne prévoit pas cette adresse.") % self._said)
        one = self.one(resource)
        name = {"list": resource.label_plural}
        if one is None:
            raise self.refuse("resource", _("%(request)s ne prévoit pas la liste « %(list)s ».") % (self._said | name))
        if method in _READS:
            if not fields_for(self.request, one, writing=False):
                raise self.refuse(
                    "reading", _("%(request)s ne prévoit pas de lire « %(list)s ».") % (self._said | name)
                )
        elif method == "DELETE":
            if not (one.deletes and may_write(self.request, one)):
                words = _("%(request)s ne prévoit pas de supprimer dans « %(list)s ».")
                raise self.refuse("deletion", words % (self._said | name))
        elif not fields_for(self.request, one, writing=True):
            raise self.refuse("writing", _("%(request)s ne prévoit pas d’écrire « %(list)s ».") % (self._said | name))

    def admit_parameters(self, resource: type[Resource], params: QueryDict) -> None:
        """Filters and sorts tell values too: only those on fields that are read. The search reads many: none."""
        if not params:
            return
        readable = self.readable(resource)
        outside: list[str] = []
        outside += [name.strip() for name in params.get("fields", "").split(",") if name.strip()]
        outside.append(params.get("sort", "").removeprefix("-"))
        outside = [name for name in outside if name and name not in {*readable, "id"}]
        known = {*OWN, *parameters_of(bind_as_given(resource, self.person, QueryDict()))} - {"q"}
        faults = [name for name in params if name not in known]
        if outside or faults:
            raise self.refuse_fields([*outside, *faults], parameter=True)

    def admit_body(self, resource: type[Resource], body: Any) -> None:
        if not isinstance(body, dict):
            return
        writable = self.writable(resource)
        own = body.get(NAME)
        inner = own if isinstance(own, dict) else {}
        outside = [name for name in body if name not in writable or is_key(name)]
        outside += [f"{NAME}.{name}" for name in inner if name not in writable]
        if outside:
            raise self.refuse_fields(outside)

    @property
    def _said(self) -> dict[str, str]:
        words = _("La demande écrite %(number)s (« %(name)s »)")
        return {"request": words % {"number": self.request.number, "name": self.request.name}}

    def refuse(self, why: str, detail: str) -> Problem:
        self.refusal = why
        return Problem("outside-request", detail)

    def refuse_fields(self, names: list[str], *, parameter: bool = False) -> Problem:
        names = list(dict.fromkeys(clean(name)[:80] for name in names))[:_SHOWN]
        self.refusal, self.refused = "fields", names
        told = ", ".join(f"« {name} »" for name in names)
        detail = ngettext(
            "%(request)s ne prévoit pas le champ %(fields)s. L’appel est refusé en entier.",
            "%(request)s ne prévoit pas les champs %(fields)s. L’appel est refusé en entier.",
            len(names),
        ) % {**self._said, "fields": told}
        words = _("Ce champ n’est pas dans la demande écrite.")
        place = "parameter" if parameter else "field"
        return Problem("outside-request", detail, [Fault("outside_request", words, **{place: name}) for name in names])

    # --- the journal ----------------------------------------------------------------------------------------------
    def finished(self, status: int, *, rows: int) -> None:
        """One line for each call. Without it no answer leaves: an error here is the answer's error."""
        refusal = self.refusal or ("" if status < 400 else "rate" if status == 429 else "other")
        write_call(self.http, self.key, status, refusal=refusal, fields=self.refused, rows=rows, resource=self.resource)


def why_dead(key: ApiKey) -> str:
    """Why a key opens nothing, as the journal says it; "" while it lives."""
    if key.revoked_at is not None:
        return "key_revoked"
    if key.expires_on is not None and key.expires_on < timezone.localdate():
        return "key_expired"
    state = key.request.why_not_in_force()
    return f"request_{state}" if state else ""


_PLAIN = re.compile(r"[^\x20-\x7e]")


def write_call(
    http: HttpRequest, key: ApiKey, status: int, *, refusal: str = "", fields: Collection[str] = (), rows: int = 0,
    resource: type[Resource] | None = None,
) -> None:  # fmt: skip
    address = get_adapter(http).get_client_ip(http)
    Call.objects.create(
        request_id=key.request_id, key=key, method=(http.method or "")[:7], path=_PLAIN.sub("?", http.path)[:200],
        resource=resource.key() if resource else "", status=status, refusal=refusal, fields=list(fields), rows=rows,
        address=None if address == "0.0.0.0" else address,  # noqa: S104 - allauth's word for unknown
    )  # fmt: skip
