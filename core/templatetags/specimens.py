"""Form components in every state, for /styleguide. They are the real ones: nothing here is drawn twice."""

import datetime as dt
from typing import Any

from django import forms, template
from django.utils import timezone

from core.authorship import Author
from core.dashboards import charts
from core.tabs import count_label
from core.templatetags.french import MONTHS, eur

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


class _Counted:
    """A figure of a chart, as core.dashboards.counting.Point."""

    url = "#sg-charts"

    def __init__(self, label: str, count: int, short: str = "", tone: str = "") -> None:
        self.label, self.count, self.short, self.tone = label, count, short, tone

    @property
    def text(self) -> str:
        return count_label(self.count)


def _months(*counts: int) -> list[_Counted]:
    return [_Counted(f"{month} 2026", count, month) for month, count in zip(MONTHS, counts, strict=False)]


def _legend(figures: list[_Counted], *, meters: bool = False) -> list[dict[str, Any]]:
    whole, high = sum(figure.count for figure in figures), max(figure.count for figure in figures)
    return [
        {
            "point": figure,
            "css": charts.series(figure, 0 if meters else place),
            "share": charts.percent(figure.count, whole),
            "meter": charts.meter(figure.count, high, charts.series(figure, 0)) if meters else "",
        }
        for place, figure in enumerate(figures)
    ]


def _tile(number: int, label: str, kind: str, **more: Any) -> dict[str, Any]:
    name = f"sg-tile-{number}"
    common = {"key": name, "dom": f"{name}-t", "label": label, "kind": kind, "url": "#sg-charts", "empty": False}
    return {**common, "size": "s" if kind == "count" else "m", "icon": "building-2", **more}


def _over(number: int, label: str, draw: Any, figures: list[_Counted]) -> dict[str, Any]:
    """A tile of months."""
    chart = draw(figures, name=f"sg-c{number}", title=label)
    more = {"unit": "ce mois-ci", "change": {"average": "50"}, "points": figures}
    return _tile(number, label, "months", total=figures[-1].text, chart=chart, **more)


_YEAR = (13, 21, 32, 36, 49, 50, 65, 52, 70, 74, 86, 76)
_SHARES = (("Prospect", 267, "info"), ("Client", 318, "good"), ("Perdu", 2, "danger"))
_TRADES = (("BTP", 420), ("Industrie", 310), ("Négoce", 180), ("Santé", 60), ("Services", 44), ("Autres", 12))
_STAGES = (("Devis à faire", 18_400, 7), ("Devis envoyé", 52_250, 12), ("Négociation", 16_933, 3))
_HINT = "Non précisé, un contact compte comme particulier."


def _amounts(number: int, label: str) -> dict[str, Any]:
    """A tile of sums, each with its bar."""
    whole, high = sum(euros for _name, euros, _deals in _STAGES), max(euros for _name, euros, _deals in _STAGES)
    rows = [
        {"url": "#sg-charts", "label": name, "text": eur(euros), "told": f"{deals} affaires",
         "meter": charts.meter(euros, high, "s1")}
        for name, euros, deals in _STAGES
    ]  # fmt: skip
    content = {"url": "#sg-charts", "total": eur(whole), "note": "en cours", "rows": rows}
    return _tile(number, label, "part", template="core/_specimens_amounts.html", content=content)


@register.inclusion_tag("core/_specimens_charts.html")
def chart_specimens() -> dict[str, Any]:
    """Tiles and charts: full, flat, beyond the cap, empty, being arranged."""
    year = _months(*_YEAR)
    shares = [_Counted(label, count, tone=tone) for label, count, tone in _SHARES]
    trades = [_Counted(label, count) for label, count in _TRADES]
    rising, falling = charts.sparkline([3, 5, 4, 8, 9, 7]), charts.sparkline([9, 8, 8, 5, 3, 2])
    return {
        "tiles": [
            _tile(1, "Sociétés", "count", total="640", spark=rising, last=year[-1]),
            _tile(2, "Contacts", "count", total="10 000+", spark="", last=_Counted("nov.", 0)),
            _tile(3, "Destinataires à préciser", "count", total="0", hint=_HINT),
            _tile(4, "Affaires en cours", "count", total="42", spark=falling, last=year[0]),
            _over(5, "Colonnes", charts.bars, year),
            _over(6, "Courbe", charts.line, year),
            _tile(7, "Anneau", "donut", chart=charts.donut(shares, "587"), legend=_legend(shares)),
            _tile(8, "Barre partagée", "stack", total="1 026", chart=charts.stack(trades), legend=_legend(trades)),
            _tile(9, "Classement", "rank", chart="", legend=_legend(trades, meters=True)),
            _amounts(13, "Montants, par étape"),
            _tile(10, "Vide", "months", empty=True),
            _tile(11, "Dernières fiches", "rows", rows=[], empty=True),
        ],
        "arranged": _tile(12, "En cours d’arrangement", "count", total="640", spark="", last=year[-1]),
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


_JOBS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("running", "En cours", "info", {"percent": 42, "count": "42 000 sur 100 000", "doing": "Lecture des lignes"}),
    ("queued", "En attente", "neutral", {"percent": None, "count": "", "doing": "Attend son tour…"}),
    ("done", "Terminé", "good", {"said": "1 204 lignes", "result_url": "#sg-jobs"}),
    ("failed", "Échoué", "danger", {"said": "Une erreur technique a arrêté ce travail : rien n’a été changé."}),
)


@register.inclusion_tag("core/_specimens_jobs.html")
def job_specimens() -> dict[str, Any]:
    """Job cards in their states; they ask for nothing."""
    return {
        "cards": [
            {"id": f"sg-job-{name}", "job": {"label": f"clients-{number}.csv", "message": more.get("said", "")},
             "url": "#sg-jobs", "kind": "Import", "state": label, "tone": tone, "going": "doing" in more, **more}
            for number, (name, label, tone, more) in enumerate(_JOBS, 1)
        ]
    }  # fmt: skip
