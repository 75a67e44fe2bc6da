from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Clients"

    def ready(self):
        from tenants.contenttypes import cache_by_schema

        cache_by_schema()
