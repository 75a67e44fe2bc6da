"""What ops see: the control plane. No model of a client is ever registered here."""

from django.contrib import admin

from tenants.models import Client, Domain


class OpsSite(admin.AdminSite):
    """A site of its own, not Django's default one: no application can put a client's model on it by being installed."""

    site_header = "MyB2O · exploitation"
    site_title = "MyB2O"
    index_title = "Exploitation"


ops = OpsSite(name="admin")


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
