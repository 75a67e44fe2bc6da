"""The people of an instance, for its administrators: under /people/."""

from django.urls import path

from core.accounts.views import journal, people, referents, roles, support, teams

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
    path("<int:pk>/factors/", people.FactorsEndView.as_view(), name="person-factors"),
    path("roles/", roles.RolesView.as_view(), name="roles"),
    path("roles/new/", roles.NewRoleView.as_view(), name="role-new"),
    path("roles/<int:pk>/", roles.RoleView.as_view(), name="role"),
    path("roles/<int:pk>/deletion/", roles.RoleDeletionView.as_view(), name="role-delete"),
    path("support/", support.SupportView.as_view(), name="support"),
    path("support/new/", support.NewAccessView.as_view(), name="support-new"),
    path("support/<int:pk>/", support.AccessView.as_view(), name="support-access"),
    path("support/<int:pk>/revocation/", support.RevocationView.as_view(), name="support-revoke"),
    path("rights/", roles.RightsView.as_view(), name="rights"),
    path("referents/", referents.ReferentsView.as_view(), name="referents"),
    path("referents/new/", referents.NewReferentView.as_view(), name="referent-new"),
    path("referents/<int:pk>/end/", referents.ReferentEndView.as_view(), name="referent-end"),
    path("referents/<int:pk>/document/", referents.ReferentDocumentView.as_view(), name="referent-document"),
    path("teams/", teams.TeamsView.as_view(), name="teams"),
    path("teams/new/", teams.NewTeamView.as_view(), name="team-new"),
    path("teams/<int:pk>/", teams.TeamView.as_view(), name="team"),
    path("teams/<int:pk>/deletion/", teams.TeamDeletionView.as_view(), name="team-delete"),
]
