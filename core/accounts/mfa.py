"""allauth's second factors, told what this product allows: whose name is shown, how secrets lie in the database."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)  # fmt: skip
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.cipher import cipher
from core.place import active_tenant

_USE = "second-factor"


def factors_of(person: Any) -> Any:
    """A person's second factors; recovery codes only replace one, and do not count."""
    return Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("Ce n’est pas le bon. Un code sert trente secondes : essayez le suivant."),
        "cannot_delete_authenticator": gettext_lazy(
            "L’un de vos rôles demande un second facteur : ajoutez-en un autre avant de retirer celui-ci."
        ),
        "cannot_generate_recovery_codes": gettext_lazy("Les codes de secours viennent avec un second facteur."),
    }

    def encrypt(self, text: str) -> str:
        return cipher(_USE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher(_USE).decrypt(encrypted_text.encode()).decode()

    def _get_site_name(self) -> str:
        """« Atelier Morvan (MyB2O) »: what the telephone shows beside the code."""
        name = getattr(active_tenant(), "name", "")
        return f"{name} (MyB2O)" if name else "MyB2O"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        person = authenticator.user
        if not person.is_staff and not person.roles.filter(second_factor=True).exists():
            return True
        return factors_of(person).exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - allauth's word
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Clé d’accès n° %s") % (count + 1)


def is_answer_of_a_device(given: Any) -> bool:
    """Whether a JSON value has the shape of what navigator.credentials gives: fido2 fails on others in its own ways."""
    inner = given.get("response") if isinstance(given, dict) else None
    if not isinstance(inner, dict):
        return False
    texts = (given.get("id"), given.get("rawId"), given.get("type"), inner.get("clientDataJSON"))
    return all(isinstance(text, str) for text in texts)


def _refused() -> Exception:
    return MFAAdapter().validation_error("incorrect_code")


_UNREADABLE = (KeyError, TypeError, AttributeError, ValueError)  # of fido2, on forged bytes


class _Judged:
    """Of allauth's forms that use a key: what is no answer of a device is refused, and is no failure of ours."""

    def clean_credential(self) -> Any:
        if not is_answer_of_a_device(self.cleaned_data["credential"]):  # type: ignore[attr-defined]
            raise _refused()
        try:
            return super().clean_credential()  # type: ignore[misc]
        except _UNREADABLE as error:
            raise _refused() from error


class LoginPasskeyForm(_Judged, LoginWebAuthnForm):
    pass


class AuthenticatePasskeyForm(_Judged, AuthenticateWebAuthnForm):
    pass


class ReauthenticatePasskeyForm(_Judged, ReauthenticateWebAuthnForm):
    pass


class AddPasskeyForm(AddWebAuthnForm):
    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data.get("credential")
        if given is not None and not is_answer_of_a_device(given):
            raise _refused()
        try:
            data: dict[str, Any] = super().clean()
        except _UNREADABLE as error:
            raise _refused() from error
        data["name"] = data.get("name", "")[:60]
        return data
