"""Changing a row that somebody else may be changing too."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.authorship import authors_of, deletion_of
from core.custom.definitions import field_of
from core.display import plain
from core.forms import ResourceForm
from core.locking import FIELD, Meeting, Opened, lock, meet, opened, put, seal, snapshot
from core.views.forms import FormView


class EditView(FormView):
    """Saves under a lock, after comparing with what the form was opened on.

    Changed by one side only: both are kept, and the message says what came from whom. Changed by both, or by them in
    the group of fields that the form changes (an address is one thing in three fields): nothing is written, and a
    choice is asked field by field. Saving again compares again.
    """

    def instance(self) -> models.Model | None:
        return self.row()

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        base = opened(self.resource.model, self.kwargs["pk"], request.POST.get(FIELD))
        try:
            with transaction.atomic():
                lock(self.resource.model, self.kwargs["pk"])
                return self.settle(base)
        except Http404:
            if base is None or not base.readable:
                raise
            return self.gone()

    def build(self, row: models.Model | None, data: Any = None, initial: Any = None) -> ResourceForm:
        """Without the fields that the row's state keeps; a page opened before posts them, and the form says why not."""
        form = super().build(row, data, initial)
        fixed = self.resource.fixed(row) if row else frozenset()
        if fixed and not any(form.add_prefix(name) in (data or ()) for name in fixed):
            form.keep_only(form.fields.keys() - fixed)
        return form

    def settle(self, base: Opened | None) -> HttpResponse:
        row = self.found()
        assert row is not None
        data = self.request.POST.copy()
        names = list(self.build(row).fields)
        now = snapshot(row, names)
        asked = self.chosen(data, row, base)
        form = self.build(row, data)
        if base is None:
            return self.saved(form) if form.is_valid() and self.save(form) else self.show(form, row)
        if not form.is_valid():
            return self.show(form, row, **self.asking(form, asked, base, base.values))
        found = meet(form, base, now)
        asked |= found.clashes | found.neighbours
        if not found.theirs and not asked:
            return self.saved(form) if self.save(form) else self.show(form, row)
        # Where only they changed something, their value is also the form's from now on.
        fresh = self.found()
        assert fresh is not None
        for name in found.kept - asked:
            put(data, form, name, fresh)
        form = self.build(fresh, data)
        if not asked and form.is_valid() and self.save(form):
            self.tell(fresh, found)
            return self.saved(form)
        return self.show(form, fresh, **self.asking(form, asked, base, now, found))

    def chosen(self, data: Any, row: models.Model, base: Opened | None) -> set[str]:
        """Apply the choices of a conflict screen to what was posted; the fields where none was made."""
        open_ = set()
        form = self.build(row)
        for name in base.former if base else ():
            choice = self.request.POST.get(f"_keep_{name}")
            if choice == "theirs" and name in form.fields:
                put(data, form, name, row)
            elif choice != "mine" and name in form.fields:
                open_.add(name)
        return open_

    def asking(
        self, form: ResourceForm, asked: set[str], base: Opened, values: Any, found: Meeting | None = None
    ) -> dict[str, Any]:
        """What the page needs to ask: one line for each field, and the snapshot that the next saving compares with."""
        row = self.row()
        former = {name: base.former.get(name, base.values.get(name, "")) for name in asked}
        authors = authors_of(row, asked)
        lines = []
        for name in [name for name in form.fields if name in asked]:
            field = field_of(type(row), name)
            lines.append(
                {
                    "bound": form[name],
                    "name": name,
                    "former": _told(field, former[name]) if base.readable else "",
                    "theirs": _told(field, getattr(row, name)),
                    "author": self.named(authors.get(name)),
                    "neighbour": bool(found and name in found.neighbours),
                    "unchosen": name in base.former and not (found and name in found.theirs),
                }
            )
        merged = sorted(found.kept - asked) if found else []
        return {
            "base": seal(row, values, former),
            "conflict": lines,
            "again": bool(base.former),
            "merged": self.labels(row, merged),
            "fieldsets": [
                {**group, "fields": shown}
                for group in form.groups()
                if (shown := [bound for bound in group["fields"] if bound.name not in asked])
            ],
        }

    def labels(self, row: models.Model, names: Iterable[str]) -> str:
        return ", ".join(capfirst(str(field_of(type(row), name).verbose_name)) for name in names)

    def tell(self, row: models.Model, found: Meeting) -> None:
        """After a saving that joined two people's changes."""
        if found.kept:
            authors = {author.name for author in authors_of(row, found.kept).values()}
            said = {"who": ", ".join(sorted(authors)) or _("quelqu’un"), "fields": self.labels(row, sorted(found.kept))}
            messages.info(self.request, _("Entre-temps, %(who)s avait changé : %(fields)s. C’est gardé aussi.") % said)

    def show(self, form: ResourceForm, row: models.Model | None, **extra: Any) -> HttpResponse:
        if row is not None and "base" not in extra:
            posted = self.request.POST.get(FIELD) if form.is_bound else None
            stored = row if not form.is_bound else None
            extra["base"] = posted or (seal(stored, snapshot(stored, form.fields)) if stored else "")
        return super().show(form, row, **extra)

    def gone(self) -> HttpResponse:
        """The row left meanwhile: what was typed is shown, and may become a new row."""
        pk = self.kwargs["pk"]
        deletion = deletion_of(self.resource.key(), pk)
        exists = self.resource.model._base_manager.filter(pk=pk).exists()
        form = self.build(None, self.request.POST)
        can = not exists and self.resource.may(self.user, Level.WRITE)
        extra = {"gone": {"deletion": self.named(deletion), "hidden": exists, "create": can}}
        return super().show(form, None, action=self.resource.create_url, **extra)


def _told(field: Any, value: Any) -> str:
    """A value in words; a key of another row by that row's name."""
    if isinstance(field, models.ForeignKey) and value not in (None, "") and not isinstance(value, models.Model):
        value = field.related_model._base_manager.filter(pk=value).first() or _("n° %s") % value
    if isinstance(field, models.ForeignKey):
        return str(value or "")
    if isinstance(field, models.ManyToManyField):
        rows = value.all() if hasattr(value, "all") else field.related_model._base_manager.filter(pk__in=value or [])
        return ", ".join(str(row) for row in rows)
    return plain(field, value)
