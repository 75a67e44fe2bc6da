"""Insurance of both parties (R24) and the staff's undertakings (R26)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from vendor.admin.site import ops
from vendor.models import Insurance, Undertaking


class Kept(admin.ModelAdmin):
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Insurance, site=ops)
class InsuranceAdmin(Kept):
    list_display = ("insurer", "policy", "party", "client", "starts_on", "ends_on")
    list_filter = ("party",)
    list_select_related = ("client",)
    autocomplete_fields = ("client",)


@admin.register(Undertaking, site=ops)
class UndertakingAdmin(Kept):
    list_display = ("name", "signed_on", "left_on")
    search_fields = ("name",)
