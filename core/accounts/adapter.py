"""allauth, told what this product allows."""

from allauth.account.adapter import DefaultAccountAdapter
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        """Never: people are invited by their own administrator."""
        return False

    def get_client_ip(self, request) -> str:
        return request.META.get("REMOTE_ADDR", "0.0.0.0")  # noqa: S104 - a placeholder, nothing listens there

    def get_login_redirect_url(self, request) -> str:
        return "/admin/" if request.client is None else reverse("home")

    def get_password_change_redirect_url(self, request) -> str:
        return reverse("account_change_password")
