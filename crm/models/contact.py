"""The people a client knows, at a company or on their own."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.merging.declaring import likeness
from core.models import DomainModel
from core.personal_data import PD, SELF, After, Blank, Keep, Null, Review, Tombstone, personal_data
from core.search import behind_first_word, search_column, sort_column
from crm.models.company import Company


class RecipientKind(models.TextChoices):
    """Who is written to: the law treats them apart, and unknown counts as consumer."""

    UNKNOWN = "unknown", _("Non précisé")
    PROFESSIONAL = "professional", _("Professionnel")
    CONSUMER = "consumer", _("Particulier")


# As for companies (crm.models.company): from the collection, and a person decides.
@personal_data(subject=SELF, processing="CRM-01", retention=Keep(years=3, since="created_at", then=After.REVIEW))
class Contact(DomainModel):
    company = models.ForeignKey(
        Company, models.SET_NULL, verbose_name=_("société"), null=True, blank=True, related_name="contacts"
    )
    first_name = models.CharField(_("prénom"), max_length=80, blank=True)
    last_name = models.CharField(_("nom"), max_length=80)
    job = models.CharField(_("fonction"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    mobile = models.CharField(_("mobile"), max_length=20, blank=True)
    recipient_kind = models.CharField(
        _("type de destinataire"), max_length=12, choices=RecipientKind, default=RecipientKind.UNKNOWN
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("responsable"), null=True, blank=True, related_name="+"
    )
    note = models.TextField(_("note"), blank=True, max_length=5000)
    search = search_column(A=("last_name", "first_name"), B=("email", "phone", "mobile"), C=("job",))
    sort_key = sort_column("last_name", "first_name")

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [models.CheckConstraint(condition=~Q(last_name=""), name="contact_has_a_name")]
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="contact_search"),
            GinIndex(behind_first_word(), name="contact_behind"),
            models.Index(fields=["sort_key", "id"], name="contact_by_name"),
            models.Index(fields=["updated_at", "id"], name="contact_by_update"),
            models.Index(fields=["created_at", "id"], name="contact_by_creation"),
            models.Index(Lower("email"), condition=~Q(email=""), name="contact_by_email"),
            models.Index(fields=["mobile"], condition=~Q(mobile=""), name="contact_by_mobile"),
            models.Index(likeness("first_name", "last_name"), name="contact_by_likeness"),
            models.Index(fields=["recipient_kind", "owner"], name="contact_facets"),
        ]

    class Privacy:
        first_name = PD(category="identity", origin="subject", match="name", portable=True, erase=Blank())
        last_name = PD(category="identity", origin="subject", match="name", portable=True, erase=Tombstone())
        company = PD(category="work", origin="subject", portable=True, erase=Null())
        job = PD(category="work", origin="subject", portable=True, erase=Blank())
        email = PD(category="contact", origin="subject", match="email", portable=True, erase=Blank())
        phone = PD(category="contact", origin="subject", match="phone", portable=True, erase=Blank())
        mobile = PD(category="contact", origin="subject", match="phone", portable=True, erase=Blank())
        owner = PD(category="work", origin="staff", third_party=True, erase=Null())
        note = PD(category="free text", origin="staff", third_party=True, erase=Review())

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
