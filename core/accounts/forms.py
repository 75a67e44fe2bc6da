"""Forms about one's own account, in the words of the product."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.fields import PasswordField
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ResetPasswordForm as AllauthResetForm
from django import forms
from django.utils.translation import gettext_lazy as _

from core.accounts.tasks import send_reset_link
from core.forms import CleanInput


class LoginForm(AllauthLoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Adresse e-mail")
        self.fields["login"].widget.attrs.update(placeholder="", autofocus=True)
        self.fields["password"].widget.attrs.update(placeholder="")
        self.fields.pop("remember", None)


class AcceptForm(CleanInput, forms.Form):
    """What an invited person says of themselves, and the password that only they know."""

    first_name = forms.CharField(
        label=_("Prénom"), max_length=80, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(label=_("Nom"), max_length=80, widget=forms.TextInput({"autocomplete": "family-name"}))

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["password1"] = PasswordField(label=_("Mot de passe"), autocomplete="new-password")
        self.fields["password2"] = PasswordField(label=_("Le même, pour être sûr"), autocomplete="new-password")
        self.fields["password1"].help_text = _(
            "Douze caractères au moins. Trois ou quatre mots sans lien font un bon mot de passe."
        )
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def clean_password1(self) -> str:
        password = self.cleaned_data["password1"]
        for name in ("first_name", "last_name"):  # judged against the name just typed, not the one of before
            setattr(self.person, name, self.cleaned_data.get(name, ""))
        return get_adapter().clean_password(password, user=self.person)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password1") and data.get("password2") and data["password1"] != data["password2"]:
            self.add_error("password2", _("Ce n’est pas le même : tapez deux fois votre mot de passe."))
        return data


class ResetPasswordForm(AllauthResetForm):
    """Nothing is looked up while the visitor waits: the time it takes would tell whether the address is known."""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def save(self, request: Any, **kwargs: Any) -> str:
        send_reset_link.delay(self.cleaned_data["email"], f"{request.scheme}://{request.get_host()}")
        return self.cleaned_data["email"]
