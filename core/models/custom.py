"""The fields that a client adds to its records: their definitions. Values lie in the records (DomainModel.custom)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Func, Q
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from core.models.base import DomainModel
from core.personal_data import NotPersonal, no_personal_data

OPTION_HUES = 8  # classes of the stylesheet: data-c="0" to "7"
EVERYONE, MANAGERS = "", "manage"  # of `reserved_for`; else the code of a named right


class CustomKind(models.TextChoices):
    TEXT = "text", _("Texte")
    NUMBER = "number", _("Nombre")
    MONEY = "money", _("Montant")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choix")
    CHOICES = "choices", _("Choix multiple")
    LINK = "link", _("Lien")
    CHECKBOX = "checkbox", _("Case à cocher")


CHOOSING = (CustomKind.CHOICE, CustomKind.CHOICES)
WRITING = (CustomKind.TEXT, CustomKind.LINK)


class CustomErase(models.TextChoices):
    """What an erasure does to the value: core.custom.privacy makes the registry's own words of it."""

    NULL = "null", _("Vider la valeur")
    REVIEW = "review", _("Faire relire par une personne")
    KEEP = "keep", _("Garder, la loi l’exige")


class CustomAudit(models.TextChoices):
    VALUE = "value", _("Les valeurs, avant et après")
    NAME = "name", _("Le seul fait du changement")


@no_personal_data("la définition d'un champ ; les valeurs sont sur les fiches")
class CustomField(DomainModel):
    """One field. Its kind and whether it is reserved never change: both are written in the key of its values."""

    resource = models.CharField(_("fiche"), max_length=80, help_text=_("crm.company"))
    label = models.CharField(_("nom"), max_length=60)
    kind = models.CharField(_("nature"), max_length=8, choices=CustomKind)
    options = models.JSONField(_("options"), default=list, blank=True)  # [{"id": "o1", "label", "hue", "archived"}]
    unit = models.CharField(_("unité"), max_length=12, blank=True)
    help = models.CharField(_("aide"), max_length=200, blank=True)
    group = models.CharField(_("groupe"), max_length=60, blank=True)
    position = models.PositiveIntegerField(_("place"), default=0)
    required = models.BooleanField(_("obligatoire"), default=False)
    in_list = models.BooleanField(_("colonne d’origine"), default=False)
    sortable = models.BooleanField(_("trié"), default=False)
    filterable = models.BooleanField(_("filtré"), default=False)
    reserved_for = models.CharField(_("réservé à"), max_length=60, blank=True, default=EVERYONE)

    personal = models.BooleanField(_("donnée personnelle"), default=False)
    reason = models.CharField(_("raison"), max_length=200, blank=True)  # why it is not personal
    category = models.CharField(_("catégorie"), max_length=30, blank=True)
    basis = models.CharField(_("base légale"), max_length=10, blank=True)
    origin = models.CharField(_("origine"), max_length=10, blank=True)
    sensitivity = models.CharField(_("sensibilité"), max_length=10, blank=True)
    portable = models.BooleanField(_("portable"), default=False)
    erase = models.CharField(_("effacement"), max_length=6, choices=CustomErase, blank=True)
    ground = models.CharField(_("texte qui l’exige"), max_length=120, blank=True)
    years = models.PositiveSmallIntegerField(_("années"), null=True, blank=True)
    audit = models.CharField(_("historique"), max_length=5, choices=CustomAudit, default=CustomAudit.VALUE)

    archived_at = models.DateTimeField(_("archivé le"), null=True, blank=True)
    # Its values are gone; the row stays, so that the history still says what they were of.
    erased_at = models.DateTimeField(_("supprimé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("champ propre")
        verbose_name_plural = _("champs propres")
        ordering = ("position", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.F("resource"),
                Func(models.F("label"), function="public.b2o_fold", output_field=models.TextField()),
                condition=Q(erased_at=None),
                name="custom_field_label_unique",
                violation_error_message=_("Ces fiches ont déjà un champ de ce nom."),
            ),
            models.CheckConstraint(condition=~Q(label=""), name="custom_field_has_a_label"),
            models.CheckConstraint(condition=Q(kind__in=CustomKind.values), name="custom_field_kind_known"),
            models.CheckConstraint(
                condition=Q(kind__in=CHOOSING) | Q(options=[]), name="custom_field_options_of_choices"
            ),
            # A personal field says what the registry asks of every other; one that is not says why.
            models.CheckConstraint(
                condition=Q(personal=False) & ~Q(reason="")
                | Q(personal=True)
                & ~Q(category="")
                & ~Q(basis="")
                & ~Q(origin="")
                & ~Q(sensitivity="")
                & Q(erase__in=CustomErase.values),
                name="custom_field_is_declared",
            ),
            models.CheckConstraint(
                condition=Q(sensitivity__in=("", "ordinary")) | ~Q(reserved_for=""),
                name="custom_field_sensitive_is_reserved",
            ),
            models.CheckConstraint(
                condition=~Q(erase="keep") | ~Q(ground="") & Q(years__gte=1), name="custom_field_kept_for_a_ground"
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(archived_at__isnull=False), name="custom_field_erased_is_archived"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["resource"], name="custom_field_of_resource")]

    class Privacy:
        label = NotPersonal("le nom d'un champ")
        options = NotPersonal("les choix offerts par un champ")

    def __str__(self) -> str:
        return self.label

    @property
    def key(self) -> str:
        """Under which rows hold the value, and everything names the field: "f12", or "r12" for a reserved one."""
        return f"{'r' if self.reserved_for else 'f'}{self.pk}"

    @property
    def is_live(self) -> bool:
        return self.archived_at is None

    @property
    def chooses(self) -> bool:
        return self.kind in CHOOSING

    @property
    def searched(self) -> bool:
        """Whether the search finds its words: public.b2o_custom_text decides by kind and key."""
        return self.kind in WRITING and not self.reserved_for

    # --- options ----------------------------------------------------------------------------------------------------
    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(option["id"], option["label"]) for option in self.options]

    @property
    def live_choices(self) -> list[tuple[str, str]]:
        return [(option["id"], option["label"]) for option in self.options if not option.get("archived")]

    @cached_property
    def _labels(self) -> dict[str, str]:
        return dict(self.choices)

    @cached_property
    def _html(self) -> dict[str, str]:
        return {
            option[
                "id"
            ]: f'<span class="tag hued" data-c="{int(option.get("hue", 0))}">{escape(option["label"])}</span>'
            for option in self.options
        }

    def option_label(self, value: Any) -> str:
        return self._labels.get(value, str(value))

    def option_html(self, value: Any) -> Any:
        from django.utils.safestring import SafeString

        return SafeString(self._html.get(value) or escape(str(value)))
