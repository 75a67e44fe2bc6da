"""Creating a row: the form's page, its saving, and the small dialog behind comboboxes."""

import uuid
from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core import drafts
from core.accounts.access import Level
from core.authorship import Author
from core.forms import ResourceForm
from core.locking import FIELD
from core.saving import save
from core.text import clean
from core.views.base import ResourceView


class FormView(ResourceView):
    """Shows a form, saves it in one transaction, and sends back what the database refuses as an error of the form."""

    level = Level.WRITE
    title = ""

    def instance(self) -> models.Model | None:
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.found()
        form = self.build(row)
        draft = self.drafts(row).filter(key=drafts.key_of(request.GET.get("draft"))).first()
        if draft is None:
            return self.show(form, row)
        form = self.build(row, initial=drafts.initial_of(form, draft))
        base = (draft.data.get(FIELD) or [""])[0]
        return self.show(form, row, draft_key=draft.key, resumed=draft.saved_at, **({"base": base} if base else {}))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.found()
        form = self.build(row, request.POST)
        if form.is_valid() and self.save(form):
            return self.saved(form)
        return self.show(form, row)

    def saved(self, form: ResourceForm) -> HttpResponse:
        drafts.drop(self.user, drafts.key_of(self.request.POST.get("_draft")))
        messages.success(self.request, self.done(form.instance))
        return self.to("record", form.instance.pk)

    def found(self) -> models.Model | None:
        """The row, with its title noted before the form puts what was typed on it."""
        row = self.instance()
        self.title = self.resource.title(row) if row else ""
        return row

    def build(self, row: models.Model | None, data: Any = None, initial: Any = None) -> ResourceForm:
        if initial is None:
            prefill: dict[str, Any] = {} if row or data is not None else self.request.GET.dict()
            initial = {name: clean(value) for name, value in prefill.items()}
        files = self.request.FILES if data is not None else None
        return self.resource.form(data, files, instance=row, initial=initial, user=self.user)

    def save(self, form: ResourceForm) -> bool:
        return save(form, self.resource, self.user, self.level)

    def done(self, row: models.Model) -> str:
        said = _("« %s » est enregistrée.") if self.resource.look.feminine else _("« %s » est enregistré.")
        return said % self.resource.title(row)

    def named(self, author: Author | None) -> Author | None:
        """Who changed the row meanwhile, as the person is told of them."""
        if author and author.pk == self.user.pk:
            author.name = _("vous-même, dans un autre onglet ou sur un autre appareil")
        return author

    def drafts(self, row: models.Model | None) -> Any:
        return drafts.drafts_of(self.user, self.resource, row.pk if row else None)

    def show(self, form: ResourceForm, row: models.Model | None, **extra: Any) -> HttpResponse:
        record = {"pk": row.pk, "title": self.title} if row else None
        cancel = self.resource.url("record", row.pk) if row else self.resource.list_url
        posted = drafts.key_of(self.request.POST.get("_draft"))
        context = {
            "resource": self.resource,
            "form": form,
            "fieldsets": list(form.groups()),
            "record": record,
            "cancel_url": cancel,
            "draft_key": posted or uuid.uuid4(),
            "draft_url": self.resource.url("draft"),
            **self.similar(form),
            "offers": [] if form.is_bound or "resumed" in extra else self.offers(form, row),
        }
        return render(self.request, "core/form.html", {**context, **extra})

    def similar(self, form: ResourceForm) -> dict[str, Any]:
        """Where this form asks, while one types in its fields, what the record looks like."""
        rules = self.resource.duplicates
        fields = [name for name in rules.fields if name in form.fields] if rules else []
        return {"similar_url": self.resource.url("similar"), "similar_fields": fields} if fields else {}

    def offers(self, form: ResourceForm, row: models.Model | None) -> list[dict[str, Any]]:
        kept = self.drafts(row)[: drafts.OFFERED]
        return [{"key": draft.key, "at": draft.saved_at, "text": drafts.excerpt(form, draft)} for draft in kept]


class CreateView(FormView):
    def instance(self) -> models.Model | None:
        return None


class QuickView(CreateView):
    """The small form that a combobox opens: only what the resource requires. Answers {"html"} or {"pk", "title"}."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        name = self.resource.first_order().field.name
        return self.show(self.build(None, initial={name: clean(request.GET.get("text", ""))[:200]}), None)

    def build(self, row: models.Model | None, data: Any = None, initial: Any = None) -> ResourceForm:
        form = super().build(row, data, initial)
        form.keep_required()
        form.prefix = "quick"  # its ids stand in the page of another form
        return form

    def saved(self, form: ResourceForm) -> HttpResponse:
        title = self.resource.title(form.instance)
        return JsonResponse({"pk": form.instance.pk, "title": title, "said": self.done(form.instance)})

    def show(self, form: ResourceForm, row: models.Model | None, **extra: Any) -> HttpResponse:
        context = {
            "resource": self.resource,
            "form": form,
            "fields": list(form),
            "quick_url": self.resource.url("quick"),
            **self.similar(form),
        }
        return JsonResponse({"html": render_to_string("core/_quick.html", context, self.request)})
