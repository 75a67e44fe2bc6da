"""Exits: begun from the client's page, carried on here."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import audit
from tenants.documents import vendor_storage
from tenants.middleware import TTL
from tenants.models import Client
from vendor import exits
from vendor.admin.site import ops
from vendor.models import Exit
from vendor.tasks import export_client

AFTER = TTL + 5  # seconds: another machine may serve the instance that long (tenants.freshness)
RECEIPT = ("receipt_signatory", "receipt_signed_on", "receipt_document")


class ExitForm(forms.ModelForm):
    """The receipt while there is none, and the reason that stops the destruction."""

    class Meta:
        model = Exit
        fields = (*RECEIPT, "stop_reason")

    def _post_clean(self) -> None:
        """The actions judge and write; a stop wins over a receipt."""
        if self.errors:
            return
        data = self.cleaned_data
        try:
            if data.get("stop_reason"):
                exits.stop(self.instance, reason=data["stop_reason"], by=self.by)
            elif any(data.get(name) for name in RECEIPT) and self.instance.receipt_signed_on is None:
                for name in RECEIPT:
                    setattr(self.instance, name, data[name])
                exits.sign(self.instance)
        except ValidationError as error:
            self.add_error(None, error)

    by = ""

    def save(self, commit: bool = True) -> Exit:
        self.save_m2m = self._save_m2m  # type: ignore[method-assign,attr-defined]
        return self.instance


@admin.register(Exit, site=ops)
class ExitAdmin(admin.ModelAdmin):
    form = ExitForm
    change_form_template = "vendor/ops/client.html"
    list_display = ("client", "begun_at", "exported_at", "receipt_signed_on", "destroy_on", "destroyed_at")
    list_select_related = ("client",)
    told = (
        "client", "begun_at", "begun_by", "exported_at", "error", "archive_size", "archive_sha256", "rows", "files",
        "downloaded_at", "downloaded_by", "destroy_on", "stopped_at", "stopped_by", "destroyed_at", "backups_until",
    )  # fmt: skip
    fields = (*told, *RECEIPT, "stop_reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Exit | None = None) -> Any:
        if obj is None or not obj.runs:
            return self.fields
        return self.told if obj.receipt_signed_on is None else (*self.told, *RECEIPT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.by = str(request.user)  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Written by the form's action already."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("begin/<int:client>/", view(require_POST(self.begin)), name="vendor_exit_begin"),
            path("<int:pk>/export/", view(require_POST(self.export)), name="vendor_exit_export"),
            path("<int:pk>/certificate/", view(self.certificate), name="vendor_exit_certificate"),
            *super().get_urls(),
        ]

    def begin(self, request: HttpRequest, client: int) -> HttpResponse:
        found = get_object_or_404(Client, pk=client)
        try:
            with audit.by(request.user, screen="ops"):
                made = exits.begin(found, by=str(request.user))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("admin:tenants_client_change", client)
        self.log_addition(request, made, "begin")
        export_client.apply_async([made.pk], countdown=AFTER)
        messages.success(request, _("L’instance est fermée ; l’export se prépare."))
        return redirect("admin:vendor_exit_change", made.pk)

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = get_object_or_404(Exit, pk=pk)
        if found.runs and found.receipt_signed_on is None:
            export_client.delay(pk)
            self.log_change(request, found, "export")
            messages.success(request, _("L’export se prépare."))
        return redirect("admin:vendor_exit_change", pk)

    def certificate(self, request: HttpRequest, pk: int) -> FileResponse:
        found = get_object_or_404(Exit, pk=pk)
        if not found.certificate:
            raise Http404
        name = f"certificat-{found.client.code}.pdf"
        return FileResponse(vendor_storage.open(found.certificate), as_attachment=True, filename=name)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        found: Exit | None = kwargs.get("obj")
        if found is not None and found.runs and found.receipt_signed_on is None:
            url = reverse("admin:vendor_exit_export", args=[found.pk])
            context["steps"] = [{"url": url, "label": _("Refaire l’export") if found.archive else _("Faire l’export")}]
        if found is not None and found.certificate:
            context["links"] = [
                {
                    "url": reverse("admin:vendor_exit_certificate", args=[found.pk]),
                    "label": _("Certificat de destruction"),
                }
            ]
        return super().render_change_form(request, context, *args, **kwargs)
