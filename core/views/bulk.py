"""Many rows at once: the page that asks, with how many rows it is about, then the gesture itself."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import bulk
from core.actions.bin import Kept
from core.actions.bulk import (
    MAX_ROWS,
    GivenAway,
    Selection,
    Stale,
    Stamp,
    change_rows,
    delete_rows,
    pks_of,
    tag_selected,
)
from core.display import number
from core.views.exporting import ExportForm, ExportView
from core.views.panel import PanelView


class BulkView(PanelView):
    """POST `action`, with `ids` or `all`: the page that asks. With the `stamp` of that page too: it is done."""

    def check(self, request: HttpRequest) -> None:
        super().check(request)
        gesture = bulk.gestures(self.resource).get(request.POST.get("action", ""))
        if gesture is not None and not bulk.allowed(gesture, self.resource, self.user):
            raise PermissionDenied

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.to_list()

    def post(self, request: HttpRequest) -> HttpResponse:
        gesture = bulk.gestures(self.resource).get(request.POST.get("action", ""))
        if gesture is None:
            raise Http404
        everything = "all" in request.POST
        pks = None if everything else pks_of(request.POST.getlist("ids"))
        if gesture is bulk.EXPORT:
            return self.export(request, pks)
        selection = Selection(self.resource, self.user, request.GET, pks)
        refusal = self.refusal(selection)
        if refusal:
            messages.warning(request, refusal)
            return self.to_list()
        stamp = Stamp.read(request.POST.get("stamp", ""))
        if stamp is None:
            return self.ask(gesture, selection, None)
        return self.perform(gesture, selection, stamp)

    def export(self, request: HttpRequest, pks: frozenset[int] | None) -> HttpResponse:
        """Its own page asks, and does it: a file needs no stamp, it holds the rows as they are when it is made."""
        view = ExportView(resource=self.resource)
        view.setup(request)
        return view.ask(pks, ExportForm())

    def refusal(self, selection: Selection) -> str:
        if (selection.pks is not None and len(selection.pks) > MAX_ROWS) or selection.stamp.count > MAX_ROWS:
            return _("Au plus %s lignes à la fois : resserrez les filtres.") % number(MAX_ROWS)
        if selection.stamp.count == 0:
            return _("Rien à faire : aucune ligne n’est choisie, ou vous ne pouvez modifier aucune d’elles.")
        return ""

    def ask(self, gesture: bulk.Gesture, selection: Selection, form: Any, error: str = "") -> HttpResponse:
        """The form, with the rows as they are now: confirming it is about those."""
        ticked = self.request.POST.getlist("set")
        if form is None:
            form = bulk.form_of(gesture, self.resource, self.user, None, [])
        for field in form.fields.values() if form is not None else ():
            field.disabled = False  # shown with what was typed, whether it was read or not
        fields = [{"bound": field, "ticked": field.name in ticked} for field in form] if form is not None else []
        context = {
            "gesture": gesture,
            "form": form,
            "fields": fields,
            "count": selection.stamp.count,
            "count_label": number(selection.stamp.count),
            "left_out": selection.left_out,
            "stamp": selection.stamp.sign(),
            "ids": "" if selection.pks is None else ",".join(str(pk) for pk in sorted(selection.pks)),
            "everything": selection.pks is None,
            "error": error,
            "action_url": f"{self.request.path}?{self.request.GET.urlencode()}",
        }
        return self.panel("core/_bulk.html", str(gesture.title), context)

    def perform(self, gesture: bulk.Gesture, selection: Selection, stamp: Stamp) -> HttpResponse:
        request = self.request
        form = bulk.form_of(gesture, self.resource, self.user, request.POST, request.POST.getlist("set"))
        if gesture is bulk.EDIT and not bulk.enabled(form):
            return self.again(gesture, selection, None, _("Cochez au moins un champ à modifier."))
        if form is not None and not form.is_valid():
            return self.again(gesture, selection, form, "")
        try:
            said, undo = self.acts()[gesture.name](selection, stamp, form)
        except Stale as stale:
            return self.again(gesture, selection, None, _changed(stale))
        except GivenAway:
            error = _("Rien n’est fait : certaines fiches sortiraient de celles que vous pouvez voir.")
            return self.again(gesture, selection, form, error)
        except Kept as kept:
            return self.again(gesture, selection, form, str(kept))
        except IntegrityError as refused:
            form.add_integrity_error(refused)
            return self.again(gesture, selection, form, "")
        messages.success(request, said, extra_tags=undo)  # the message's tag is the address of its « Annuler »
        return self.to_list()

    def again(self, gesture: bulk.Gesture, selection: Selection, form: Any, error: str) -> HttpResponse:
        fresh = Selection(selection.resource, selection.user, selection.params, selection.pks)
        refusal = self.refusal(fresh)
        if refusal:  # nothing is left to ask about
            messages.warning(self.request, error or refusal)
            return self.to_list()
        return self.ask(gesture, fresh, form, error)

    # --- the gestures: each says what it did, and the address that undoes it, or "" ---------------------------------
    def acts(self) -> dict[str, Callable[[Selection, Stamp, Any], tuple[str, str]]]:
        return {"edit": self.change, "assign": self.change, "tag": self.tag, "delete": self.delete}

    def change(self, selection: Selection, stamp: Stamp, form: Any) -> tuple[str, str]:
        count = change_rows(selection, bulk.values_of(form), stamp=stamp, by=self.user)
        said = ngettext("%s fiche modifiée.", "%s fiches modifiées.", count) % number(count)
        return said + self.same(stamp, count), ""

    def same(self, stamp: Stamp, count: int) -> str:
        already = stamp.count - count
        if not already:
            return ""
        return " " + ngettext("%s l’était déjà.", "%s l’étaient déjà.", already) % number(already)

    def tag(self, selection: Selection, stamp: Stamp, form: Any) -> tuple[str, str]:
        names, take_off = form.cleaned_data["tags"], form.cleaned_data["take_off"]
        count = tag_selected(selection, names, take_off=take_off, stamp=stamp, by=self.user)
        return ngettext("%s fiche étiquetée.", "%s fiches étiquetées.", count) % number(count), ""

    def delete(self, selection: Selection, stamp: Stamp, form: Any) -> tuple[str, str]:
        count, operation = delete_rows(selection, stamp=stamp, by=self.user)
        said = ngettext("%s fiche mise à la corbeille.", "%s fiches mises à la corbeille.", count) % number(count)
        return said, reverse("bin-undo", args=[operation])


def _changed(stale: Stale) -> str:
    parts = []
    if stale.changed:
        parts.append(ngettext("%s fiche a changé", "%s fiches ont changé", stale.changed) % number(stale.changed))
    if stale.gone:
        parts.append(
            ngettext("%s n’est plus dans la sélection", "%s ne sont plus dans la sélection", stale.gone)
            % number(stale.gone)
        )
    what = _(" et ").join(parts) or _("la sélection n’est plus la même")
    return _("Rien n’est fait : %s depuis que vous avez ouvert cette page. Vérifiez, puis confirmez de nouveau.") % what
