"""allauth, told what this product allows."""

import logging
from types import SimpleNamespace

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import truncate_ip
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.accounts.devices import remember_device
from core.accounts.journal import note
from core.accounts.limits import forgive, take_try
from core.accounts.models import DoorEventKind, User
from core.mail.queueing import CLIENT_HEADER, sender_of_client

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": _(
            "Ce n’est pas votre mot de passe actuel. Si vous l’avez oublié, déconnectez-vous et demandez un lien."
        ),
        "incorrect_password": _(
            "Ce n’est pas votre mot de passe. Si vous l’avez oublié, déconnectez-vous et demandez un lien."
        ),
    }

    def is_open_for_signup(self, request) -> bool:
        """Never: people are invited by their own administrator."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """The mails speak for the client: its name and host stand where allauth puts the site's."""
        client = self.request.client
        site = SimpleNamespace(name=client.name if client else "MyB2O", domain=self.request.get_host())
        message = self.render_mail(
            template_prefix,
            email,
            {"request": self.request, "email": email, **context, "current_site": site, "dpo_email": settings.DPO_EMAIL},
        )
        message.extra_headers[CLIENT_HEADER] = client.schema_name if client else "public"
        # Not through the outbox: the link sets a password, so it is kept nowhere, and must arrive at once. A server in
        # trouble is our incident; the answer stays the same for every address, known here or not.
        try:
            message.send()
        except OSError:  # smtplib's errors are some of these
            logger.exception("account mail not sent")

    def get_from_email(self) -> str:
        return sender_of_client()[0] if self.request.client else settings.DEFAULT_FROM_EMAIL

    def format_email_subject(self, subject: str) -> str:
        client = self.request.client
        return f"[{client.name if client else 'MyB2O'}] {subject}"

    def get_client_ip(self, request) -> str:
        """The visitor's own address, behind ALLAUTH_TRUSTED_PROXY_COUNT proxies: limits are counted by it."""
        try:
            return super().get_client_ip(request)
        except PermissionDenied:  # none is known on a Unix socket
            return "0.0.0.0"  # noqa: S104 - a placeholder, nothing listens there

    def pre_authenticate(self, request, **credentials) -> None:
        """Count the try before the password is looked at; allauth gives it back when it was right."""
        login = credentials.get("email", "")
        self._login_failed_rl_usage = take_try(request, login, truncate_ip(self.get_client_ip(request)))
        if self._login_failed_rl_usage is None:
            note(DoorEventKind.LIMITED, _owner(login), request, means="password")
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request, **credentials) -> None:
        note(DoorEventKind.FAILED, _owner(credentials.get("email", "")), request, means="password")

    def _delete_login_attempts_cached_email(self, request, **credentials) -> None:
        forgive(request, credentials.get("email", ""), truncate_ip(self.get_client_ip(request)))

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        remember_device(request, response, user)
        return response

    def get_login_redirect_url(self, request) -> str:
        return "/admin/" if request.client is None else reverse("home")

    def get_password_change_redirect_url(self, request) -> str:
        return reverse("account_change_password")


def _owner(login: str) -> User | None:
    return User.objects.filter(email__iexact=login).first() if login else None
