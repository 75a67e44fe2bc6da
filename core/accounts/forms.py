"""Sign-in, in the words of the product."""

from allauth.account.forms import LoginForm as AllauthLoginForm
from django.utils.translation import gettext_lazy as _


class LoginForm(AllauthLoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Adresse e-mail")
        self.fields["login"].widget.attrs.update(placeholder="", autofocus=True)
        self.fields["password"].widget.attrs.update(placeholder="")
        self.fields.pop("remember", None)
