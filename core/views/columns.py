"""« Colonnes »: which ones a list shows, and in which order. Works without JavaScript: each arrow is a button."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.actions.saved_views import may_change, refresh_view, views_of
from core.columns import choosable, choose, chosen, forget, label_of
from core.models import SavedView
from core.views.panel import PanelView


class ColumnsView(PanelView):
    def get(self, request: HttpRequest) -> HttpResponse:
        names = [col.name for col in chosen(self.resource, self.user, self.view())]
        return self.show(names, names)

    def post(self, request: HttpRequest) -> HttpResponse:
        order, shown = request.POST.getlist("order"), request.POST.getlist("columns")
        moved = request.POST.get("up") or request.POST.get("down")
        if moved:
            return self.show(_moved(order, moved, -1 if "up" in request.POST else 1), shown)
        view, names = self.view(), [name for name in order if name in shown]
        if "reset" in request.POST:
            forget(self.resource, by=self.user, view=view)
            messages.success(request, _("Les colonnes sont de nouveau celles d’origine."))
        elif "for_view" in request.POST and view and may_change(view, self.user):
            refresh_view(view, by=self.user, params=view.params, columns=names)
            forget(self.resource, by=self.user, view=view)
            messages.success(request, _("La vue « %s » garde ces colonnes.") % view.name)
        else:
            choose(self.resource, names, by=self.user, view=view)
            messages.success(request, _("Vos colonnes sont gardées."))
        return self.to_list()

    def view(self) -> SavedView | None:
        asked = self.request.GET.get("view", "")
        return next((view for view in views_of(self.resource, self.user) if str(view.pk) == asked), None)

    def show(self, order: list[str], shown: list[str]) -> HttpResponse:
        known = choosable(self.resource, self.user)
        main, *others = known
        names = [name for name in dict.fromkeys(order) if name in others]
        names += [name for name in others if name not in names]
        columns: list[dict[str, Any]] = [
            {"name": name, "label": label_of(self.resource, known[name]), "shown": name in shown} for name in names
        ]
        view = self.view()
        changes = view is not None and may_change(view, self.user)
        context = {
            "main": label_of(self.resource, known[main]),
            "columns": columns,
            "view": view,
            "for_view": changes,
        }
        return self.panel("core/_columns.html", _("Colonnes"), context)


def _moved(order: list[str], name: str, step: int) -> list[str]:
    """`order` with a name one place further; unchanged when it is unknown or at the end."""
    names = list(dict.fromkeys(order))
    if name in names:
        place = names.index(name)
        names.insert(min(max(place + step, 0), len(names) - 1), names.pop(place))
    return names
