"""Background work about accounts, where Celery looks for it."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from celery import shared_task
from django.urls import reverse

from core.accounts.actions.inviting import send_invitation
from core.accounts.mailing import send_link
from core.accounts.models import User


@shared_task
def send_reset_link(email: str, base: str) -> None:
    """Send the link that sets a new password, if the address is somebody's. To an invited person: their invitation."""
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        return
    if not person.has_usable_password():
        send_invitation(person, by=None, base=base)
        return
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    path = reverse("account_reset_password_from_key", kwargs=key, urlconf="config.urls")
    send_link(person, "password_reset_key", link=f"{base}{path}")
