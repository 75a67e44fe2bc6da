"""Roles, and who has which right because of them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.access import Access
from core.accounts.actions.reach import access_of
from core.accounts.actions.roles import delete_role, save_role
from core.accounts.forms_people import RoleForm
from core.accounts.models import Role
from core.accounts.views.administration import Administration, FormPage
from core.accounts.why import holders, questions, reasons


class RolesView(Administration):
    section = "roles"

    def get(self, request: HttpRequest) -> HttpResponse:
        roles = Role.objects.annotate(size=Count("users", filter=Q(users__is_active=True)))
        rows = [{"role": role, "reasons": reasons([role])} for role in roles]
        return self.page("people/roles.html", rows=rows)


class RoleView(FormPage):
    section = "roles"
    template = "people/role.html"

    def role(self) -> Role | None:
        return get_object_or_404(Role, pk=self.kwargs["pk"])

    def form(self, *data: Any) -> RoleForm:
        return RoleForm(*data, instance=self.role(), by=self.user)

    def words(self) -> dict[str, Any]:
        role = self.role()
        beyond = role is not None and not access_of(self.user).covers(Access.of([role.grant]))
        return {
            "title": role.name if role else _("Nouveau rôle"),
            "button": _("Enregistrer") if role else _("Créer le rôle"),
            "back_url": reverse("roles"),
            "back_label": _("Rôles"),
            "delete_url": reverse("role-delete", args=[role.pk]) if role and not role.code else "",
            "delete_label": _("Supprimer le rôle"),
            "beyond": beyond,
        }

    def done(self, form: RoleForm) -> HttpResponse:
        save_role(form.instance, by=self.user)
        messages.success(self.request, _("Le rôle « %s » est enregistré.") % form.instance)
        return redirect("roles")


class NewRoleView(RoleView):
    def role(self) -> Role | None:
        return None


class RoleDeletionView(Administration):
    section = "roles"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("role", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        role = get_object_or_404(Role, pk=pk)
        try:
            delete_role(role, by=self.user)
        except ValidationError as error:
            self.refused(error)
            return redirect("role", pk)
        messages.success(request, _("Le rôle « %s » est supprimé.") % role.name)
        return redirect("roles")


class RightsView(Administration):
    """« Qui a quel droit, et pourquoi »."""

    section = "rights"

    def get(self, request: HttpRequest) -> HttpResponse:
        known = questions()
        chosen = request.GET.get("right", "")
        chosen = chosen if chosen in dict(known) else known[0][0]
        options = [{"value": value, "label": label, "chosen": value == chosen} for value, label in known]
        return self.page("people/rights.html", options=options, rows=holders(chosen), label=dict(known)[chosen])
