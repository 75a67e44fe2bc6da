"""What people keep of a list: views with a name, whose view opens first, and the columns that each one likes."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, DeleteRow, NotPersonal, Review, no_personal_data, personal_data
from core.statements import fetch, fetch_models


class Audience(models.TextChoices):
    """Who sees a view. A team is everyone who shares one with the owner: it follows who comes and goes."""

    PRIVATE = "private", _("Moi seulement")
    TEAM = "team", _("Mon équipe")
    EVERYONE = "everyone", _("Tout le monde")


class Density(models.TextChoices):
    """How close the rows of a view stand; blank leaves it to each person."""

    COMFORT = "comfort", _("Aérée")
    COMPACT = "compact", _("Serrée")


# Every list begins with this: by hand, since composing it costs the ORM more than PostgreSQL takes to answer.
_SEEN = """
SELECT kept.*, EXISTS (
    SELECT FROM core_defaultview AS first JOIN accounts_user_roles AS worn ON worn.role_id = first.role_id
    WHERE first.view_id = kept.id AND worn.user_id = %(user)s
) AS opens_first
FROM core_savedview AS kept
WHERE kept.resource = %(resource)s AND (
    kept.owner_id = %(user)s OR kept.audience = 'everyone' OR kept.audience = 'team' AND EXISTS (
        SELECT FROM accounts_team_members AS mate JOIN accounts_team_members AS mine ON mine.team_id = mate.team_id
        WHERE mate.user_id = kept.owner_id AND mine.user_id = %(user)s
    )
)
ORDER BY kept.position, kept.id
"""


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> "SavedViewQuerySet":
        """A person's own, their teammates' and everyone's."""
        mates = get_user_model()._default_manager.filter(teams__members=user.pk).values("pk")
        team = Q(audience=Audience.TEAM, owner__in=mates)
        return self.filter(Q(owner=user.pk) | Q(audience=Audience.EVERYONE) | team)

    def seen_in(self, resource: str, user: Any) -> "list[SavedView]":
        """Those of a list that a person sees, in the order of the tabs.

        Each has `opens_first`: whether an administrator chose it for one of the person's roles.
        """
        return fetch_models(SavedView, _SEEN, {"resource": resource, "user": user.pk})


@personal_data(subject="owner", processing="ACC-01")
class SavedView(models.Model):
    """A query string and columns under a name: a tab of the list. `params` is {name: [values]}, without the page."""

    resource = models.CharField(_("liste"), max_length=80, help_text=_("crm.company"))
    name = models.CharField(_("nom"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("propriétaire"), related_name="+"
    )
    audience = models.CharField(_("visible par"), max_length=8, choices=Audience, default=Audience.PRIVATE)
    params = models.JSONField(_("recherche, filtres et tri"), default=dict, blank=True)
    columns: ArrayField = ArrayField(
        models.CharField(max_length=63), verbose_name=_("colonnes"), default=list, blank=True
    )
    density = models.CharField(_("densité"), max_length=8, choices=Density, blank=True, default="", db_default="")
    position = models.PositiveSmallIntegerField(_("place parmi les onglets"), default=50)
    created_at = models.DateTimeField(_("créée le"), db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("vue")
        ordering = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint("owner", "resource", Lower("name"), name="saved_view_name_unique"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="saved_view_audience_known"),
            models.CheckConstraint(condition=Q(density__in=["", *Density.values]), name="saved_view_density_known"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]
        indexes: ClassVar = [models.Index(fields=["resource", "position"], name="saved_view_of_list")]

    class Privacy:
        name = PD(category="free text", erase=Review())
        params = PD(category="free text", erase=Review())  # somebody may have searched for a person
        owner = PD(category="work", basis="contract", erase=DeleteRow())
        columns = NotPersonal("des noms de champs")

    def __str__(self) -> str:
        return self.name


@no_personal_data("un réglage de l'instance")
class DefaultView(models.Model):
    """The view on which a list opens for a role."""

    resource = models.CharField(_("liste"), max_length=80)
    role = models.ForeignKey("accounts.Role", models.CASCADE, verbose_name=_("rôle"), related_name="+")
    view = models.ForeignKey(SavedView, models.CASCADE, verbose_name=_("vue"), related_name="defaults")

    class Meta:
        verbose_name = _("vue par défaut")
        constraints: ClassVar = [models.UniqueConstraint(fields=["resource", "role"], name="one_default_view")]

    def __str__(self) -> str:
        return f"{self.resource} {self.role_id}"


class ListColumnsManager(models.Manager["ListColumns"]):
    def of(self, user: Any, resource: str, view: SavedView | None) -> dict[int | None, list[str]]:
        """{view or None: columns} that a person chose for a list, and for a view of it. One query, by hand as above."""
        rows = fetch(
            "SELECT view_id, columns FROM core_listcolumns"
            " WHERE user_id = %s AND resource = %s AND (view_id IS NULL OR view_id = %s)",
            [user.pk, resource, view.pk if view else None],
        )
        return dict(rows)


@personal_data(subject="user", processing="ACC-01")
class ListColumns(models.Model):
    """The columns that a person chose, in their order: for a list, or for one view of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("personne"), related_name="+")
    resource = models.CharField(_("liste"), max_length=80)
    view = models.ForeignKey(SavedView, models.CASCADE, verbose_name=_("vue"), null=True, blank=True, related_name="+")
    columns: ArrayField = ArrayField(models.CharField(max_length=63), verbose_name=_("colonnes"))

    objects = ListColumnsManager()

    class Meta:
        verbose_name = _("choix de colonnes")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "resource", "view"], nulls_distinct=False, name="one_choice_of_columns"
            )
        ]

    class Privacy:
        user = PD(category="work", basis="contract", erase=DeleteRow())
        columns = NotPersonal("des noms de champs")

    def __str__(self) -> str:
        return f"{self.resource} {self.user_id}"
