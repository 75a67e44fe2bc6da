"""The home page as people arranged it."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, DeleteRow, NotPersonal, personal_data


@personal_data(subject="user", processing="ACC-01")
class DashboardLayout(models.Model):
    """The tiles of a home page, in order: a person's own, or those of a role for who has not chosen."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("personne"), null=True, blank=True, related_name="+"
    )
    role = models.OneToOneField(
        "accounts.Role", models.CASCADE, verbose_name=_("rôle"), null=True, blank=True, related_name="+"
    )
    tiles: ArrayField = ArrayField(models.CharField(max_length=80), verbose_name=_("tuiles"), default=list, blank=True)

    class Meta:
        verbose_name = _("page d’accueil")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user=None, role__isnull=False) | Q(user__isnull=False, role=None),
                name="dashboard_of_person_or_role",
            )
        ]

    class Privacy:
        user = PD(category="work", basis="contract", erase=DeleteRow())
        tiles = NotPersonal("des noms de tuiles")

    def __str__(self) -> str:
        return f"{self.user_id or self.role_id}"
