"""The forms of a written request: what the document says, and the fields that it names."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.accounts.models import User
from core.api.serializer import serializer_of
from core.attachments.kinds import Refused, kind_of
from core.attachments.names import clean_name
from core.custom.definitions import field_of
from core.forms import CleanInput
from core.registry import registry
from core.resource import Resource
from core.templatetags.french import size
from interfaces.countries import CHOICES
from interfaces.models import ApiKey, Direction, RequestedResource, Webhook, WrittenRequest
from interfaces.models.requests import EU
from interfaces.principal import filters_for, parameters_of

_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
DOCUMENTS = ("pdf", "png", "jpeg")


class RequestForm(CleanInput, forms.ModelForm):
    """The facts of the document. The fields are chosen in `Choice`s, beside it."""

    document = forms.FileField(
        label=gettext_lazy("Document signé"), widget=forms.FileInput, help_text=gettext_lazy("PDF, PNG ou JPEG.")
    )
    hosts = forms.CharField(
        label=gettext_lazy("Hôtes"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Un nom par ligne, « erp.exemple.fr » : les seuls où des données peuvent être envoyées, et d’où un "
            "formulaire peut venir."
        ),
    )  # fmt: skip
    country = forms.ChoiceField(label=gettext_lazy("Pays du tiers"), choices=CHOICES, required=False)

    fieldsets = (
        (gettext_lazy("La demande"), ("name", "purpose", "direction", "ends_on")),
        (gettext_lazy("La signature"), ("signatory", "signatory_role", "signed_on", "document")),
        (gettext_lazy("Le tiers"), ("third_party", "country", "contract", "security", "legal_basis", "hosts")),
    )

    class Meta:
        model = WrittenRequest
        fields = [
            "name", "purpose", "direction", "ends_on", "signatory", "signatory_role", "signed_on", "document",
            "third_party", "country", "contract", "security", "legal_basis", "hosts",
        ]  # fmt: skip
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 2}),
            "security": forms.Textarea(attrs={"rows": 2}),
            "signed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["hosts"] = "\n".join(self.instance.hosts)
        if self.instance.pk:
            self.fields["document"].required = False
            self.fields["document"].help_text = (
                _("Gardé : %s. Choisissez un fichier pour le remplacer.") % self.instance.document_name
            )

    def groups(self) -> Iterator[dict[str, Any]]:
        for legend, names in self.fieldsets:
            yield {"legend": legend, "fields": [self[name] for name in names]}

    def clean_document(self) -> Any:
        upload = self.cleaned_data["document"]
        if upload is None or not hasattr(upload, "content_type"):
            return upload
        if upload.size > settings.FILE_MAX_BYTES:
            raise ValidationError(_("%s au plus.") % size(settings.FILE_MAX_BYTES))
        name = clean_name(upload.name or "")
        try:
            kind = kind_of(upload.file, name)
        except Refused as error:
            raise ValidationError(_("Document refusé : %s") % error) from error
        if kind not in DOCUMENTS:
            raise ValidationError(_("Un PDF ou une image du document signé."))
        upload.file.seek(0)
        self.instance.document_name = name[:160]
        self.instance.document_sha256 = hashlib.file_digest(upload.file, "sha256").hexdigest()
        upload.file.seek(0)
        return upload

    def clean_hosts(self) -> list[str]:
        hosts = list(dict.fromkeys(self.cleaned_data["hosts"].lower().split()))
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise ValidationError(
                    _("« %s » n’est pas un nom d’hôte : ni « https:// », ni chemin, ni adresse IP.") % host[:80]
                )
        if len(hosts) > 20:
            raise ValidationError(_("Vingt hôtes au plus."))
        return hosts

    def clean_signed_on(self) -> Any:
        day = self.cleaned_data["signed_on"]
        if day > timezone.localdate():
            raise ValidationError(_("La signature ne peut pas être à venir."))
        return day

    def clean_ends_on(self) -> Any:
        day = self.cleaned_data["ends_on"]
        if day < timezone.localdate():
            raise ValidationError(_("Cette date est passée."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("third_party"):
            data |= {"country": "", "contract": "", "security": "", "legal_basis": ""}
            return data
        for name, words in (
            ("country", _("Le pays du tiers est nécessaire.")),
            ("contract", _("La référence de votre contrat avec le tiers est nécessaire.")),
            ("security", _("Dites comment le tiers protège ces données.")),
        ):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, words)
        if data.get("country") in EU:
            data["legal_basis"] = ""
        elif data.get("country") and not data.get("legal_basis"):
            self.add_error("legal_basis", _("Hors de l’Union européenne, un transfert veut une base légale."))
        return data


class Choice:
    """The fields of one list, as they are ticked: read, written, of which rows."""

    def __init__(self, resource: type[Resource], user: User, kept: RequestedResource | None, data: QueryDict | None):
        self.resource, self.key = resource, resource.key()
        self.prefix = self.key.replace(".", "-")
        self.label, self.errors = resource.label_plural, []  # type: ignore[var-annotated]
        form_fields = set(resource.form(user=user).fields)
        known = [(fact.name, fact.label, fact.name in form_fields) for fact in serializer_of(resource, user).facts]
        known.append(("tags", _("Étiquettes"), True))
        if data is None:
            read, written = set(kept.read if kept else ()), set(kept.written if kept else ())
            self.rows, self.deletes = (kept.rows, kept.deletes) if kept else ("", False)
        else:
            read, written = (set(data.getlist(f"{self.prefix}-{way}")) for way in ("read", "written"))
            self.rows = self._rows_of(data.get(f"{self.prefix}-rows", ""))
            self.deletes = f"{self.prefix}-deletes" in data
        sensitive = resource.sensitive
        self.lines: list[dict[str, Any]] = [
            {
                "name": name, "label": label, "read": name in read, "written": writes and name in written,
                "writes": writes, "sensitive": name in sensitive,
            }
            for name, label, writes in known
        ]  # fmt: skip

    @property
    def read(self) -> list[str]:
        return [line["name"] for line in self.lines if line["read"]]

    @property
    def written(self) -> list[str]:
        return [line["name"] for line in self.lines if line["written"]]

    @property
    def chosen(self) -> bool:
        return bool(self.read or self.written or self.deletes)

    def _rows_of(self, text: str) -> str:
        """The filters of a list's address, or of its part after « ? »."""
        asked = QueryDict(text.strip().rpartition("?")[2], mutable=True)
        for name in ("view", "sort", "after", "before"):
            asked.pop(name, None)
        return asked.urlencode()[:1000]

    def check(self, direction: str) -> None:
        if direction == Direction.OUT and (self.written or self.deletes):
            self.errors.append(_("%s : cette demande ne prévoit que des sorties, rien ne s’y écrit.") % self.label)
        if direction == Direction.IN and self.read:
            self.errors.append(_("%s : cette demande ne prévoit que des entrées, rien ne s’y lit.") % self.label)
        if self.rows:
            bound = filters_for(self.resource, self.rows)
            if not set(QueryDict(self.rows)) <= parameters_of(bound) or not bound.is_valid():
                self.errors.append(
                    _("%s : « %s » n’est pas un filtre de cette liste. Filtrez-la à l’écran, puis collez son adresse.")
                    % (self.label, self.rows[:80])
                )

    def made(self) -> RequestedResource:
        return RequestedResource(
            resource=self.key, read=self.read, written=self.written, rows=self.rows, deletes=self.deletes
        )


def choices(user: User, kept: list[RequestedResource], data: QueryDict | None = None) -> list[Choice]:
    """One for each list that this person reads."""
    by_key = {one.resource: one for one in kept}
    return [
        Choice(resource, user, by_key.get(resource.key()), data)
        for resource in registry
        if resource.may(user, Level.READ)
    ]


class RevocationForm(CleanInput, forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Motif"),
        max_length=300,
        help_text=gettext_lazy("Par exemple : fin du contrat avec le tiers."),
    )


class KeyForm(CleanInput, forms.ModelForm):
    class Meta:
        model = ApiKey
        fields = ["label", "expires_on", "per_minute"]
        widgets = {"expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_expires_on(self) -> Any:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate():
            raise ValidationError(_("Cette date est passée."))
        return day


class IntakeForm(CleanInput, forms.ModelForm):
    """The form of a list says what it may be given beside what a visitor writes: `office`, names of its fields, and
    `agree`, which keeps a consent (see interfaces.intake)."""

    form_of = forms.ChoiceField(label=gettext_lazy("Liste que le formulaire remplit"))

    class Meta:
        model = ApiKey
        fields = ["label", "per_minute", "wording"]
        widgets = {"wording": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"label": gettext_lazy("Où il se trouve : page de contact, demande de devis…")}
        labels = {"label": gettext_lazy("Nom du formulaire"), "per_minute": gettext_lazy("Envois par minute")}

    def __init__(self, *args: Any, request: WrittenRequest, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(one, registry.by_label.get(one.resource)) for one in request.resources.all() if one.written]
        lists: dict[str, Any] = {one.resource: resource for one, resource in found if resource}
        form_of: Any = self.fields["form_of"]
        form_of.choices = [(key, resource.label_plural) for key, resource in lists.items()]
        self.office: dict[str, tuple[str, str]] = {}  # {field here: (list, its field)}
        for one, resource in found:
            theirs: Any = resource and resource.form(user=user)
            for name in getattr(theirs, "office", ()):
                if name in theirs.fields and name not in one.written:
                    self.office[f"{name}-of-{one.pk}"] = one.resource, name
                    self.fields[f"{name}-of-{one.pk}"] = theirs.fields[name]
        self.agreeing = {key for key, resource in lists.items() if hasattr(resource.form, "agree")}
        if not self.agreeing:
            del self.fields["wording"]
        if not self.is_bound:
            self.initial["per_minute"] = 30

    def given_fields(self) -> Iterator[Any]:
        return (self[name] for name in self.office)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = data.get("form_of", "")
        if data.get("wording") and chosen not in self.agreeing:
            self.add_error("wording", _("Cette liste ne garde pas de consentement : laissez ce texte vide."))
        values = {name: data.pop(here, None) for here, (key, name) in self.office.items() if key == chosen}
        for here in self.office:
            data.pop(here, None)
        data["given"] = {name: str(getattr(value, "pk", value)) for name, value in values.items() if value}
        return data


class WebhookForm(CleanInput, forms.ModelForm):
    url = forms.URLField(label=gettext_lazy("Adresse"), max_length=500, assume_scheme="https")
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Événements"), widget=forms.CheckboxSelectMultiple,
        choices=(
            ("created", gettext_lazy("Création d’une fiche")), ("updated", gettext_lazy("Modification d’un champ lu")),
            ("deleted", gettext_lazy("Suppression d’une fiche déjà envoyée")),
        ),
    )  # fmt: skip

    class Meta:
        model = Webhook
        fields = ["url", "kinds"]

    def __init__(self, *args: Any, request: WrittenRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if not self.is_bound:
            self.initial["kinds"] = ["created", "updated", "deleted"]
        hosts = ", ".join(request.hosts) or "—"
        self.fields["url"].help_text = _("Chez l’un des hôtes de la demande : %s") % hosts

    def clean_url(self) -> str:
        from interfaces.sending import Unsafe, judged

        url = self.cleaned_data["url"]
        try:
            judged(url, self.request.hosts)
        except Unsafe as error:
            raise ValidationError(str(error)) from error
        return url


def label_of_field(resource: type[Resource], name: str) -> str:
    """A field in people's words, also one that is gone."""
    if name == "tags":
        return _("Étiquettes")
    try:
        return capfirst(str(field_of(resource.model, name).verbose_name))
    except FieldDoesNotExist:
        return name
