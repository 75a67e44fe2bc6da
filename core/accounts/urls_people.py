"""The people of an instance, for its administrators: under /people/."""

from django.urls import path

from core.accounts.views import journal, people, teams

urlpatterns = [
    path("", people.PeopleView.as_view(), name="people"),
    path("invitation/", people.InviteView.as_view(), name="person-invite"),
    path("journal/", journal.JournalView.as_view(), name="journal"),
    path("<int:pk>/", people.PersonView.as_view(), name="person"),
    path("<int:pk>/edit/", people.PersonEditView.as_view(), name="person-edit"),
    path("<int:pk>/invitation/", people.InvitationView.as_view(), name="person-invitation"),
    path("<int:pk>/deactivation/", people.DeactivationView.as_view(), name="person-deactivation"),
    path("<int:pk>/activation/", people.ActivationView.as_view(), name="person-activation"),
    path("<int:pk>/sessions/", people.SessionsEndView.as_view(), name="person-sessions"),
    path("teams/", teams.TeamsView.as_view(), name="teams"),
    path("teams/new/", teams.NewTeamView.as_view(), name="team-new"),
    path("teams/<int:pk>/", teams.TeamView.as_view(), name="team"),
    path("teams/<int:pk>/deletion/", teams.TeamDeletionView.as_view(), name="team-delete"),
]
