"""The part of allauth that this product opens: no sign-up, no e-mail self-service."""

from allauth.account import views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path

from core.accounts.views import address, factors, security
from core.accounts.views.invitations import AcceptView, AskAgainView
from core.accounts.views.signing import LogoutView

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", LogoutView.as_view(), name="account_logout"),
    path("invitation/<str:token>/", AcceptView.as_view(), name="invitation"),
    path("invitation/<str:token>/again/", AskAgainView.as_view(), name="invitation-again"),
    path("security/", security.SecurityView.as_view(), name="account-security"),
    path("address/", address.AddressView.as_view(), name="account-address"),
    path("address/<str:token>/", address.ConfirmView.as_view(), name="account-address-confirm"),
    path("sessions/end/", security.SignOutEverywhereView.as_view(), name="account-sessions-end"),
    path("sessions/<int:pk>/end/", security.SessionEndView.as_view(), name="account-session-end"),
    path("2fa/", factors.FactorsView.as_view(), name="mfa_index"),
    path("2fa/needed/", factors.FactorNeededView.as_view(), name="account-factor-needed"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/webauthn/", factors.FactorsView.as_view(), name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("2fa/webauthn/login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("2fa/webauthn/reauthenticate/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", factors.RemovePasskeyView.as_view(), name="mfa_remove_webauthn"),
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
