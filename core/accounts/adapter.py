"""allauth, told what this product allows."""

from types import SimpleNamespace

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import PermissionDenied
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        """Never: people are invited by their own administrator."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """The mails speak for the client: its name and host stand where allauth puts the site's."""
        client = self.request.client
        site = SimpleNamespace(name=client.name if client else "MyB2O", domain=self.request.get_host())
        super().send_mail(template_prefix, email, {**context, "current_site": site})

    def format_email_subject(self, subject: str) -> str:
        client = self.request.client
        return f"[{client.name if client else 'MyB2O'}] {subject}"

    def get_client_ip(self, request) -> str:
        """The visitor's own address, behind ALLAUTH_TRUSTED_PROXY_COUNT proxies: limits are counted by it."""
        try:
            return super().get_client_ip(request)
        except PermissionDenied:  # none is known on a Unix socket
            return "0.0.0.0"  # noqa: S104 - a placeholder, nothing listens there

    def get_login_redirect_url(self, request) -> str:
        return "/admin/" if request.client is None else reverse("home")

    def get_password_change_redirect_url(self, request) -> str:
        return reverse("account_change_password")
