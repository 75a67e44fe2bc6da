"""Ops publish a version; nobody changes one."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest

from policies.current import forget
from policies.models import PolicyVersion


class PolicyVersionAdmin(admin.ModelAdmin):
    list_display = ("__str__", "material", "published_at", "published_by", "sha256")
    list_filter = ("module", "material")
    readonly_fields = ("sha256", "published_at", "published_by")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        obj.published_by = str(request.user)[:160]
        super().save_model(request, obj, form, change)
        transaction.on_commit(forget)
