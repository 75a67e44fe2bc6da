"""What every screen about accounts shares: administrators only, and the way between the screens."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.views.base import SettingsView


class Administration(SettingsView):
    section = "people"  # the tab that is lit

    @property
    def base(self) -> str:
        """Where this request reached the instance: « https://atelier.myb2o.net »."""
        return f"{self.request.scheme}://{self.request.get_host()}"

    def person(self) -> User:
        """The person of the address, with roles and teams read (two queries more)."""
        return get_object_or_404(User.objects.prefetch_related("roles", "teams"), pk=self.kwargs["pk"])

    def sections(self) -> list[dict[str, Any]]:
        names = (
            ("people", _("Personnes")),
            ("teams", _("Équipes")),
            ("roles", _("Rôles")),
            ("rights", _("Qui a quel droit")),
            ("referents", _("Référents")),
            ("journal", _("Connexions")),
            ("support", _("Support B2O")),
        )
        return [
            {"label": label, "url": reverse(name), "current": name == self.section, "name": name}
            for name, label in names
        ]

    def page(self, template: str, **context: Any) -> HttpResponse:
        return render(self.request, template, {"sections": self.sections(), "section": self.section, **context})

    def refused(self, error: ValidationError) -> None:
        for message in error.messages:
            messages.error(self.request, message)


class FormPage(Administration):
    """A form, and the action behind it, whose refusal is shown with what was typed."""

    template = "people/form.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if form.is_valid():
            try:
                return self.done(form)
            except ValidationError as error:
                form.add_error(None, error)
        return self.show(form)

    def form(self, *data: Any) -> Any:
        raise NotImplementedError

    def done(self, form: Any) -> HttpResponse:
        """Act, then say where to go. May raise ValidationError: nothing is done."""
        raise NotImplementedError

    def words(self) -> dict[str, Any]:
        """What the page says: title, button, back_url, back_label, lead."""
        raise NotImplementedError

    def show(self, form: Any) -> HttpResponse:
        return self.page(self.template, form=form, **self.words())
