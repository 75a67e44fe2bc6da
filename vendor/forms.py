"""Who a client is and how it looks: the parts that ops' screens and the client's own have in common."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.documents import small_logo, validate_logo
from tenants.identity import of_one_company

IDENTITY = ("name", "siret", "vat_number", "street", "postcode", "city")


def compact(text: str) -> str:
    return "".join(text.split()).upper()


class IdentityForm(forms.ModelForm):
    """People paste « 732 829 320 00074 »."""

    siret = forms.CharField(label="SIRET", required=False, max_length=20)
    vat_number = forms.CharField(label=gettext_lazy("N° de TVA"), required=False, max_length=20)

    def clean_siret(self) -> str:
        return compact(self.cleaned_data["siret"])

    def clean_vat_number(self) -> str:
        return compact(self.cleaned_data["vat_number"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not of_one_company(data.get("siret", ""), data.get("vat_number", "")):
            self.add_error("vat_number", _("Ce numéro de TVA n’est pas celui de l’entreprise de ce SIRET."))
        return data


class LogoForm(forms.ModelForm):
    def clean_logo(self) -> Any:
        """What is kept is drawn anew from what was sent."""
        logo = self.cleaned_data["logo"]
        if not logo or "logo" not in self.changed_data:
            return logo
        validate_logo(logo)
        return small_logo(logo)
