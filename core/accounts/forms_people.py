"""Forms of administrators about their colleagues. None has a password."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.accounts.access import MODULES, Access
from core.accounts.actions.reach import access_of
from core.accounts.models import Role, Team, User
from core.forms import CleanInput
from core.registry import registry

LEVELS = (("none", _("Rien")), ("read", _("Lecture")), ("write", _("Écriture")), ("manage", _("Gestion")))
SCOPES = (("all", _("Toutes les fiches")), ("team", _("Celles de ses équipes")), ("own", _("Les siennes")))
OWNED = tuple(module for module in MODULES if module != "settings")  # whose records belong to somebody


class PersonForm(CleanInput, forms.Form):
    first_name = forms.CharField(label=_("Prénom"), max_length=80, required=False)
    last_name = forms.CharField(label=_("Nom"), max_length=80, required=False)
    roles = forms.ModelMultipleChoiceField(
        Role.objects.none(),
        label=_("Rôles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Ce qu’ils ouvrent s’additionne. Sans rôle, la personne se connecte et ne voit aucune fiche."),
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.none(), label=_("Équipes"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, by: User, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        worn = {role.pk for role in person.roles.all()} if person else set()
        # Offered: what the giver has themselves; what the person already wears stays where it is.
        own = access_of(by)
        given = [role.pk for role in Role.objects.all() if role.pk in worn or own.covers(Access.of([role.grant]))]
        self.fields["roles"].queryset = Role.objects.filter(pk__in=given)  # type: ignore[attr-defined]
        self.fields["teams"].queryset = Team.objects.all()  # type: ignore[attr-defined]
        if not Team.objects.exists():
            del self.fields["teams"]
        if person is not None:
            self.initial = {
                "first_name": person.first_name,
                "last_name": person.last_name,
                "roles": list(worn),
                "teams": [team.pk for team in person.teams.all()],
            }

    def values(self) -> dict[str, Any]:
        return {"teams": [], **self.cleaned_data}


class InviteForm(PersonForm):
    email = forms.EmailField(label=_("Adresse e-mail"), max_length=254)
    field_order = ("email", "first_name", "last_name", "roles", "teams")


class TeamForm(CleanInput, forms.ModelForm):
    class Meta:
        model = Team
        fields = ["name", "members"]
        widgets = {"members": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = set(self.instance.members.values_list("pk", flat=True)) if self.instance.pk else set()
        people = User.objects.filter(is_active=True) | User.objects.filter(pk__in=there)
        self.fields["members"].queryset = people  # type: ignore[attr-defined]


class RoleForm(CleanInput, forms.ModelForm):
    """A role: for each module a level and a reach, named rights, a second factor. Nothing beyond the giver's own."""

    class Meta:
        model = Role
        fields = ["name", "second_factor"]

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        role = self.instance
        for module in MODULES:
            self.fields[f"level-{module}"] = forms.ChoiceField(
                label=_("Niveau"), choices=LEVELS, initial=role.levels.get(module, "none")
            )
            if module in OWNED:
                self.fields[f"scope-{module}"] = forms.ChoiceField(
                    label=_("Fiches atteintes"), choices=SCOPES, initial=role.scopes.get(module, "all")
                )
        self.fields["rights"] = forms.MultipleChoiceField(
            label=_("Droits nommés"),
            choices=[(right.code, right.label) for right in registry.rights.values()],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            initial=list(role.rights),
        )

    @property
    def modules(self) -> list[dict[str, Any]]:
        return [
            {
                "label": label,
                "level": self[f"level-{module}"],
                "scope": self[f"scope-{module}"] if module in OWNED else None,
            }
            for module, label in MODULES.items()
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        role = self.instance
        # What belongs to modules that are not installed here stays as it is.
        others = {module: level for module, level in role.levels.items() if module not in MODULES}
        levels = {module: data.get(f"level-{module}", "none") for module in MODULES}
        role.levels = {**others, **{module: level for module, level in levels.items() if level != "none"}}
        others = {module: scope for module, scope in role.scopes.items() if module not in MODULES}
        scopes = {module: data.get(f"scope-{module}", "all") for module in OWNED}
        role.scopes = {**others, **{module: scope for module, scope in scopes.items() if scope != "all"}}
        unknown = {code for code in role.rights if code not in registry.rights}
        role.rights = sorted({*data.get("rights", []), *unknown})
        return data
