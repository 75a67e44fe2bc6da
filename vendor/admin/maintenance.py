"""The register of maintenance."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from tenants.maintenance import forget_windows
from tenants.models import Maintenance
from vendor.admin.site import ops


@admin.register(Maintenance, site=ops)
class MaintenanceAdmin(admin.ModelAdmin):
    list_display = ("kind", "starts_at", "ends_at", "closes", "version", "operator", "outcome")
    list_filter = ("kind", "outcome")
    autocomplete_fields = ("clients",)
    readonly_fields = ("operator", "ended_at")
    fields = (
        "kind", "purpose", "announced_at", "starts_at", "ends_at", "closes", "clients", "version", "operator",
        "outcome", "report", "ended_at",
    )  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Maintenance | None = None) -> bool:
        """With its outcome, a line of the register is only read."""
        return obj is None or not obj.outcome

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Maintenance, form: Any, change: bool) -> None:
        obj.operator = obj.operator or str(request.user)[:160]
        super().save_model(request, obj, form, change)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)

        class Ending(form):  # type: ignore[misc, valid-type]
            def _post_clean(self) -> None:
                if self.cleaned_data.get("outcome") and self.instance.ended_at is None:
                    self.instance.ended_at = timezone.now()
                super()._post_clean()

        return Ending

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        forget_windows()
