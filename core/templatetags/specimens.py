"""Form components in every state, for /styleguide. They are the real ones: nothing here is drawn twice."""

import datetime as dt
from typing import Any

from django import forms, template
from django.utils import timezone

from core.authorship import Author

register = template.Library()


class _LookUp(forms.Widget):
    """A combobox that searches nothing."""

    template_name = "core/_lookup.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"].update(pk="", text=value or "", url="#", hint="Nom, ville, SIREN…")
        return context


class Specimens(forms.Form):
    text = forms.CharField(label="Raison sociale", help_text="Telle qu’au registre.", max_length=40)
    choice = forms.ChoiceField(label="Relation", choices=[("", "—"), ("prospect", "Prospect"), ("customer", "Client")])
    lookup = forms.CharField(label="Maison mère", widget=_LookUp())
    memo = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}))
    day = forms.DateField(label="Cliente depuis", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    money = forms.DecimalField(label="Encours autorisé (€)", decimal_places=2, max_digits=12)
    file = forms.FileField(label="Fichier")
    box = forms.BooleanField(label="Fournisseur", help_text="Aussi quand elle est cliente.")
    radio = forms.ChoiceField(label="Taille", choices=[("s", "TPE"), ("m", "PME")], widget=forms.RadioSelect)

    def __init__(self, *args: Any, disabled: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.disabled = disabled


_FILLED = {
    "text": "Ateliers Arnaud",
    "choice": "customer",
    "lookup": "Groupe Arnaud",
    "memo": "Rappeler après l’inventaire.",
    "day": dt.date(2026, 3, 3),
    "money": "12500.50",
    "box": True,
    "radio": "m",
}


@register.inclusion_tag("core/_specimens.html", takes_context=True)
def form_specimens(context: template.Context) -> dict[str, Any]:
    wrong = Specimens({"wrong-money": "beaucoup", "wrong-day": "demain"}, prefix="wrong")
    clash = Specimens({"clash-text": "Ateliers Arnaud SAS", "clash-choice": "customer"}, prefix="clash")
    clash.errors.clear()
    author = Author(None, "Claire Dumas", timezone.now())
    return {
        "csrf_token": context.get("csrf_token"),
        "states": [
            {"label": "Vides", "form": Specimens(prefix="empty")},
            {"label": "Remplis", "form": Specimens(initial=_FILLED, prefix="filled")},
            {"label": "En erreur", "form": wrong},
            {"label": "Désactivés", "form": Specimens(initial=_FILLED, prefix="off", disabled=True)},
        ],
        "form": clash,
        "conflict": [
            {"bound": clash["text"], "name": "text", "former": "Ateliers Arnaud SARL", "theirs": "Ateliers & fils",
             "author": author, "neighbour": False, "unchosen": True},
            {"bound": clash["choice"], "name": "choice", "former": "Prospect", "theirs": "", "author": None,
             "neighbour": True, "unchosen": False},
        ],
        "merged": "Note, Ville",
        "offers": [{"key": "a", "at": timezone.now(), "text": "Ateliers Arnaud"}],
        "draft_url": "",
    }  # fmt: skip
