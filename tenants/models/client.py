"""The vendor's side (public schema): the clients, and the hosts by which they are reached."""

import re
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from tenants.client_certificates import validate_authorities, validate_fingerprint
from tenants.documents import place_of, validate_logo, vendor_storage
from tenants.identity import validate_siret, validate_vat

if TYPE_CHECKING:
    from tenants.maintenance import Window

# Names that are hosts of the vendor, schemas of PostgreSQL or of ours, or would look like them.
RESERVED = frozenset(
    [
        "public",
        "template",
        "b2o",
        "admin",
        "api",
        "app",
        "assets",
        "cdn",
        "demo",
        "dpo",
        "ftp",
        "help",
        "mail",
        "ops",
        "postgres",
        "pg",
        "root",
        "smtp",
        "ssl",
        "static",
        "status",
        "support",
        "test",
        "webmail",
        "www",
    ]
)
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def validate_client_name(value: str) -> None:
    """A client's short name: a host label and, with _ for -, its schema. Raises ValidationError."""
    if not _NAME.fullmatch(value) or not 2 <= len(value) <= 40:
        raise ValidationError(
            _("« %(value)s » ne convient pas : 2 à 40 lettres minuscules sans accent, chiffres ou traits d’union, "
              "en commençant par une lettre."),
            params={"value": value},
        )  # fmt: skip
    if value in RESERVED or value.startswith(("pg-", "b2o-")):
        raise ValidationError(_("« %(value)s » est un nom réservé : choisissez-en un autre."), params={"value": value})


class State(models.TextChoices):
    """Where a client stands. The steps between them are in tenants/states.py, and in the database."""

    TRIAL = "trial", _("À l’essai")
    LIVE = "live", _("En service")
    SUSPENDED = "suspended", _("Suspendu")
    MAINTENANCE = "maintenance", _("En maintenance")
    LEAVING = "leaving", _("Sur le départ")
    CLOSED = "closed", _("Fermé")


SERVED = (State.TRIAL, State.LIVE, State.LEAVING)  # people sign in; the others see a page that says why not


class Client(TenantMixin):
    """One client company: one schema, its hosts. Made by tenants.provisioning, never by saving this model alone.

    What stays of it after its data were destroyed is this row, its contracts and the certificate.
    """

    auto_create_schema = False
    auto_drop_schema = False

    code = models.CharField(_("nom court"), max_length=40, validators=[validate_client_name], editable=False)
    name = models.CharField(_("raison sociale"), max_length=200)
    state = models.CharField(_("état"), max_length=12, choices=State, default=State.TRIAL, editable=False)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True, validators=[validate_siret])
    vat_number = models.CharField(_("n° de TVA"), max_length=14, blank=True, validators=[validate_vat])
    street = models.CharField(_("rue"), max_length=200, blank=True)
    postcode = models.CharField(_("code postal"), max_length=10, blank=True)
    city = models.CharField(_("ville"), max_length=100, blank=True)
    logo = models.FileField(
        _("logo"), upload_to=place_of, storage=vendor_storage, validators=[validate_logo], max_length=100, blank=True,
        help_text=_("PNG, JPEG ou WebP, 1 Mo au plus"),
    )  # fmt: skip
    demands_certificate = models.BooleanField(_("exige un certificat du navigateur"), default=False)
    certificate_authorities = models.TextField(
        _("autorités acceptées"), blank=True, validators=[validate_authorities], help_text=_("en PEM, à la suite")
    )
    certificate_fingerprints = ArrayField(
        models.CharField(max_length=64, validators=[validate_fingerprint]), verbose_name=_("certificats acceptés"),
        default=list, blank=True, help_text=_("empreintes SHA-256, séparées par des virgules"),
    )  # fmt: skip
    hue = models.PositiveSmallIntegerField(_("teinte"), null=True, blank=True, help_text=_("0 à 359 ; vide : bleu"))
    chroma = models.DecimalField(_("saturation"), max_digits=3, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(_("créé le"), auto_now_add=True)
    destroyed_at = models.DateTimeField(_("données détruites le"), null=True, editable=False)

    class Meta:
        verbose_name = _("client")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="client_code_unique"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="client_state_known"),
            models.CheckConstraint(
                condition=models.Q(hue__isnull=True) | models.Q(hue__lt=360),
                name="client_hue",
                violation_error_message=_("La teinte va de 0 à 359."),
            ),
            models.CheckConstraint(
                condition=models.Q(siret__regex=r"^([0-9]{14})?$"),
                name="client_siret_digits",
                violation_error_message=_("Un SIRET a quatorze chiffres."),
            ),
            models.CheckConstraint(
                condition=models.Q(demands_certificate=False)
                | ~models.Q(certificate_authorities="")
                | models.Q(certificate_fingerprints__len__gt=0),
                name="client_certificate_of_someone",
                violation_error_message=_(
                    "Nommez au moins une autorité ou un certificat : sinon personne n’entrerait."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(destroyed_at__isnull=True) | models.Q(state=State.CLOSED),
                name="client_destroyed_is_closed",
            ),
        ]

    maintenance: "Window | None" = None  # what the instance announces; set by the middleware

    def __str__(self) -> str:
        return self.name

    # `with client:` keeps the previous client on a list shared by every thread: 30 % of such requests went on in
    # another client in the trials of tenancy.md. Use tenant_context(client).
    def __enter__(self):
        raise RuntimeError(
            "« with client » mélange les clients entre fils d’exécution : utilisez tenant_context(client)"
        )

    def __exit__(self, *exc):
        raise RuntimeError("utilisez tenant_context(client)")

    @cached_property
    def unlicensed(self) -> frozenset[str]:
        """The business modules that the contract does not hold (one query; the middleware keeps it 30 s)."""
        from tenants.contracts import unlicensed

        return unlicensed(self.pk)

    @property
    def is_served(self) -> bool:
        return self.state in SERVED

    @property
    def subdomain(self) -> str:
        """The host that every client has."""
        return f"{self.code}.{settings.BASE_DOMAIN}"

    @cached_property
    def host(self) -> str:
        """Where people reach it, without the port: its main host (one query)."""
        main = self.domains.filter(is_primary=True).values_list("domain", flat=True).first()
        return main or self.subdomain


class StateChange(models.Model):
    """One step of a client, written by the database itself (sql/states.sql)."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="changes", verbose_name=_("client"))
    before = models.CharField(_("avant"), max_length=12, choices=State)
    after = models.CharField(_("après"), max_length=12, choices=State)
    at = models.DateTimeField(_("le"))
    actor = models.CharField(_("par"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("changement d’état")
        verbose_name_plural = _("changements d’état")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.client} : {self.get_after_display()}"


class Domain(DomainMixin):
    """A host name of a client. Lower case, no trailing dot."""

    def clean(self) -> None:
        """A vendor's host never leads to a client, whatever stands here; below ours, one label that is not reserved."""
        from tenants.middleware import vendor_part

        super().clean()
        if vendor_part(self.domain) is not None:
            raise ValidationError({"domain": _("Cette adresse est celle de B2O : elle ne mènerait jamais au client.")})
        label = self.domain.removesuffix(f".{settings.BASE_DOMAIN}")
        if label != self.domain:
            try:
                validate_client_name(label)
            except ValidationError as error:
                raise ValidationError({"domain": error.messages}) from error
        elif not _HOST.fullmatch(self.domain):
            raise ValidationError(
                {"domain": _("Un nom d’hôte s’écrit comme « gestion.exemple.fr », en minuscules et sans « https:// ».")}
            )

    class Meta:
        verbose_name = _("hôte")
        ordering = ["domain"]
        constraints = [
            models.CheckConstraint(condition=models.Q(domain__regex=r"^[a-z0-9.-]+[a-z0-9]$"), name="domain_normalised")
        ]
