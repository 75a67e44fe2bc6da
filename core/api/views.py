"""The API's views: they translate; rows, forms, filters and rights are those of the pages."""

import hashlib
import json
from functools import cached_property
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from core.accounts.access import Level
from core.accounts.licences import refuse_unlicensed
from core.accounts.models import User
from core.actions.bin import Kept, bin_rows
from core.api import bulk_reads, rates
from core.api.authentication import Bound
from core.api.listing import StrictListing
from core.api.problems import Problem
from core.api.serializer import TAGS, Fact, Serializer, serializer_of
from core.api.tags import given_tags, put_tags
from core.api.writing import posted, refused, shapes_of
from core.exporting.recording import address_of
from core.locking import lock
from core.saving import save
from core.views.base import OfResource

_SAFE = ("GET", "HEAD", "OPTIONS")


def encoded(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def answer(body: bytes, *, status: int = 200, content_type: str = "application/json", **headers: str) -> HttpResponse:
    sent = {"Cache-Control": "no-store", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return HttpResponse(body, status=status, content_type=content_type, headers=sent)


class Guarded(APIView):
    """Signed in, allowed and within the rates before any handler runs. Subclasses say what in `check`."""

    metadata_class: Any = None
    allowance: rates.Allowance | None = None
    bound: Bound | None = None  # what bounds the caller, where it is no person: see core.api.authentication
    rows_told = 0  # how many records the answer holds
    request: Any

    def perform_authentication(self, request: Any) -> None:
        super().perform_authentication(request)
        self.bound = request.auth

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        try:
            known = request.user.is_authenticated
        except Problem:  # a key that opens nothing
            self.within(rates.take_visitor(address_of(request._request)))
            raise
        if not known:  # refused below, but not without end
            self.within(rates.take_visitor(address_of(request._request)))
        super().initial(request, *args, **kwargs)
        self.check(request)

    def check(self, request: Any) -> None:
        """Raise PermissionDenied (403), Http404 or Problem."""

    def check_throttles(self, request: Any) -> None:
        self.within(rates.take(request.user, self.bound.rates if self.bound else None))

    def within(self, allowance: rates.Allowance) -> None:
        self.allowance = allowance
        if allowance.refused:
            raise Problem("rate")

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.bound:
            self.bound.finished(response.status_code, rows=self.rows_told)
        if self.allowance:
            for name, value in self.allowance.headers.items():
                response.headers[name] = value
        return response

    def options(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(status=204)


class Nothing(Guarded):
    """Whatever address the API does not have."""

    def check(self, request: Any) -> None:
        if self.bound:
            self.bound.admit(None, request.method)
        raise Http404


class ResourceViewSet(OfResource, Guarded, ViewSet):
    """One resource: `resource` comes with the address."""

    # By method: the level that it wants of the module.
    levels: ClassVar[dict[str, Level]] = dict.fromkeys(_SAFE, Level.READ)

    def check(self, request: Any) -> None:
        self.resource = self.kwargs["resource"]
        refuse_unlicensed(self.resource.module)
        if self.bound:
            self.bound.admit(self.resource, request.method)
            self.bound.admit_parameters(self.resource, request.GET)
        if not self.resource.may(self.user, self.wanted):
            raise PermissionDenied

    @property
    def wanted(self) -> Level:
        return self.levels.get(self.request.method or "", Level.WRITE)

    @cached_property
    def serializer(self) -> Serializer:
        allowed = self.bound.readable(self.resource) if self.bound else None
        return serializer_of(self.resource, self.user, allowed=allowed)

    @property
    def author(self) -> User:
        """Whose form judges a write."""
        return self.bound.author if self.bound else self.user

    @property
    def takes_tags(self) -> bool:
        return TAGS in (self.bound.writable(self.resource) if self.bound else self.serializer.around)

    def form(self, *args: Any, **kwargs: Any) -> Any:
        form: Any = self.resource.form(*args, user=self.author, **kwargs)
        if self.bound:
            form.keep_only(self.bound.writable(self.resource))
        return form

    @cached_property
    def facts(self) -> list[Fact]:
        """What the caller may write, as far as the form takes it."""
        if not self.bound:
            return self.serializer.facts
        return serializer_of(self.resource, self.author, allowed=self.bound.writable(self.resource)).facts

    # --- many -----------------------------------------------------------------------------------------------------
    def list(self, request: Any, **kwargs: Any) -> HttpResponse:
        listing = StrictListing(self.resource, self.user, request.GET, self.serializer)
        page = listing.page
        told: dict[str, Any] = {
            "next": self.at(listing.query(after=page.next)) if page.next else None,
            "previous": self.at(listing.query(before=page.previous)) if page.previous else None,
        }
        if listing.counted:
            told |= listing.count
        told["results"] = self.serializer.represent(page.rows)
        body = encoded(told)
        caller = self.bound.caller if self.bound else str(self.user.pk)
        bulk_reads.watch(listing, len(page.rows), body, request._request, caller=caller)
        self.rows_told = len(page.rows)
        return answer(body)

    def at(self, rest: Any) -> str:
        """An address of this resource, whole."""
        return self.request.build_absolute_uri(f"/api{self.resource.list_url}{rest}")

    def create(self, request: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            form = self.judged(None, whole=False)
        record = self.told(self.fresh(form.instance.pk))
        return answer(encoded(record), status=201, Location=self.at(f"{record['id']}/"), ETag=etag(record))

    # --- one ------------------------------------------------------------------------------------------------------
    def retrieve(self, request: Any, **kwargs: Any) -> HttpResponse:
        if request.GET:
            raise Problem("invalid-parameters")
        record = self.told(self.row(Level.READ))
        self.rows_told = 1
        tag = etag(record)
        if tag in _tags(request.headers.get("If-None-Match", "")):
            return answer(b"", status=304, ETag=tag)
        return answer(encoded(record), ETag=tag)

    def update(self, request: Any, **kwargs: Any) -> HttpResponse:
        return self.change(whole=True)

    def partial_update(self, request: Any, **kwargs: Any) -> HttpResponse:
        return self.change(whole=False)

    def change(self, *, whole: bool) -> HttpResponse:
        with transaction.atomic():
            row = self.held(demanded=whole)
            self.judged(row, whole=whole)
        record = self.told(self.fresh(row.pk))
        return answer(encoded(record), ETag=etag(record))

    def destroy(self, request: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                row = self.held(demanded=False)
                bin_rows(self.rows.filter(pk=row.pk), by=self.user)
        except Kept as kept:
            raise Problem("dependents", kept.told(self.user)) from kept
        return answer(b"", status=204)

    # --- shared ---------------------------------------------------------------------------------------------------
    def held(self, *, demanded: bool) -> Model:
        """The row, locked until the transaction ends, and still what the caller read of it (If-Match)."""
        lock(self.resource.model, self.kwargs["pk"])
        row = self.row(Level.WRITE)
        asked = self.request.headers.get("If-Match", "").strip()
        if not asked and demanded:
            raise Problem("precondition")
        if asked and asked != "*" and (tag := etag(self.told(row))) not in _tags(asked):
            raise Problem("changed", headers={"ETag": tag})
        return row

    def judged(self, row: Model | None, *, whole: bool) -> Any:
        """The resource's form, filled from the body and saved. Raises Problem with what it says."""
        if self.request.GET:
            raise Problem("invalid-parameters")
        if not int(self.request.META.get("CONTENT_LENGTH") or 0):
            raise Problem("malformed", _("Le corps est vide."))
        body, tags = self.request.data, None
        if self.bound:
            self.bound.admit_body(self.resource, body)
        if self.takes_tags:
            body, tags = given_tags(body)
        form = self.form(instance=row)
        shapes = shapes_of(form, self.facts)
        shown = self.told(row) if row is not None else dict.fromkeys(self.serializer.names, _NEVER)
        data = posted(form, shapes, body, row=row, shown=shown, whole=whole)
        form = self.form(data, instance=row)
        if not (form.is_valid() and save(form, self.resource, self.user)):
            raise refused(form)
        if tags is not None:
            put_tags(form.instance, self.rows, tags)
        return form

    def fresh(self, pk: int) -> Model:
        """The saved row as the database has it now."""
        return self.serializer.ready(self.rows.filter(pk=pk)).get()

    def told(self, row: Model) -> dict[str, Any]:
        return self.serializer.represent([row])[0]


_NEVER = object()  # equal to nothing that a body can hold


def etag(record: dict[str, Any]) -> str:
    """Of a record as this person sees it: whatever changes in it changes the tag."""
    return f'"{hashlib.sha256(encoded(record)).hexdigest()[:32]}"'


def _tags(header: str) -> set[str]:
    """The tags of a condition. Compression on the way makes a tag weak (W/): it is still the same record."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


class SchemaView(Guarded):
    """The description of the API, as this person may use it: OpenAPI 3.1 in JSON, or in YAML (?format=yaml)."""

    def get(self, request: Any) -> HttpResponse:
        from core.api import schema

        wanted = request.GET.get("format", "json")
        if self.bound:  # it describes a person's rights: whoever wrote the request gives the program its fields
            self.bound.admit(None, request.method)
        if wanted not in ("json", "yaml") or set(request.GET) > {"format"}:
            raise Problem("invalid-parameters")
        found = schema.of(request.user)
        if wanted == "yaml":
            response = answer(schema.as_yaml(found), content_type="application/yaml")
        else:
            response = answer(encoded(found))
        patch_vary_headers(response, ["Cookie"])
        return response
