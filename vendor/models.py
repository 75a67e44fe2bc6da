"""The end of a client (R29): what was given back, who signed for it, when the rest was destroyed."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tenants.documents import place_of, validate_scan, vendor_storage
from tenants.models import Client, Party

_RUNNING = Q(stopped_at=None, destroyed_at=None)


class Exit(models.Model):
    """Closed → exported → received, by a signed paper → destroyed after a delay, with a certificate; or stopped."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="exits", verbose_name=_("client"))
    begun_at = models.DateTimeField(_("commencée le"), auto_now_add=True)
    begun_by = models.CharField(_("par"), max_length=160)
    archive = models.CharField(_("archive"), max_length=100, blank=True)
    archive_sha256 = models.CharField(_("empreinte SHA-256"), max_length=64, blank=True)
    archive_size = models.BigIntegerField(_("taille en octets"), null=True)
    rows = models.BigIntegerField(_("lignes"), null=True)
    files = models.IntegerField(_("fichiers"), null=True)
    exported_at = models.DateTimeField(_("export fait le"), null=True)
    error = models.TextField(_("échec de l’export"), blank=True)
    downloaded_at = models.DateTimeField(_("pris par le client le"), null=True)
    downloaded_by = models.CharField(_("pris par"), max_length=160, blank=True)
    receipt_signatory = models.CharField(_("signataire du reçu"), max_length=160, blank=True)
    receipt_signed_on = models.DateField(_("reçu signé le"), null=True, blank=True)
    receipt_document = models.FileField(
        _("reçu numérisé"), upload_to=place_of, storage=vendor_storage, validators=[validate_scan], max_length=100,
        blank=True,
    )  # fmt: skip
    destroy_on = models.DateField(_("destruction à partir du"), null=True)
    stopped_at = models.DateTimeField(_("arrêtée le"), null=True)
    stopped_by = models.CharField(_("arrêtée par"), max_length=160, blank=True)
    stop_reason = models.CharField(_("motif de l’arrêt"), max_length=200, blank=True)
    destroyed_at = models.DateTimeField(_("détruit le"), null=True)
    destroyed_on = models.DateField(_("jour de la destruction"), null=True)
    certificate = models.CharField(_("certificat"), max_length=100, blank=True)
    certificate_sha256 = models.CharField(_("empreinte du certificat"), max_length=64, blank=True)
    backups_until = models.DateField(_("dernières sauvegardes détruites au plus tard le"), null=True)

    class Meta:
        verbose_name = _("sortie")
        ordering = ["-begun_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client"], condition=_RUNNING, name="exit_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(exported_at=None, archive_sha256="")
                | (Q(exported_at__isnull=False, archive_size__gt=0, rows__gte=0, files__gte=0) & ~Q(archive_sha256="")),
                name="exit_export_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(receipt_signed_on=None, receipt_signatory="", receipt_document="", destroy_on=None)
                | (
                    Q(exported_at__isnull=False, destroy_on__gt=F("receipt_signed_on"))
                    & ~Q(receipt_signatory="")
                    & ~Q(receipt_document="")
                ),
                name="exit_receipt_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None, stop_reason="") | (Q(stopped_at__isnull=False) & ~Q(stop_reason="")),
                name="exit_stopped_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at=None, destroyed_on=None)
                | (
                    Q(destroyed_at__isnull=False, stopped_at=None, destroyed_on__gte=F("destroy_on"))
                    & Q(destroy_on__isnull=False)
                    & ~Q(certificate_sha256="")
                ),
                name="exit_destroyed_in_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}"

    @property
    def runs(self) -> bool:
        return self.stopped_at is None and self.destroyed_at is None


class Insurance(models.Model):
    """A certificate of insurance, ours or a client's (R24)."""

    party = models.CharField(_("assuré"), max_length=6, choices=Party)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="insurances", verbose_name=_("client"),
        help_text=_("vide : le certificat de B2O"),
    )  # fmt: skip
    insurer = models.CharField(_("assureur"), max_length=120)
    policy = models.CharField(_("n° de police"), max_length=60)
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("jusqu’au"))
    document = models.FileField(
        _("attestation"), upload_to=place_of, storage=vendor_storage, validators=[validate_scan], max_length=100
    )

    class Meta:
        verbose_name = _("attestation d’assurance")
        verbose_name_plural = _("attestations d’assurance")
        ordering = ["ends_on"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="insurance_ends_after_it_starts",
                violation_error_message=_("La fin suit le début."),
            ),
            models.CheckConstraint(
                condition=Q(party=Party.VENDOR, client=None) | Q(party=Party.CLIENT, client__isnull=False),
                name="insurance_of_one_party",
                violation_error_message=_("Un certificat de client nomme son client ; celui de B2O n’en nomme aucun."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.insurer} {self.policy}"


class Undertaking(models.Model):
    """What a member of the vendor's staff signed to keep confidential (R26)."""

    name = models.CharField(_("personne"), max_length=160)
    signed_on = models.DateField(_("signé le"))
    left_on = models.DateField(_("parti le"), null=True, blank=True)
    document = models.FileField(
        _("engagement signé"), upload_to=place_of, storage=vendor_storage, validators=[validate_scan], max_length=100
    )

    class Meta:
        verbose_name = _("engagement de confidentialité")
        verbose_name_plural = _("engagements de confidentialité")
        ordering = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("signed_on")), name="undertaking_before_leaving"
            )
        ]

    def __str__(self) -> str:
        return self.name


class HostCertificate(models.Model):
    """What a host of ours showed when it was last asked (R07). `ends_at` stays the last one known while it fails."""

    host = models.CharField(_("hôte"), max_length=253)
    client = models.ForeignKey(
        Client, models.CASCADE, null=True, related_name="certificates", verbose_name=_("client"),
        help_text=_("vide : un hôte de B2O"),
    )  # fmt: skip
    checked_at = models.DateTimeField(_("vérifié le"))
    ends_at = models.DateTimeField(_("valable jusqu’au"), null=True)
    error = models.CharField(_("défaut"), max_length=200, blank=True)
    failing_since = models.DateTimeField(_("en défaut depuis"), null=True)

    class Meta:
        verbose_name = _("certificat d’hôte")
        verbose_name_plural = _("certificats d’hôtes")
        ordering = ["ends_at", "host"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["host"], name="host_certificate_once"),
            models.CheckConstraint(
                condition=Q(error="", failing_since=None) | (~Q(error="") & Q(failing_since__isnull=False)),
                name="host_certificate_fails_since",
            ),
            models.CheckConstraint(
                condition=~Q(error="") | Q(ends_at__isnull=False), name="host_certificate_ends_or_fails"
            ),
        ]

    def __str__(self) -> str:
        return self.host


class Reminder(models.Model):
    """What ops were reminded of already: each thing once for each of its dates."""

    key = models.CharField(_("clé"), max_length=120)
    due_on = models.DateField(_("échéance"))
    sent_at = models.DateTimeField(_("envoyé le"), auto_now_add=True)

    class Meta:
        verbose_name = _("rappel")
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "due_on"], name="reminder_once")]

    def __str__(self) -> str:
        return self.key
