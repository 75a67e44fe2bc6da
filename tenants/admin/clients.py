"""Clients and their hosts."""

from django.contrib import admin

from tenants.admin.site import ops
from tenants.models import Client, Domain


class DomainInline(admin.TabularInline):
    model = Domain
    extra = 0


@admin.register(Client, site=ops)
class ClientAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "state", "created_at")
    list_filter = ("state",)
    search_fields = ("code", "name")
    readonly_fields = ("code", "schema_name", "created_at")
    inlines = (DomainInline,)

    def has_add_permission(self, request) -> bool:
        """Clients are made by provisioning (manage.py client create), which makes the schema too."""
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
