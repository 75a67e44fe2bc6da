"""Teams: people who work on each other's records (Scope.TEAM)."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.forms_people import TeamForm
from core.accounts.models import Team
from core.accounts.views.administration import Administration, FormPage


class TeamsView(Administration):
    section = "teams"

    def get(self, request: HttpRequest) -> HttpResponse:
        active = Count("members", filter=Q(members__is_active=True))
        teams = Team.objects.annotate(size=active).prefetch_related("members")
        return self.page("people/teams.html", teams=teams)


class TeamView(FormPage):
    section = "teams"

    def team(self) -> Team | None:
        return get_object_or_404(Team, pk=self.kwargs["pk"])

    def form(self, *data: Any) -> TeamForm:
        return TeamForm(*data, instance=self.team())

    def words(self) -> dict[str, Any]:
        team = self.team()
        return {
            "title": team.name if team else _("Nouvelle équipe"),
            "button": _("Enregistrer") if team else _("Créer l’équipe"),
            "back_url": reverse("teams"),
            "back_label": _("Équipes"),
            "lead": _(
                "Ses membres atteignent les fiches les uns des autres, là où leur rôle dit « celles de l’équipe »."
            ),
            "delete_url": reverse("team-delete", args=[team.pk]) if team else "",
            "delete_label": _("Supprimer l’équipe"),
        }

    def done(self, form: TeamForm) -> HttpResponse:
        team = form.save()
        messages.success(self.request, _("L’équipe « %s » est enregistrée.") % team)
        return redirect("teams")


class NewTeamView(TeamView):
    def team(self) -> Team | None:
        return None


class TeamDeletionView(Administration):
    section = "teams"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("team", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        team = get_object_or_404(Team, pk=pk)
        team.delete()
        messages.success(request, _("L’équipe « %s » est supprimée ; ses membres et leurs fiches restent.") % team.name)
        return redirect("teams")
