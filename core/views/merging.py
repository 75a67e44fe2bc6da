"""Two records side by side, merged, taken apart again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.access import Level
from core.custom.definitions import field_of
from core.display import number, plain
from core.keyset import capped_counts
from core.locking import opened, seal, snapshot
from core.merging.merging import Refused, chosen, lock_both, merge
from core.merging.moving import NotMerged, attached, pointing
from core.merging.undoing import NotUndone, undo
from core.models import Merge
from core.models.merging import MERGE_DAYS
from core.references import about
from core.views import duplicates
from core.views.base import ResourceView


def pages() -> dict[str, tuple[str, Any]]:
    """Of a resource that declares its `duplicates`."""
    return {
        "similar": ("similar/", duplicates.SimilarView),
        "duplicates": ("duplicates/", duplicates.DuplicatesView),
        "duplicate": ("duplicates/<int:pair>/", duplicates.DismissView),
        "same-as": ("<int:pk>/same-as/", duplicates.SameAsView),
        "merge": ("<int:pk>/merge/<int:other>/", MergeView),
        "merged": ("merges/<int:merge>/", MergedView),
    }


class MergeView(ResourceView):
    """Both records field by field; `pk` stays, `other` goes."""

    level = Level.WRITE

    def both(self) -> tuple[models.Model, models.Model]:
        kept = self.row()
        other = get_object_or_404(self.rows.select_related(), pk=self.kwargs["other"])
        if not self.reaches(other, Level.WRITE):
            raise PermissionDenied
        if kept.pk == other.pk:
            raise Http404
        return kept, other

    def get(self, request: HttpRequest, pk: int, other: int) -> HttpResponse:
        return self.show(*self.both())

    def post(self, request: HttpRequest, pk: int, other: int) -> HttpResponse:
        try:
            with transaction.atomic():
                lock_both(self.resource, (pk, other))
                kept, gone = self.both()
                if self.changed(kept, "_kept") or self.changed(gone, "_gone"):
                    return self.show(kept, gone, changed=True)
                title = self.resource.title(gone)
                names = self.resource.form(None, None, instance=kept, user=self.user).fields
                choices = {name: request.POST.get(f"_keep_{name}", "") for name in names}
                done = merge(self.resource, kept, gone, by=self.user, choices=choices)
        except NotMerged as error:
            return self.show(*self.both(), error=str(error))
        except Refused as refused:
            return self.show(*self.both(), errors=_told(refused.form))
        undo_url = self.resource.url("merged", done.pk)
        messages.success(request, _("« %s » est fusionnée dans cette fiche.") % title, extra_tags=undo_url)
        return self.to("record", pk)

    def names(self, row: models.Model) -> list[str]:
        return list(self.resource.form(None, None, instance=row, user=self.user).fields)

    def changed(self, row: models.Model, name: str) -> bool:
        base = opened(self.resource.model, row.pk, self.request.POST.get(name))
        return base is None or base.values != snapshot(row, self.names(row))

    def show(self, kept: models.Model, gone: models.Model, **extra: Any) -> HttpResponse:
        names = self.names(kept)
        lines = [self.line(kept, gone, name) for name in names]
        context = {
            "resource": self.resource,
            "kept": self.side(kept),
            "gone": self.side(gone),
            "lines": [line for line in lines if line["differs"]],
            "same": [line for line in lines if not line["differs"] and line["kept"]],
            "base_kept": seal(kept, snapshot(kept, names)),
            "base_gone": seal(gone, snapshot(gone, names)),
            "moved": self.moved(gone),
            "swap_url": self.resource.url("merge", gone.pk, kept.pk),
            "days": MERGE_DAYS,
            **extra,
        }
        return render(self.request, "core/merge.html", context)

    def side(self, row: models.Model) -> dict[str, Any]:
        return {
            "pk": row.pk,
            "title": self.resource.title(row),
            "avatar": self.resource.look.avatar,
            "url": self.resource.url("record", row.pk),
            "created_at": row.created_at,  # type: ignore[attr-defined]
            "updated_at": row.updated_at,  # type: ignore[attr-defined]
        }

    def line(self, kept: models.Model, gone: models.Model, name: str) -> dict[str, Any]:
        field = field_of(self.resource.model, name)
        mine, theirs = _text(field, kept, name), _text(field, gone, name)
        own = getattr(gone, name) == kept  # a parent: the record that stays is not its own
        posted = self.request.POST.get(f"_keep_{name}")
        return {
            "name": name,
            "label": capfirst(str(field.verbose_name)),
            "kept": mine,
            "gone": "" if own else theirs,
            "differs": mine != theirs and not own,
            "choice": chosen(getattr(kept, name), getattr(gone, name), posted),
            "both": isinstance(field, models.TextField) and bool(mine) and bool(theirs),
        }

    def moved(self, gone: models.Model) -> list[str]:
        """What will follow, counted: "3 contacts"."""
        counted: list[tuple[type[models.Model], QuerySet]] = [
            (other, other._base_manager.filter(**{key.name: gone.pk})) for other, key in pointing(self.resource.model)
        ]
        counted += [(other, other._base_manager.filter(**about(gone))) for other in attached()]
        counts = capped_counts([rows for _other, rows in counted])
        return [f"{number(n)} {_named(other, n)}" for (other, _rows), n in zip(counted, counts, strict=True) if n]


def _named(model: type[models.Model], count: int) -> str:
    return str(model._meta.verbose_name if count < 2 else model._meta.verbose_name_plural)


def _text(field: Any, row: models.Model, name: str) -> str:
    """Without links: a click on a value chooses it."""
    value = getattr(row, name)
    if isinstance(value, models.Model):
        return str(value)
    return plain(field, value)


def _told(form: Any) -> list[str]:
    lines = []
    for name, errors in form.errors.items():
        label = f"{form.fields[name].label} : " if name in form.fields else ""
        lines += [f"{label}{error}" for error in errors]
    return lines


class MergedView(ResourceView):
    """One merge: what it did; « Défaire »."""

    level = Level.WRITE

    def merge(self) -> Merge:
        mine = self.resource.rows(self.user, Level.WRITE)
        found = Merge.objects.filter(model=self.resource.key()).filter(
            Q(into_id__in=mine.values("pk")) | Q(object_id__in=mine.values("pk"))
        )
        return get_object_or_404(found.select_related("by", "undone_by"), pk=self.kwargs["merge"])

    def get(self, request: HttpRequest, merge: int) -> HttpResponse:
        return self.show(self.merge())

    def post(self, request: HttpRequest, merge: int) -> HttpResponse:
        done = self.merge()
        try:
            undo(done.pk, by=self.user)
        except NotUndone as error:
            return self.show(done, error=str(error))
        messages.success(request, _("La fusion est défaite : « %s » est de nouveau une fiche à part.") % done.title)
        return redirect(self.resource.url("record", done.object_id))

    def show(self, done: Merge, error: str = "") -> HttpResponse:
        into = self.resource.rows(self.user).filter(pk=done.into_id).first()
        moved = sum(len(pks) for _label, _column, pks in (done.content or {}).get("keys", []))
        moved += sum(len(pks) for _label, pks in (done.content or {}).get("attached", []))
        columns = (done.content or {}).get("before", {})
        context = {
            "resource": self.resource,
            "merge": done,
            "into": into and {"title": self.resource.title(into), "url": self.resource.url("record", into.pk)},
            "moved": ngettext("%d élément rattaché", "%d éléments rattachés", moved) % moved if moved else "",
            "values": ngettext("%d valeur reprise", "%d valeurs reprises", len(columns)) % len(columns)
            if columns
            else "",
            "undoable": done.undone_at is None and done.content is not None,
            "days": MERGE_DAYS,
            "error": error,
        }
        return render(self.request, "core/merged.html", context)
