"""Mail that leaves an instance: each one a row, kept before and after it is sent."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import (
    PD,
    SELF,
    After,
    Blank,
    DeleteRow,
    Keep,
    NotPersonal,
    no_personal_data,
    personal_data,
)  # fmt: skip

_ONE_LINE = r"^[^\r\n]*$"


class MailState(models.TextChoices):
    """queued → sending → sent; failed: refused for good; abandoned: tried long enough; uncertain: maybe sent;
    excluded: whoever asked for it said no at the last moment (core.mail.following)."""

    QUEUED = "queued", _("En attente")
    SENDING = "sending", _("En cours d’envoi")
    SENT = "sent", _("Envoyé")
    FAILED = "failed", _("Refusé")
    ABANDONED = "abandoned", _("Abandonné")
    UNCERTAIN = "uncertain", _("À vérifier")
    EXCLUDED = "excluded", _("Écarté")


WAITING = (MailState.QUEUED, MailState.SENDING)


@personal_data(subject=SELF, processing="MAIL-01", retention=Keep(years=1, since="created_at", then=After.DELETE))
class OutgoingMail(models.Model):
    """One mail to one address. `key` and the address together are unique: at most once, whoever asks again."""

    key = models.CharField(_("clé"), max_length=200)
    recipient = models.CharField(_("destinataire"), max_length=254)
    sender = models.CharField(_("expéditeur"), max_length=400)
    subject = models.CharField(_("objet"), max_length=400)
    text = models.TextField(_("texte"))
    html = models.TextField(_("mise en forme"), blank=True)
    headers = models.JSONField(_("en-têtes"), default=dict)
    message_id = models.CharField(_("identifiant du message"), max_length=200)
    state = models.CharField(_("état"), max_length=9, choices=MailState, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    next_try_at = models.DateTimeField(_("prochain essai"), db_default=Now())
    error = models.TextField(_("réponse du serveur"), blank=True)
    created_at = models.DateTimeField(_("demandé le"), db_default=Now(), editable=False)
    # Set, and committed, just before the content goes out: a worker that dies after that has maybe sent it.
    handed_over_at = models.DateTimeField(_("remis au serveur le"), null=True, editable=False)
    sent_at = models.DateTimeField(_("envoyé le"), null=True, editable=False)

    class Meta:
        verbose_name = _("courriel")
        verbose_name_plural = _("courriels")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "recipient"], name="mail_once_per_recipient"),
            models.CheckConstraint(condition=Q(state__in=MailState.values), name="mail_state_known"),
            models.CheckConstraint(
                condition=(Q(state=MailState.SENT) & Q(sent_at__isnull=False))
                | (~Q(state=MailState.SENT) & Q(sent_at=None)),
                name="mail_sent_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=MailState.QUEUED) | Q(handed_over_at=None), name="mail_queued_is_ours"
            ),
            models.CheckConstraint(
                condition=Q(subject__regex=_ONE_LINE, recipient__regex=_ONE_LINE, sender__regex=_ONE_LINE),
                name="mail_headers_are_lines",
            ),
        ]
        indexes: ClassVar = [
            # Not state__in: see core.models.jobs.
            models.Index(
                fields=["next_try_at", "id"],
                condition=Q(state=MailState.QUEUED) | Q(state=MailState.SENDING),
                name="mail_waiting",
            ),
            models.Index(fields=["sent_at"], condition=Q(state=MailState.SENT), name="mail_sent"),
            models.Index(fields=["state", "-id"], name="mail_by_state"),
            models.Index(fields=["created_at"], name="mail_by_age"),
        ]

    class Privacy:
        recipient = PD(category="contact", origin="derived", match="email", erase=DeleteRow())
        subject = PD(category="free text", third_party=True, erase=DeleteRow())
        text = PD(category="free text", third_party=True, erase=DeleteRow())
        html = PD(category="free text", third_party=True, erase=DeleteRow())
        headers = NotPersonal("des en-têtes techniques")
        error = PD(category="log", origin="observed", erase=Blank())

    def __str__(self) -> str:
        return self.subject


@no_personal_data("l’adresse d’une entreprise, comme elle se présente")
class MailSettings(models.Model):
    """How a client's mails are signed. One row, or none: then the vendor's address."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    sender_name = models.CharField(
        _("nom de l’expéditeur"), max_length=100, blank=True, help_text=_("Ce que vos correspondants lisent d’abord.")
    )
    sender_address = models.EmailField(
        _("adresse de l’expéditeur"),
        blank=True,
        help_text=_("Votre domaine doit autoriser nos serveurs (SPF, DKIM) ; vide : l’adresse de MyB2O."),
    )
    reply_to = models.EmailField(
        _("adresse de réponse"), blank=True, help_text=_("Où vont les réponses ; vide : à l’expéditeur.")
    )
    per_hour = models.PositiveIntegerField(
        _("courriels par heure, au plus"), null=True, blank=True, help_text=_("Les autres attendent leur tour.")
    )

    class Meta:
        verbose_name = _("réglages des courriels")
        verbose_name_plural = _("réglages des courriels")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="one_mail_settings"),
            models.CheckConstraint(condition=Q(sender_name__regex=_ONE_LINE), name="mail_sender_is_a_line"),
            models.CheckConstraint(condition=Q(per_hour__gte=1), name="mail_rate_lets_some_leave"),
        ]

    class Privacy:
        sender_name = NotPersonal("le nom d’une entreprise ou d’un service")
        sender_address = NotPersonal("l’adresse d’un service")
        reply_to = NotPersonal("l’adresse d’un service")

    def __str__(self) -> str:
        return self.sender_name or self.sender_address


@no_personal_data("la clé d'un domaine")
class DkimKey(models.Model):
    """What signs a client's mails (RFC 6376). The private half is encrypted (core.mail.dkim): a copy of the database
    alone signs nothing. One key signs; those before it stay published until their mails are read."""

    domain = models.CharField(_("domaine"), max_length=253)
    selector = models.CharField(_("sélecteur"), max_length=63)
    private = models.TextField(_("clé privée, chiffrée"))
    public = models.TextField(_("clé publique"))
    active = models.BooleanField(_("signe"), default=False)
    created_at = models.DateTimeField(_("créée le"), db_default=Now(), editable=False)
    seen_at = models.DateTimeField(_("vue dans le DNS le"), null=True)

    class Meta:
        verbose_name = _("clé de signature")
        verbose_name_plural = _("clés de signature")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["domain", "selector"], name="dkim_selector_once"),
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="one_dkim_key_signs"),
            models.CheckConstraint(
                condition=Q(domain__regex=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"), name="dkim_domain_is_one"
            ),
            models.CheckConstraint(condition=Q(selector__regex=r"^[a-z0-9]+$"), name="dkim_selector_is_one"),
        ]

    class Privacy:
        private = NotPersonal("une clé, chiffrée")
        public = NotPersonal("une clé")

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"
