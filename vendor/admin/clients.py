"""Clients: made here, complete; their hosts, identity, brand and states."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from core import audit
from core.business_time.public_holidays import Zone
from tenants.contracts import business_modules, granted, seats_taken
from tenants.middleware import forget_hosts
from tenants.models import Client, Domain, State, StateChange, validate_client_name
from tenants.states import set_state, steps
from vendor.admin.site import ops
from vendor.forms import IDENTITY, IdentityForm, LogoForm
from vendor.provisioning import Administrator, provision

# What the button of a step says.
VERBS = {
    State.TRIAL: gettext_lazy("Rouvrir à l’essai"),
    State.LIVE: gettext_lazy("Mettre en service"),
    State.SUSPENDED: gettext_lazy("Suspendre"),
    State.MAINTENANCE: gettext_lazy("Fermer pour maintenance"),
    State.LEAVING: gettext_lazy("Passer en départ"),
}
_DOOR = ("demands_certificate", "certificate_authorities", "certificate_fingerprints")


class ClientForm(LogoForm, IdentityForm):
    class Meta:
        model = Client
        fields = (*IDENTITY, "hue", "chroma", "logo", *_DOOR)


class ProvisioningForm(IdentityForm):
    """A new client on one screen."""

    code = forms.CharField(
        label=gettext_lazy("Nom court"), max_length=40, validators=[validate_client_name],
        help_text=gettext_lazy("le début de son adresse ; il ne change plus"),
    )  # fmt: skip
    zone = forms.ChoiceField(label=gettext_lazy("Jours fériés"), choices=Zone.choices)
    email = forms.EmailField(
        label=gettext_lazy("Premier administrateur"), help_text=gettext_lazy("il choisit lui-même son mot de passe")
    )
    first_name = forms.CharField(label=gettext_lazy("Prénom"), max_length=80, required=False)
    last_name = forms.CharField(label=gettext_lazy("Nom"), max_length=80, required=False)

    class Meta:
        model = Client
        fields = (*IDENTITY, "hue")

    field_order = ("code", *IDENTITY, "hue", "zone", "email", "first_name", "last_name")
    made: Client | None = None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        data = self.cleaned_data
        self.instance.code = data["code"]
        first = Administrator(data["email"].lower(), data["first_name"], data["last_name"])
        try:
            self.made = provision(self.instance, administrator=first, zone=data["zone"])
        except ValidationError as error:
            self.add_error(None, error)


class DomainForm(forms.ModelForm):
    class Meta:
        model = Domain
        fields = ("domain", "is_primary")
        labels = {"domain": gettext_lazy("Nom d’hôte"), "is_primary": gettext_lazy("Principal")}


class DomainInline(admin.TabularInline):
    model = Domain
    form = DomainForm
    extra = 0
    verbose_name_plural = gettext_lazy("hôtes : le sous-domaine, et les domaines propres du client")


class ChangesInline(admin.TabularInline):
    model = StateChange
    extra = 0
    can_delete = False
    fields = readonly_fields = ("at", "before", "after", "actor")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Client, site=ops)
class ClientAdmin(admin.ModelAdmin):
    form = ClientForm
    change_form_template = "vendor/ops/client.html"
    list_display = ("code", "name", "state", "city", "created_at")
    list_filter = ("state",)
    search_fields = ("code", "name", "siret", "domains__domain")
    readonly_fields = ("code", "state", "contract", "created_at", "destroyed_at")
    fields = ("code", "state", "contract", *IDENTITY, "hue", "chroma", "logo", *_DOOR, "created_at", "destroyed_at")
    inlines = (DomainInline, ChangesInline)

    @admin.display(description=gettext_lazy("contrat"))
    def contract(self, client: Client) -> str:
        given = granted(client.pk)
        if given is None:
            return _("aucun : à l’essai, sans limite")
        names = ", ".join(business_modules().get(module, module) for module in sorted(given.modules))
        taken = 0 if client.destroyed_at else seats_taken(client)
        said = ngettext(
            "%(taken)s place prise sur %(seats)s ; modules : %(modules)s",
            "%(taken)s places prises sur %(seats)s ; modules : %(modules)s", taken,
        )  # fmt: skip
        return said % {"taken": taken, "seats": given.seats, "modules": names}

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [path("<int:pk>/state/<slug:state>/", view(require_POST(self.move)), name="tenants_client_state")]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """« Ajouter un client » makes everything at once."""
        form = ProvisioningForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and form.made:
            made = form.made
            self.log_addition(request, made, "ops")
            said = _("%(name)s est prêt : %(host)s. L’invitation est partie à %(email)s.")
            messages.success(
                request, said % {"name": made.name, "host": made.host, "email": form.cleaned_data["email"]}
            )
            return redirect("admin:tenants_client_change", made.pk)
        context = {**self.admin_site.each_context(request), "form": form, "title": _("Nouveau client")}
        return TemplateResponse(request, "vendor/ops/provision.html", context)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        client = kwargs.get("obj") or (args[3] if len(args) > 3 else None)
        if client is not None:
            context["steps"] = [
                {"url": reverse("admin:tenants_client_state", args=[client.pk, state]), "label": VERBS[state]}
                for state in steps(client)
                if client.state != State.CLOSED and state != State.CLOSED  # only an exit closes for good
            ]
            if client.state == State.LEAVING:
                begin = reverse("admin:vendor_exit_begin", args=[client.pk])
                context["steps"].append({"url": begin, "label": _("Commencer la sortie")})
        return super().render_change_form(request, context, *args, **kwargs)

    def move(self, request: HttpRequest, pk: int, state: str) -> HttpResponse:
        """One step of the client's state."""
        client = get_object_or_404(Client, pk=pk)
        if state not in State.values or state == State.CLOSED:
            return redirect("admin:tenants_client_change", pk)
        with audit.by(request.user, screen="ops"):
            try:
                set_state(client, State(state))
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                self.log_change(request, client, f"{state}")
                messages.success(request, f"{client} : {State(state).label}.")
        return redirect("admin:tenants_client_change", pk)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        forget_hosts()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
