"""What is written to many: templates, mailings, and each message of one."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.models import DomainModel, SavedView
from core.operations import TrackHistory
from core.personal_data import PD, After, Blank, Keep, NotPersonal, Null, Tombstone, no_personal_data, personal_data
from core.search import folded, search_column
from crm.models.consent import MailingList
from crm.models.contact import Contact
from crm.operations import FollowSteps
from crm.prospecting import Purpose, Reason

_ONE_LINE = r"^[^\r\n]*$"
_VARIABLES = _(
    "Variables : {{prenom}}, {{nom}}, {{fonction}}, {{societe}}, {{ville}} ; à défaut : {{prenom|Madame, Monsieur}}."
)


@no_personal_data("un texte pour tous, sans destinataire")
class MailTemplate(DomainModel):
    """A text to begin from. What a mailing takes of it is its own from then on."""

    name = models.CharField(_("nom"), max_length=120)
    subject = models.CharField(_("objet"), max_length=200)
    text = models.TextField(_("texte"), max_length=20_000, help_text=_VARIABLES)
    html = models.TextField(
        _("mise en forme (HTML)"), max_length=50_000, blank=True,
        help_text=_("Facultatif : sans elle, le texte est mis en paragraphes. Ce qui est dangereux en est retiré."),
    )  # fmt: skip
    search = search_column(A=("name",), B=("subject",))

    class Meta:
        verbose_name = _("modèle de message")
        verbose_name_plural = _("modèles de messages")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="mailtemplate_has_a_name"),
            models.CheckConstraint(condition=Q(subject__regex=_ONE_LINE), name="mailtemplate_subject_is_a_line"),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="mailtemplate_search"),
            models.Index(folded("name"), "id", name="mailtemplate_by_name"),
            models.Index(fields=["updated_at", "id"], name="mailtemplate_by_update"),
        ]

    class Privacy:
        name = NotPersonal("le nom d'un texte")
        text = NotPersonal("un texte pour tous")
        html = NotPersonal("un texte pour tous")

    def __str__(self) -> str:
        return self.name


class MailingState(models.TextChoices):
    """draft → scheduled → sending ↔ paused → sent; or cancelled."""

    DRAFT = "draft", _("Brouillon")
    SCHEDULED = "scheduled", _("Programmé")
    SENDING = "sending", _("En cours d’envoi")
    PAUSED = "paused", _("En pause")
    SENT = "sent", _("Envoyé")
    CANCELLED = "cancelled", _("Annulé")


# tenants/sql/mailings.sql has the same table; a test compares them.
NEXT: dict[MailingState, frozenset[MailingState]] = {
    MailingState.DRAFT: frozenset({MailingState.SCHEDULED}),
    MailingState.SCHEDULED: frozenset({MailingState.DRAFT, MailingState.SENDING, MailingState.CANCELLED}),
    MailingState.SENDING: frozenset({MailingState.PAUSED, MailingState.SENT, MailingState.CANCELLED}),
    MailingState.PAUSED: frozenset({MailingState.SENDING, MailingState.CANCELLED}),
    MailingState.SENT: frozenset(),
    MailingState.CANCELLED: frozenset(),
}


@personal_data(subject="owner", processing="CRM-02")
class Mailing(DomainModel):
    """One text to everybody of a segment, once. Steps and frozen text: a trigger (tenants/sql/mailings.sql)."""

    name = models.CharField(_("nom"), max_length=120)
    purpose = models.CharField(_("finalité"), max_length=11, choices=Purpose)
    mailing_list = models.ForeignKey(
        MailingList, models.PROTECT, verbose_name=_("liste d’envoi"), null=True, blank=True, related_name="mailings",
        help_text=_("Ce que les destinataires peuvent quitter sans quitter le reste."),
    )  # fmt: skip
    similar_products = models.BooleanField(
        _("produits analogues à ceux déjà fournis"), default=False,
        help_text=_("Alors vos clients particuliers peuvent le recevoir sans accord préalable (CPCE L. 34-5)."),
    )  # fmt: skip
    template = models.ForeignKey(
        MailTemplate, models.SET_NULL, verbose_name=_("modèle"), null=True, blank=True, related_name="mailings",
        help_text=_("Donne l’objet et le texte s’ils sont laissés vides."),
    )  # fmt: skip
    segment = models.ForeignKey(
        SavedView, models.SET_NULL, verbose_name=_("destinataires"), null=True, blank=True, related_name="+",
        help_text=_("Une vue enregistrée de la liste des contacts."),
    )  # fmt: skip
    # The view as it was when the mailing was scheduled: what happens to the view afterwards changes nothing here.
    segment_params = models.JSONField(_("destinataires retenus"), default=dict, editable=False)
    subject = models.CharField(_("objet"), max_length=200, blank=True)
    text = models.TextField(_("texte"), max_length=20_000, blank=True, help_text=_VARIABLES)
    html = models.TextField(_("mise en forme (HTML)"), max_length=50_000, blank=True)
    per_hour = models.PositiveIntegerField(
        _("messages par heure, au plus"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Vide : le rythme de tous vos courriels."),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("responsable"), null=True, blank=True, related_name="+"
    )
    state = models.CharField(_("état"), max_length=9, choices=MailingState, default=MailingState.DRAFT, editable=False)
    scheduled_at = models.DateTimeField(_("programmé pour le"), null=True, editable=False)
    started_at = models.DateTimeField(_("commencé le"), null=True, editable=False)
    finished_at = models.DateTimeField(_("fini le"), null=True, editable=False)
    search = search_column(A=("name",), B=("subject",))

    migration_operations: ClassVar = (TrackHistory, FollowSteps)

    class Meta:
        verbose_name = _("envoi")
        verbose_name_plural = _("envois")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="mailing_has_a_name"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="mailing_purpose_required"),
            models.CheckConstraint(condition=Q(state__in=MailingState.values), name="mailing_state_known"),
            models.CheckConstraint(condition=Q(subject__regex=_ONE_LINE), name="mailing_subject_is_a_line"),
            models.CheckConstraint(condition=Q(per_hour__gte=1), name="mailing_rate_lets_some_leave"),
            models.CheckConstraint(
                condition=Q(state=MailingState.DRAFT)
                | (~Q(subject="") & ~Q(text="") & Q(scheduled_at__isnull=False)
                   & (Q(purpose=Purpose.SERVICE) | Q(mailing_list__isnull=False))),
                name="mailing_is_complete_before_it_leaves",
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="mailing_search"),
            models.Index(folded("name"), "id", name="mailing_by_name"),
            models.Index(fields=["created_at", "id"], name="mailing_by_creation"),
            models.Index(fields=["updated_at", "id"], name="mailing_by_update"),
            models.Index(fields=["state", "purpose", "owner"], name="mailing_facets"),
            models.Index(
                fields=["scheduled_at"],
                condition=Q(state=MailingState.SCHEDULED) | Q(state=MailingState.SENDING),
                name="mailing_under_way",
            ),
        ]

    class Privacy:
        name = NotPersonal("le nom d'un envoi")
        segment_params = NotPersonal("des critères de recherche")
        text = NotPersonal("un texte pour tous")
        html = NotPersonal("un texte pour tous")
        owner = PD(category="work", basis="contract", third_party=True, erase=Null())

    def __str__(self) -> str:
        return self.name


class MessageState(models.TextChoices):
    """waiting → queued (in the outbox) → sent; then maybe bounced or complained. Or excluded, before it leaves."""

    WAITING = "waiting", _("À envoyer")
    QUEUED = "queued", _("Dans la boîte d’envoi")
    SENT = "sent", _("Envoyé")
    EXCLUDED = "excluded", _("Écarté")
    FAILED = "failed", _("Refusé")
    UNCERTAIN = "uncertain", _("À vérifier")
    BOUNCED = "bounced", _("Non remis")
    COMPLAINED = "complained", _("Signalé indésirable")


TO_GO = (MessageState.WAITING, MessageState.QUEUED)
GONE = (MessageState.SENT, MessageState.BOUNCED, MessageState.COMPLAINED)


@personal_data(subject="contact", processing="CRM-02", retention=Keep(years=3, since="created_at", then=After.DELETE))
class Message(models.Model):
    """One recipient of a mailing. The address and the mailing are unique: nobody gets it twice."""

    mailing = models.ForeignKey(Mailing, models.PROTECT, verbose_name=_("envoi"), related_name="messages")
    contact = models.ForeignKey(Contact, models.SET_NULL, verbose_name=_("contact"), null=True, related_name="messages")
    address = models.CharField(_("adresse"), max_length=320)
    state = models.CharField(_("état"), max_length=10, choices=MessageState, default=MessageState.WAITING)
    reason = models.CharField(_("raison"), max_length=20, choices=Reason, blank=True)
    error = models.TextField(_("explication"), blank=True)
    bounce_code = models.CharField(_("code de retour"), max_length=12, blank=True)
    created_at = models.DateTimeField(_("retenu le"), db_default=Now(), editable=False)
    queued_at = models.DateTimeField(_("mis en file le"), null=True)
    sent_at = models.DateTimeField(_("envoyé le"), null=True)
    unsubscribed_at = models.DateTimeField(_("désabonné le"), null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailing", "address"], name="message_once_per_address"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_known"),
            models.CheckConstraint(
                condition=(Q(state__in=GONE) & Q(sent_at__isnull=False)) | (~Q(state__in=GONE) & Q(sent_at=None)),
                name="message_sent_at_a_time",
            ),
            models.CheckConstraint(
                condition=(Q(state=MessageState.EXCLUDED) & ~Q(reason=""))
                | (~Q(state=MessageState.EXCLUDED) & Q(reason="")),
                name="message_excluded_for_a_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["mailing", "state", "id"], name="message_of_mailing"),
            models.Index(fields=["mailing", "queued_at"], condition=Q(queued_at__isnull=False), name="message_pace"),
            models.Index(fields=["contact", "-id"], name="message_of_contact"),
            models.Index(fields=["created_at"], name="message_by_age"),
        ]

    class Privacy:
        address = PD(category="contact", origin="derived", match="email", erase=Tombstone())
        contact = PD(category="relation", origin="derived", erase=Null())
        error = PD(category="log", origin="observed", erase=Blank())
        unsubscribed_at = PD(category="log", origin="subject", portable=True, erase=Null())

    def __str__(self) -> str:
        return self.address
