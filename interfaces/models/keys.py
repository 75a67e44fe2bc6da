"""Keys of the interfaces: kept as a digest, shown once."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import DomainModel
from core.operations import TrackHistory
from core.personal_data import NotPersonal, no_personal_data
from interfaces.models.requests import WrittenRequest
from interfaces.operations import KeepRevoked


@no_personal_data("l'accès d'un logiciel, jamais d'une personne")
class ApiKey(DomainModel):
    """A key under a written request. Its 256 random bits are not here: their SHA-256 is."""

    request = models.ForeignKey(WrittenRequest, models.PROTECT, verbose_name=_("demande"), related_name="keys")
    label = models.CharField(_("nom de la clé"), max_length=80, help_text=_("Où elle sert : serveur de paie, essai…"))
    prefix = models.CharField(_("préfixe"), max_length=8, editable=False)
    digest = models.CharField(_("empreinte"), max_length=64, editable=False)
    expires_on = models.DateField(
        _("expire le"), null=True, blank=True, help_text=_("Vide : avec la demande écrite.")
    )  # fmt: skip
    per_minute = models.PositiveIntegerField(_("requêtes par minute"), default=120)
    # Not a program's key but the address of a form on the client's own site (R15): the list that it fills.
    form_of = models.CharField(_("formulaire pour"), max_length=80, blank=True, editable=False)
    # Of such a form: {field of the list: its value, as a form gives it} beside what is written; what one may agree to.
    given = models.JSONField(_("remplis d’office"), default=dict, blank=True, editable=False)
    wording = models.CharField(
        _("texte du consentement"), max_length=500, blank=True,
        help_text=_(
            "Une case que le visiteur coche ou non : « J’accepte de recevoir par e-mail… ». Cochée, le registre des "
            "consentements garde ce texte, la page et l’instant. Vide : rien n’est demandé."
        ),
    )  # fmt: skip
    revoked_at = models.DateTimeField(_("révoquée le"), null=True, editable=False)

    migration_operations: ClassVar[tuple[type, ...]] = (TrackHistory, KeepRevoked)

    class Meta:
        verbose_name = _("clé d’accès")
        verbose_name_plural = _("clés d’accès")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["digest"], name="api_key_digest_unique"),
            models.UniqueConstraint(fields=["prefix"], name="api_key_prefix_unique"),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="api_key_is_a_digest"),
            models.CheckConstraint(
                condition=Q(per_minute__gte=1, per_minute__lte=6000),
                name="api_key_rate",
                violation_error_message=_("De 1 à 6 000 requêtes par minute."),
            ),
            models.CheckConstraint(condition=~Q(label=""), name="api_key_has_a_label"),
            models.CheckConstraint(
                condition=~Q(form_of="") | Q(given={}, wording=""), name="api_key_of_a_program_fills_nothing"
            ),
        ]

    class Privacy:
        request = NotPersonal("une demande de l'entreprise")
        label = NotPersonal("où sert une clé")
        prefix = NotPersonal("huit caractères tirés au hasard")
        digest = NotPersonal("l'empreinte d'un secret tiré au hasard")
        given = NotPersonal("ce que l'entreprise choisit pour les demandes d'un formulaire")
        wording = NotPersonal("un texte de l'entreprise")
        custom = NotPersonal("inutilisé")

    def __str__(self) -> str:
        return self.label
