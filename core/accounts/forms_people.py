"""Forms of administrators about their colleagues. None has a password."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.accounts.access import Access
from core.accounts.models import Role, Team, User
from core.forms import CleanInput


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
        given = [role.pk for role in Role.objects.all() if role.pk in worn or by.access.covers(Access.of([role.grant]))]
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
