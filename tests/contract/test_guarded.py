"""Every address of an instance is a guarded view, or stands in this short list with its reason."""

from django.urls import get_resolver

from core.api.urls import Door
from core.views.base import InstanceView

# Open to a visitor who is not signed in.
PUBLIC = {
    "account_login": "signing in",
    "account_logout": "signing out",
    "account_inactive": "says that the account is closed",
    "account_signup": "leads to signing in: nobody signs up",
    "account_reset_password": "asking for the link",
    "account_reset_password_done": "says that it is sent",
    "account_reset_password_from_key": "the link itself: single use, thirty minutes",
    "account_reset_password_from_key_done": "says that it is done",
    "invitation": "the link itself: single use, thirty minutes; without one, the page says so",
    "invitation-again": "sends another to the address that had the first",
    "mfa_authenticate": "the second step of signing in: allauth leads whoever did not take the first one back to it",
    "mfa_login_webauthn": "signing in with a passkey",
    "crm-ics": "a person's calendar, for who holds its secret address",
    "brand": "two figures of a stylesheet",
    "logo": "the client's own sign, on its sign-in page too",
    "intake": "a form of the client's own site: its written request and its origin are checked (R15)",
    "prefs": "the theme, a cookie",
    "privacy": "rights of persons: whoever they are (R17)",
    "unsubscribe": "the way out of mailings, for whoever holds the link (R20)",
    "resubscribe": "the way back, by a link that was sent to the address itself",
    "styleguide": "components without data",
    "support-enter": "B2O's support, with a ticket from ops under an access that the client opened",
    "support-leave": "signs B2O's support out",
}
# allauth's own views that want a signed-in person by its own decorator; tests/core/test_shell.py walks them too.
SIGNED_IN_BY_ALLAUTH = {
    "account_change_password", "account_set_password", "account_reauthenticate", "mfa_reauthenticate",
    "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_add_webauthn", "mfa_reauthenticate_webauthn", "mfa_remove_webauthn",
}  # fmt: skip


def addresses(patterns, prefix=""):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield pattern.name, prefix + str(pattern.pattern), pattern.callback


def is_guarded(callback) -> bool:
    view = getattr(callback, "view_class", None)
    return view is not None and (issubclass(view, InstanceView) or view is Door)


def test_every_address_is_guarded_or_on_the_short_list():
    seen = set()
    for name, route, callback in addresses(get_resolver("config.urls").url_patterns):
        seen.add(name)
        if name not in PUBLIC and name not in SIGNED_IN_BY_ALLAUTH:
            assert is_guarded(callback), f"/{route} ({name}) is outside core.views.base.InstanceView"
    assert set(PUBLIC) | SIGNED_IN_BY_ALLAUTH <= seen, "the list names addresses that are gone"


def test_a_guarded_view_does_not_open_itself():
    """`dispatch` holds the guard: a subclass that replaced it would be outside."""

    def subclasses(view):
        for child in view.__subclasses__():
            yield child
            yield from subclasses(child)

    for view in subclasses(InstanceView):
        assert "dispatch" not in view.__dict__, view.__name__


def test_the_door_of_the_api_only_leads_to_guarded_views():
    """`initial` holds the guard there: who, whether they may, how often."""
    from rest_framework.permissions import IsAuthenticated

    from core.api.authentication import Session
    from core.api.endpoints import ENDPOINTS
    from core.api.views import Guarded
    from interfaces.authentication import Key

    for name, view in ENDPOINTS.items():
        assert issubclass(view.cls, Guarded), name
        assert view.cls.authentication_classes == [Key, Session] and view.cls.permission_classes == [IsAuthenticated], (
            name
        )
        for base in view.cls.__mro__[: view.cls.__mro__.index(Guarded)]:
            replaced = {"dispatch", "initial", "check_permissions", "perform_authentication"} & base.__dict__.keys()
            assert not replaced, (name, base.__name__)
