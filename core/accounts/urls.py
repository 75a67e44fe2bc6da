"""The part of allauth that this product opens: no sign-up, no e-mail self-service."""

from allauth.account import views
from django.urls import path, re_path

from core.accounts.views import security
from core.accounts.views.invitations import AcceptView, AskAgainView
from core.accounts.views.signing import LogoutView

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", LogoutView.as_view(), name="account_logout"),
    path("invitation/<str:token>/", AcceptView.as_view(), name="invitation"),
    path("invitation/<str:token>/again/", AskAgainView.as_view(), name="invitation-again"),
    path("security/", security.SecurityView.as_view(), name="account-security"),
    path("sessions/end/", security.SignOutEverywhereView.as_view(), name="account-sessions-end"),
    path("sessions/<int:pk>/end/", security.SessionEndView.as_view(), name="account-session-end"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]
