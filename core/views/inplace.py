"""One fact changed on the record itself, by its form's own rules; and a former value put back by the same."""

from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core import audit
from core.authorship import authors_of
from core.custom.definitions import field_of, field_of_column
from core.custom.fields import Virtual
from core.forms import ResourceForm
from core.history import label_of_column, rows_events, value_before
from core.htmx import is_htmx
from core.locking import lock, put, simple
from core.text import clean
from core.views.forms import FormView
from core.views.record import RecordView


class FieldView(FormView):
    """GET: the field as a small form (`?show`: the fact again). POST: saved, or the form with what is wrong."""

    def instance(self) -> models.Model | None:
        return self.row()

    @property
    def name(self) -> str:
        return self.kwargs["name"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.row()
        form = self.known(self.build(row))
        if not is_htmx(request):
            return redirect(f"{self.resource.url('edit', row.pk)}#field-{self.name}")
        return self.fact(row) if "show" in request.GET else self.ask(form, row)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            lock(self.resource.model, self.kwargs["pk"])
            row = self.row()
            self.known(self.build(row))
            form = self.build(row, self.whole(row, request.POST))
            if self.moved(request.POST, self.row()):
                now = self.row()
                form.add_error(self.name, self.met(now))
                return self.ask(form, now)
            if form.is_valid() and self.save(form):
                return self.done_here(self.row())
        return self.ask(form, row)

    # --- the form -----------------------------------------------------------------------------------------------
    def known(self, form: ResourceForm) -> ResourceForm:
        """404 for what is no field of this person's form."""
        field = form.fields.get(self.name)
        if field is None or field.disabled:
            raise Http404
        return form

    def whole(self, row: models.Model, posted: QueryDict) -> QueryDict:
        """The row's values as the form would post them, and the one field as it was posted."""
        data = QueryDict(mutable=True)
        form = self.build(row)
        for name in form.fields:
            if name != self.name:
                put(data, form, name, row)
        html_name = form[self.name].html_name
        for key in posted:
            if key == html_name or key.startswith(f"{html_name}_"):
                data.setlist(key, posted.getlist(key))
        return data

    def moved(self, posted: QueryDict, row: models.Model) -> bool:
        """Whether the value is no longer the one that the small form was opened on."""
        was = posted.get("_was")
        return was is not None and clean(was) != str(simple(getattr(row, self.name)))

    def met(self, row: models.Model) -> str:
        message = _(
            "Cette valeur a changé entre-temps (%(who)s) : elle est maintenant « %(now)s ». Enregistrez de nouveau "
            "pour la remplacer."
        )
        author = self.named(authors_of(row, [self.name]).get(self.name))
        return message % {"who": author.name if author else _("quelqu’un"), "now": self.told(row) or "—"}

    def told(self, row: models.Model) -> str:
        from core.display import plain

        value = getattr(row, self.name)
        return str(value) if isinstance(value, models.Model) else plain(field_of(type(row), self.name), value)

    # --- answers ------------------------------------------------------------------------------------------------
    def record_view(self) -> RecordView:
        view = RecordView(resource=self.resource)
        view.setup(self.request, **self.kwargs)
        return view

    def fact(self, row: models.Model) -> HttpResponse:
        fact = self.record_view().fact(row, self.name, editable=self.name not in self.resource.fixed(row))
        return render(self.request, "core/_fact.html", {"fact": fact})

    def ask(self, form: ResourceForm, row: models.Model) -> HttpResponse:
        field_errors: Any = form.errors.get(self.name, []) if form.is_bound else []
        others = [
            (form.fields[name].label if name in form.fields else "", error)
            for name, errors in (form.errors.items() if form.is_bound else ())
            if name != self.name
            for error in errors
        ]
        context = {
            "field": form[self.name],
            "was": simple(getattr(self.row(), self.name)),
            "url": self.resource.url("field", row.pk, self.name),
            "form_url": f"{self.resource.url('edit', row.pk)}#field-{self.name}",
            "errors": field_errors,
            "others": others,
        }
        return render(self.request, "core/_fact_form.html", context)

    def done_here(self, row: models.Model) -> HttpResponse:
        """The head and the facts again: a field's rules may have filled others."""
        view = self.record_view()
        answer = render(self.request, "core/_record_parts.html", {**view.context(row), "changed": self.name})
        answer["HX-Retarget"], answer["HX-Reswap"] = "#record-facts", "outerHTML"
        return answer


class RevertView(FieldView):
    """A value of the history put back, by the form's rules, or the reason why not."""

    http_method_names = ("post",)

    @property
    def name(self) -> str:
        return self._name

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.row()
        event = get_object_or_404(rows_events(self.resource, row.pk), pk=self.kwargs["event"])
        column = request.POST.get("column", "")
        with transaction.atomic():
            lock(self.resource.model, row.pk)
            error = self.revert(row, event, column)
            if error:
                transaction.set_rollback(True)
        if error:
            messages.error(request, error)
        else:
            label = label_of_column(self.resource.model, column)
            messages.success(request, _("« %s » a retrouvé sa valeur d’avant.") % label)
        return self.to("history", row.pk)

    def revert(self, row: models.Model, event: Any, column: str) -> str:
        """What kept the value from being put back; "" when it is."""
        field = field_of_column(type(row), column)
        if field is None or field.name in self.resource.hidden_from(self.user):
            return _("Vous n’avez pas le droit de voir ni de changer cette valeur.")
        self._name = field.name
        if field.name not in self.build(row).fields:
            return _("Cette valeur ne se change pas sur la fiche.")
        found, value = value_before(event, column)
        if not found:
            return _("L’ancienne valeur n’est plus connue : elle a été effacée de l’historique.")
        form = self.build(row, self.with_value(row, field, value))
        with audit.operation(f"revert:{event.pk}"):
            if form.is_valid() and self.save(form):
                return ""
        reasons = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return _("L’ancienne valeur n’est plus acceptée : %s") % reasons

    def with_value(self, row: models.Model, field: models.Field, value: Any) -> QueryDict:
        """What the form would post if the row had the former value."""
        data = QueryDict(mutable=True)
        former = row.__class__._base_manager.get(pk=row.pk)
        if isinstance(field, Virtual):
            field.put(former, field.from_json(value))
        else:
            setattr(former, field.attname, field.to_python(value) if value is not None else _nothing(field))
        form = self.build(row)
        for name in form.fields:
            if name == field.name and isinstance(field, models.ForeignKey) and value is not None:
                data[form[name].html_name] = str(value)
            else:
                put(data, form, name, former if name == field.name else row)
        return data


def _nothing(field: models.Field) -> Any:
    """History leaves out what is null; an empty text is written as such."""
    return None if field.null else field.get_default()
