"""Saved views: kept from the list as it is, renamed, brought up to date, removed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.accounts.models import User
from core.actions import saved_views as actions
from core.columns import chosen
from core.models import SavedView
from core.models.views import Density
from core.resource import Resource
from core.text import clean
from core.views.panel import PanelView


class ViewForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Nom de la vue"), max_length=60)
    audience = forms.ChoiceField(label=gettext_lazy("Visible par"), widget=forms.RadioSelect)
    position = forms.IntegerField(
        label=gettext_lazy("Place parmi les onglets"), min_value=1, max_value=99, initial=50, required=False,
        help_text=gettext_lazy("De 1 (en premier) à 99"),
    )  # fmt: skip
    density = forms.ChoiceField(
        label=gettext_lazy("Densité"), required=False, widget=forms.RadioSelect,
        choices=[("", gettext_lazy("Celle de chacun")), *Density.choices],
    )  # fmt: skip
    opens_first: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        label=gettext_lazy("La liste s’ouvre sur cette vue pour"), queryset=None, required=False,
        widget=forms.CheckboxSelectMultiple, help_text=gettext_lazy("La vue doit être visible par tout le monde."),
    )  # fmt: skip

    def __init__(self, *args: Any, resource: type[Resource], user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = actions.audiences(resource, user)
        self.fields["audience"].choices = choices  # type: ignore[attr-defined]
        self.fields["audience"].initial = choices[0][0]
        if len(choices) == 1:
            self.fields["audience"].widget = forms.HiddenInput()
        if user.may("settings", Level.MANAGE):
            self.fields["opens_first"].queryset = actions.all_roles()  # type: ignore[attr-defined]
        else:
            del self.fields["opens_first"]

    def clean_name(self) -> str:
        name = " ".join(clean(self.cleaned_data["name"]).split())
        if not name:
            raise forms.ValidationError(_("Donnez un nom à la vue."))
        return name

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 50

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("opens_first") and data.get("audience") != "everyone":
            self.add_error("audience", _("Pour ouvrir la liste d’autres personnes, la vue doit être visible par tous."))
        return data


class NewView(PanelView):
    """« Enregistrer la vue »: the query string of this page is the one that is kept."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(self.build())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.build(request.POST)
        if form.is_valid() and (view := self.write(form)):
            messages.success(request, _("La vue « %s » est enregistrée.") % view.name)
            return redirect(actions.address(view, self.resource.list_url))
        return self.show(form)

    def build(self, data: QueryDict | None = None) -> ViewForm:
        return ViewForm(data, initial={"density": self.density()}, resource=self.resource, user=self.user)

    def density(self) -> str:
        """The one that the list shows: the present view's, else the person's own."""
        current = self.current()
        own = "compact" if self.request.COOKIES.get("density") == "compact" else "comfort"
        return (current.density if current else "") or own

    def current(self) -> SavedView | None:
        """The view in which the list is."""
        asked = self.request.GET.get("view", "")
        return next((v for v in actions.views_of(self.resource, self.user) if str(v.pk) == asked), None)

    def write(self, form: ViewForm) -> SavedView | None:
        """The view, or None with an error in the form when its name is taken."""
        data = form.cleaned_data
        try:
            view = self.act(**{name: data[name] for name in ("name", "audience", "position", "density")})
        except actions.NameTaken:
            form.add_error("name", _("Vous avez déjà une vue de ce nom sur cette liste."))
            return None
        if "opens_first" in form.fields:
            actions.open_first(view, data["opens_first"], by=self.user)
        return view

    def act(self, **data: Any) -> SavedView:
        params, columns = self.state()
        return actions.save_view(self.resource, by=self.user, params=params, columns=columns, **data)

    def state(self) -> tuple[dict[str, list[str]], list[str]]:
        """What the list shows now: the query, and the columns of the view that it comes from."""
        cols = chosen(self.resource, self.user, self.current())
        return actions.asked(self.request.GET), [col.name for col in cols]

    def show(self, form: ViewForm) -> HttpResponse:
        return self.panel("core/_view_form.html", _("Enregistrer la vue"), {"form": form})


class OwnView(PanelView):
    """A page about a view that this person may change: 404 when they do not see it, 403 when it is another's."""

    def view(self) -> SavedView:
        view = get_object_or_404(actions.visible(self.resource, self.user), pk=self.kwargs["pk"])
        if not actions.may_change(view, self.user):
            raise PermissionDenied
        return view

    def list_url(self) -> str:
        return actions.address(self.view(), self.resource.list_url)


class ChangeView(OwnView, NewView):
    """Its name, its audience, its place, the roles whose list opens on it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        return self.show(self.build())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        return super().post(request)

    def build(self, data: QueryDict | None = None) -> ViewForm:
        view = self.view()
        initial: dict[str, Any] = {name: getattr(view, name) for name in ("name", "audience", "position", "density")}
        initial["opens_first"] = actions.roles_opening_on(view)
        return ViewForm(data, initial=initial, resource=self.resource, user=self.user)

    def act(self, **data: Any) -> SavedView:
        return actions.describe_view(self.view(), by=self.user, **data)

    def show(self, form: ViewForm) -> HttpResponse:
        view = self.view()
        context = {"form": form, "view": view, "remove_url": self.resource.url("view-delete", view.pk)}
        return self.panel("core/_view_form.html", _("Modifier la vue"), context)


class RefreshView(OwnView, NewView):
    """« Mettre à jour la vue »: it now asks for what the list shows."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        return self.to_list()

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        view = self.view()
        params, columns = self.state()
        actions.refresh_view(view, by=self.user, params=params, columns=columns)
        messages.success(request, _("La vue « %s » est à jour.") % view.name)
        return self.to_list()


class RemoveView(OwnView):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.panel("core/_view_remove.html", _("Supprimer la vue"), {"view": self.view()})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = self.view()
        actions.remove_view(view, by=self.user)
        messages.success(request, _("La vue « %s » est supprimée.") % view.name)
        return redirect(f"{self.resource.list_url}?view=all")
