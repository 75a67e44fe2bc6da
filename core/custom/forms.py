"""The form of a custom field: what it is, where it shows, and what the registry of personal data wants to know."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import MODULES
from core.checks_personal_data import declaration_of
from core.custom import privacy
from core.custom.fields import KINDS
from core.forms import CleanInput
from core.models.custom import CHOOSING, MANAGERS, OPTION_HUES, CustomField, CustomKind
from core.registry import registry
from core.resource import Resource
from core.text import fold

MAX_OPTIONS, MAX_OPTION = 200, 60
_PRIVATE = ("category", "basis", "origin", "sensitivity", "erase")


class OptionsWidget(forms.Widget):
    """One line an option: its colour, its label; three empty lines for those to come."""

    template_name = "core/_custom_options.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        lines = list(value or [])
        lines += [{"id": "", "label": "", "hue": len(lines) % OPTION_HUES} for _n in range(1 if lines else 3)]
        context["widget"].update(lines=lines, hues=range(OPTION_HUES), max=MAX_OPTION)
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        def every(part: str) -> list[str]:
            return data.getlist(f"{name}_{part}") if hasattr(data, "getlist") else list(data.get(f"{name}_{part}", ()))

        labels, ids, hues, kept = every("label"), every("id"), every("hue"), every("state")
        return [
            {
                "id": ids[place] if place < len(ids) else "",
                "label": label,
                "hue": hues[place] if place < len(hues) else "0",
                "archived": place < len(kept) and kept[place] == "archived",
            }
            for place, label in enumerate(labels[: MAX_OPTIONS * 2])
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_label" not in data


class OptionsEditor(forms.Field):
    """The options in their order, each with an id that never changes nor is given again."""

    widget = OptionsWidget

    def __init__(self, *, known: list[dict[str, Any]], used: set[str], **kwargs: Any) -> None:
        self.known, self.used = {option["id"]: option for option in known}, used
        super().__init__(**kwargs)

    def clean(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        given = [{**line, "label": line["label"].strip()} for line in value]
        self._keep_used(given)
        lines = [line for line in given if line["label"]]
        if not lines:
            raise ValidationError(_("Donnez au moins une option."))
        if len(lines) > MAX_OPTIONS:
            raise ValidationError(_("%d options au plus : regroupez-les, ou prenez un champ de texte.") % MAX_OPTIONS)
        seen: set[str] = set()
        number = max([int(key[1:]) for key in self.known] or [0])
        out = []
        for line in lines:
            if len(line["label"]) > MAX_OPTION:
                raise ValidationError(_("« %s… » : une option a soixante caractères au plus.") % line["label"][:30])
            if fold(line["label"]) in seen:
                raise ValidationError(_("« %s » est deux fois parmi les options.") % line["label"])
            seen.add(fold(line["label"]))
            if line["id"] not in self.known:
                number += 1
                line["id"] = f"o{number}"
            hue = int(line["hue"]) if line["hue"] in map(str, range(OPTION_HUES)) else 0
            option = {"id": line["id"], "label": line["label"], "hue": hue}
            out.append({**option, "archived": True} if line["archived"] else option)
        return out

    def _keep_used(self, given: list[dict[str, Any]]) -> None:
        """An option that rows bear does not vanish: without its label, it is archived under the one that it had."""
        posted = {line["id"]: line for line in given if line["id"]}
        for key, option in self.known.items():
            line = posted.get(key)
            if line is not None and line["label"]:
                continue
            if key not in self.used:
                continue
            if line is None:
                given.append({**option, "hue": str(option.get("hue", 0)), "archived": True})
            else:
                line.update(label=option["label"], archived=True)


class CustomFieldForm(CleanInput, forms.ModelForm):
    personal = forms.TypedChoiceField(
        label=gettext_lazy("Est-ce une donnée personnelle ?"),
        help_text=gettext_lazy("Elle l’est dès qu’elle dit quelque chose d’une personne que l’on peut retrouver."),
        choices=[("yes", gettext_lazy("Oui")), ("no", gettext_lazy("Non"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    category = forms.ChoiceField(label=gettext_lazy("Catégorie"), required=False)
    basis = forms.ChoiceField(label=gettext_lazy("Base légale"), required=False)
    origin = forms.ChoiceField(label=gettext_lazy("De qui vient-elle ?"), required=False)
    sensitivity = forms.ChoiceField(label=gettext_lazy("Sensibilité"), required=False)
    reserved_for = forms.ChoiceField(label=gettext_lazy("Qui la voit"), required=False)

    class Meta:
        model = CustomField
        fields = [
            "label", "unit", "options", "help", "group", "required", "in_list", "sortable", "filterable",
            "reserved_for", "personal", "reason", "category", "basis", "origin", "sensitivity", "portable", "erase",
            "ground", "years", "audit",
        ]  # fmt: skip

    def __init__(self, *args: Any, resource: type[Resource], kind: str, used: set[str] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.resource, self.kind = resource, kind
        self.instance.resource, self.instance.kind = resource.key(), kind
        field = self.instance
        if field.pk:
            self.initial["personal"] = "yes" if field.personal else "no"
        self._words()
        self.fields["years"] = forms.IntegerField(
            label=self.fields["years"].label, help_text=self.fields["years"].help_text, required=False,
            min_value=1, max_value=100,
        )  # fmt: skip
        self._for_kind(used or set())
        self._reservation()

    def _words(self) -> None:
        nothing = [("", _("Choisissez…"))]
        self.choose("category", [*nothing, *privacy.CATEGORIES.items()])
        self.choose("basis", list(privacy.BASES.items()))
        self.choose("origin", [*nothing, *privacy.ORIGINS.items()])
        self.choose("sensitivity", list(privacy.SENSITIVITIES.items()))
        self.choose("erase", [*nothing, *CustomField._meta.get_field("erase").flatchoices])
        words = {
            "label": (_("Nom"), ""),
            "unit": (_("Unité"), _("Écrite après le nombre : km, kg, %…")),
            "help": (_("Aide"), _("Une phrase, sous le champ du formulaire.")),
            "group": (_("Groupe du formulaire"), _("Sans groupe : « Champs propres ».")),
            "required": (_("Obligatoire"), _("Les fiches existantes le demanderont à leur prochaine modification.")),
            "in_list": (_("Colonne de la liste"), _("Chacun peut la retirer de son affichage.")),
            "sortable": (_("Trier par ce champ"), ""),
            "filterable": (_("Filtrer par ce champ"), ""),
            "reason": (_("Pourquoi ne l’est-elle pas ?"), _("Par exemple : « une couleur de peinture ».")),
            "portable": (_("Remise à la personne qui demande ses données (portabilité)"), ""),
            "erase": (_("Quand une personne est effacée"), ""),
            "ground": (_("Texte qui l’exige"), _("Par exemple : C. com. L123-22.")),
            "years": (_("Années de garde"), _("Depuis la création de la fiche.")),
            "audit": (_("L’historique garde"), ""),
        }
        for name, (label, help_text) in words.items():
            self.fields[name].label, self.fields[name].help_text = label, help_text

    def choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def _for_kind(self, used: set[str]) -> None:
        if self.kind in CHOOSING:
            self.fields["options"] = OptionsEditor(
                label=_("Options"), known=self.instance.options, used=used,
                help_text=_("Dans l’ordre où elles sont proposées et triées."),
            )  # fmt: skip
        else:
            del self.fields["options"]
        if self.kind != CustomKind.NUMBER:
            del self.fields["unit"]
        if self.kind == CustomKind.CHECKBOX:
            del self.fields["required"]
        if not KINDS[self.kind].sorts:
            del self.fields["sortable"]

    def _reservation(self) -> None:
        """Whether it is reserved is written in the key of its values: only to whom may change."""
        module = self.resource.module
        chosen: list[tuple[str, Any]] = [
            (MANAGERS, _("Qui gère « %s »") % MODULES.get(module, module)),
            *((right.code, right.label) for right in registry.rights.values() if right.code.startswith(f"{module}.")),
        ]
        everyone = [("", _("Tous ceux qui voient la fiche"))]
        if self.instance.pk is None:
            self.choose("reserved_for", everyone + chosen)
            self.fields["reserved_for"].help_text = _("Réservé ou non, cela ne changera plus.")
        elif self.instance.reserved_for:
            self.choose("reserved_for", chosen)
        else:
            del self.fields["reserved_for"]

    # --- judging ----------------------------------------------------------------------------------------------------
    def clean_label(self) -> str:
        label = self.cleaned_data["label"].strip()
        if not fold(label):
            raise ValidationError(_("Donnez un nom qui se lise."))
        own = [str(field.verbose_name) for field in self.resource.model._meta.concrete_fields if not field.primary_key]
        others = CustomField.objects.filter(resource=self.resource.key(), erased_at=None).exclude(pk=self.instance.pk)
        if fold(label) in map(fold, own):
            raise ValidationError(_("Ces fiches ont déjà un champ « %s » : servez-vous de lui.") % label)
        for other in others:
            if fold(other.label) == fold(label):
                said = _("Ces fiches ont déjà un champ « %s »%s.") % (
                    other.label,
                    "" if other.is_live else _(" (archivé)"),
                )
                raise ValidationError(said)
        return label

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("personal") is True:
            self._judge_personal(data)
        elif data.get("personal") is False:
            self._judge_impersonal(data)
        return data

    def _judge_personal(self, data: dict[str, Any]) -> None:
        declaration = declaration_of(self.resource.model)
        if declaration is not None and not declaration.is_personal:
            self.add_error(
                "personal",
                _("Ces fiches n’appartiennent à personne (%s) : portez cette donnée sur la fiche d’un contact.")
                % declaration.reason,
            )
        for name in _PRIVATE:
            if not data.get(name):
                self.add_error(name, _("Choisissez : le registre des données personnelles le demande."))
        if data.get("sensitivity") not in ("", "ordinary", None) and not data.get(
            "reserved_for", self.instance.reserved_for
        ):
            self.add_error("reserved_for" if "reserved_for" in self.fields else "sensitivity",
                           _("Une donnée sensible est réservée : dites qui la voit."))  # fmt: skip
        if data.get("sensitivity") == "special" and data.get("basis") not in ("consent", "legal", "vital"):
            self.add_error("basis", _("Une donnée de santé, d’opinion… demande un consentement ou une loi (RGPD 9)."))
        if data.get("erase") == "keep":
            if not data.get("ground"):
                self.add_error("ground", _("Quel texte oblige à la garder ?"))
            if not data.get("years"):
                self.add_error("years", _("Combien d’années ?"))
        if self.kind == CustomKind.TEXT and data.get("category") == "free text" and data.get("erase") == "null":
            self.add_error("erase", _("Un texte libre peut parler d’autres personnes : faites-le relire."))
        data["reason"] = ""

    def _judge_impersonal(self, data: dict[str, Any]) -> None:
        data["reason"] = (data.get("reason") or "").strip()
        if not data["reason"]:
            named = privacy.seems_personal(data.get("label", ""))
            self.add_error(
                "reason",
                _("« %s » semble personnel : dites pourquoi ce ne l’est pas.") % data.get("label", "") if named
                else _("Dites pourquoi, en quelques mots : le registre le garde."),
            )  # fmt: skip
        data.update(dict.fromkeys(_PRIVATE, ""), portable=False, ground="", years=None)

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {name: self.cleaned_data[name] for name in self.fields}

    def sections(self) -> list[dict[str, Any]]:
        """The fields in the groups of the page."""
        parts = (
            ("what", _("Le champ"), ("label", "unit", "options", "help", "required")),
            ("where", _("Où il apparaît"), ("group", "in_list", "sortable", "filterable", "reserved_for")),
            ("personal", _("Données personnelles"), ("personal",)),
        )
        return [{"name": n, "legend": legend, "fields": self.shown(names)} for n, legend, names in parts]

    def shown(self, names: tuple[str, ...]) -> list[Any]:
        return [self[name] for name in names if name in self.fields]

    def when_personal(self) -> list[Any]:
        return self.shown((*_PRIVATE[:4], "portable", "audit", "erase"))

    def when_kept(self) -> list[Any]:
        return self.shown(("ground", "years"))
