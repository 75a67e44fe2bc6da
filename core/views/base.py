"""The guarded base of every screen of an instance: signed in, allowed, and rows already narrowed."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.generic import View
from django_htmx.http import HttpResponseClientRedirect

from core.accounts.access import Level
from core.accounts.licences import refuse_unlicensed
from core.accounts.models import User
from core.exporting.recording import may_extract
from core.htmx import is_htmx
from core.merging.undoing import heir
from core.record_reads import row_of
from core.resource import Resource
from core.views.errors import session_over


class InstanceView(AccessMixin, View):
    """Signed in at a client's instance. htmx gets a redirect that it follows as a page."""

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]  # dispatch lets nobody else in

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.signed_out(request)
        self.check(request)
        try:
            return self.answered(cast("HttpResponse", super().dispatch(request, *args, **kwargs)))
        except Http404:
            if answer := self.instead(request):
                return answer
            raise

    def signed_out(self, request: HttpRequest) -> HttpResponse:
        """The way to the sign-in page, unless it would lose what was typed."""
        login = self.handle_no_permission()
        if not is_htmx(request):
            return session_over(request) or login
        if request.method != "GET":
            return HttpResponse(
                status=401
            )  # nothing is swapped: what was typed stays where it is, and a message says why
        return HttpResponseClientRedirect(login["Location"])

    def check(self, request: HttpRequest) -> None:
        """Raise PermissionDenied (403) or Http404 before any handler runs."""

    def answered(self, answer: HttpResponse) -> HttpResponse:
        """What is sent of a handler's answer."""
        return answer

    def instead(self, request: HttpRequest) -> HttpResponse | None:
        """The answer where nothing was found; None: the page that says so."""
        return None

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """405 with a page: the address of a form, typed or come back to, is not a blank screen."""
        answer = super().http_method_not_allowed(request, *args, **kwargs)
        answer.content = render_to_string("405.html").encode()
        return answer


class ModuleView(InstanceView):
    """A screen of a module: `module` and `level` say who may open it."""

    module = ""
    level = Level.READ

    def check(self, request: HttpRequest) -> None:
        refuse_unlicensed(self.module)
        if not request.user.may(self.module, self.level):  # type: ignore[union-attr]
            raise PermissionDenied


class SettingsView(ModuleView):
    """A screen of whoever administers the instance."""

    module = "settings"
    level = Level.MANAGE


class OfResource:
    """What a screen or an address of a resource can reach: the rows of the person, and nothing else."""

    resource: type[Resource] = Resource
    level = Level.READ

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[attr-defined]

    @property
    def rows(self) -> QuerySet:
        return self.resource.rows(self.user)

    def row(self, level: Level | None = None) -> Model:
        """The row of the address; 404 when it is not among this person's, 403 when they may only read it."""
        row = row_of(self.resource, self.user, self.kwargs["pk"])  # type: ignore[attr-defined]
        if row is None:
            raise Http404
        if not self.reaches(row, self.level if level is None else level):
            raise PermissionDenied
        return row

    def reaches(self, row: Model, level: Level) -> bool:
        """Whether a row that this person sees is also theirs at a level. Asks nothing where the reach is the same."""
        if not self.resource.may(self.user, level):
            return False
        if self.resource.scope(self.user, level) is self.resource.scope(self.user):
            return True
        return self.resource.rows(self.user, level).filter(pk=row.pk).exists()


class ResourceView(OfResource, InstanceView):
    """A screen of a resource. `level` is checked first, then `rows` are all that a handler can reach."""

    def check(self, request: HttpRequest) -> None:
        refuse_unlicensed(self.resource.module)
        if not self.resource.may(request.user, self.level):  # type: ignore[arg-type]
            raise PermissionDenied

    def instead(self, request: HttpRequest) -> HttpResponse | None:
        """Old links to a record that was merged lead to the one that was kept."""
        heir = self.heir(request)
        if heir is None:
            return None
        messages.info(request, _("La fiche demandée a été fusionnée dans celle-ci."))
        return self.to("record", heir)

    def heir(self, request: HttpRequest) -> int | None:
        """Of the record of the address, when it was merged into one that this person sees."""
        if self.resource.duplicates is None or request.method != "GET" or "pk" not in self.kwargs:
            return None
        found = heir(self.resource.key(), self.kwargs["pk"])
        return found if found is not None and self.rows.filter(pk=found).exists() else None

    def can(self, row: Model | None = None) -> dict[str, bool]:
        """What the templates ask before they show a button; for a row, where its page shows it."""
        writes = self.resource.may(self.user, Level.WRITE)
        changes = writes and (row is None or self.reaches(row, Level.WRITE))
        return {
            "create": writes,
            "edit": changes,
            "delete": changes,
            "import_": writes,
            "export": may_extract(self.resource, self.user),
        }

    def to(self, page: str, *args: Any) -> HttpResponse:
        return redirect(self.resource.url(page, *args))
