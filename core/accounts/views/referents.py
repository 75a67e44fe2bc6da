"""Référents: who is designated in writing, for what, from when to when, and the document that says so."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.actions.designating import designate, end_designation
from core.accounts.models import Designation, User
from core.accounts.views.administration import Administration, FormPage
from core.attachments.actions import files_of
from core.attachments.kinds import KINDS
from core.forms import CleanInput
from core.models import Attachment

_DATE = {"type": "date"}


class DesignationForm(CleanInput, forms.ModelForm):
    document = forms.FileField(
        label=gettext_lazy("Document signé"), help_text=gettext_lazy("Le PDF ou l’image de l’acte, tel que signé.")
    )

    class Meta:
        model = Designation
        fields = ["person", "domain", "signed_by", "signed_on", "starts_on", "ends_on"]
        widgets = {name: forms.DateInput(_DATE, format="%Y-%m-%d") for name in ("signed_on", "starts_on", "ends_on")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_signed_on(self) -> Any:
        day = self.cleaned_data["signed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("Cette date est dans le futur : l’acte n’est pas encore signé."))
        return day


class ReferentsView(Administration):
    section = "referents"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = timezone.localdate()
        found = list(Designation.objects.select_related("person", "recorded_by"))
        keys = [designation.pk for designation in found]
        documents = {
            file.object_id: file
            for file in Attachment.objects.filter(
                model=Designation._meta.label_lower, object_id__in=keys, deleted_at=None
            )
        }
        rows = [
            {
                "designation": item,
                "document": documents.get(item.pk),
                "running": item.starts_on <= today and (item.ends_on is None or item.ends_on >= today),
                "coming": item.starts_on > today,
                "open": item.ends_on is None or item.ends_on > today,
            }
            for item in found
        ]
        return self.page("people/referents.html", rows=rows, today=today)


class NewReferentView(FormPage):
    section = "referents"

    def form(self, *data: Any) -> DesignationForm:
        return DesignationForm(
            *data, initial={"starts_on": timezone.localdate(), "person": self.request.GET.get("person")}
        )

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Désigner un référent"),
            "button": _("Inscrire la désignation"),
            "back_url": reverse("referents"),
            "back_label": _("Référents"),
            "lead": _("Seules les personnes désignées par écrit peuvent extraire des données de ressources humaines."),
        }

    def done(self, form: DesignationForm) -> HttpResponse:
        designation = designate(form.instance, form.cleaned_data["document"], by=self.user)
        messages.success(self.request, _("%s est désigné.") % designation.person)
        return redirect("referents")


class ReferentEndView(Administration):
    section = "referents"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("referents")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        designation = get_object_or_404(Designation, pk=pk)
        try:
            day = forms.DateField().clean(request.POST.get("ends_on"))
            end_designation(designation, day, by=self.user)
        except ValidationError as error:
            self.refused(error)
        else:
            messages.success(request, _("La désignation est close."))
        return redirect("referents")


class ReferentDocumentView(Administration):
    section = "referents"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        designation = get_object_or_404(Designation, pk=pk)
        file = get_object_or_404(files_of(designation))
        answer = FileResponse(file.file.open("rb"), as_attachment=True, filename=file.name)
        answer.headers["Content-Type"] = str(KINDS[file.kind].mime)
        return answer  # type: ignore[return-value]
