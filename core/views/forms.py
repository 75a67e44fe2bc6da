"""Creating and changing a row."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.forms import ResourceForm
from core.views.base import ResourceView


class GivenAway(Exception):
    """The saved row would leave the person's reach: the transaction rolls back."""


class FormView(ResourceView):
    """Shows a form, saves it in one transaction, and sends back what the database refuses as an error of the form."""

    level = Level.WRITE

    def instance(self) -> models.Model | None:
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.found()
        return self.show(self.build(row), row)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.found()
        form = self.build(row, request.POST)
        if form.is_valid() and self.save(form):
            messages.success(request, self.done(form.instance))
            return self.to("record", form.instance.pk)
        return self.show(form, row, status=422)

    def found(self) -> models.Model | None:
        """The row, with its title noted before the form puts what was typed on it."""
        row = self.instance()
        self.title = self.resource.title(row) if row else ""
        return row

    def build(self, row: models.Model | None, data: Any = None) -> ResourceForm:
        initial = {} if row or data else {name: self.request.GET[name] for name in self.request.GET}
        return self.resource.form(data, instance=row, initial=initial, user=self.request.user)  # type: ignore[return-value,call-arg]

    def save(self, form: ResourceForm) -> bool:
        try:
            with transaction.atomic():
                row = form.save()
                # The saved row must still be among this person's: nobody gives away what they may not see.
                if not self.resource.rows(self.user, self.level).filter(pk=row.pk).exists():
                    raise GivenAway
        except IntegrityError as error:
            form.add_integrity_error(error)
            return False
        except GivenAway:
            form.add_given_away_error()
            return False
        return True

    def done(self, row: models.Model) -> str:
        return _("« %s » est enregistré.") % self.resource.title(row)

    def show(self, form: ResourceForm, row: models.Model | None, status: int = 200) -> HttpResponse:
        record = {"pk": row.pk, "title": self.title} if row else None
        cancel = self.resource.url("record", row.pk) if row else self.resource.list_url
        context = {
            "resource": self.resource,
            "form": form,
            "fieldsets": list(form.groups()),
            "record": record,
            "cancel_url": cancel,
        }
        return render(self.request, "core/form.html", context, status=status)


class CreateView(FormView):
    def instance(self) -> models.Model | None:
        return None


class EditView(FormView):
    def instance(self) -> models.Model | None:
        return self.row()
