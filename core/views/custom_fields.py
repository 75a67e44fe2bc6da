"""« Champs propres »: which ones each kind of record has; a new one, another order, archived, deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.custom import actions
from core.custom.erasing import erase_field, holding
from core.custom.fields import KINDS
from core.custom.forms import CustomFieldForm
from core.display import number
from core.models import CustomField
from core.models.custom import CustomKind
from core.registry import registry
from core.resource import Resource
from core.views.base import SettingsView

ICONS = {
    "text": "file-text", "number": "hash", "money": "euro", "date": "calendar", "choice": "list", "choices": "tag",
    "link": "link", "checkbox": "square-check",
}  # fmt: skip
EXAMPLES = {
    "text": gettext_lazy("Numéro de badge, contact sur place"),
    "number": gettext_lazy("Effectif, surface, distance en km"),
    "money": gettext_lazy("Budget annuel, panier moyen, en euros"),
    "date": gettext_lazy("Fin de contrat, prochaine visite"),
    "choice": gettext_lazy("Une seule réponse : secteur, catégorie"),
    "choices": gettext_lazy("Plusieurs réponses : certifications, langues"),
    "link": gettext_lazy("Dossier partagé, page d’un annuaire"),
    "checkbox": gettext_lazy("Oui ou non : client référence"),
}


class _Settings(SettingsView):
    def resource_named(self, name: str) -> type[Resource]:
        found = registry.by_label.get(name)
        if found is None:
            raise Http404
        return found

    def field(self) -> CustomField:
        return get_object_or_404(CustomField.objects.filter(erased_at=None), pk=self.kwargs["pk"])

    def to_list(self, resource: str) -> HttpResponse:
        return redirect(f"{reverse('custom-fields')}?resource={resource}")


class FieldsView(_Settings):
    """The fields of one kind of record, a tab for each."""

    def get(self, request: HttpRequest) -> HttpResponse:
        known = {resource.key(): resource for resource in registry}
        chosen = known.get(request.GET.get("resource", "")) or next(iter(known.values()))
        fields = CustomField.objects.filter(erased_at=None).order_by("position", "pk")
        per: dict[str, int] = {}
        for field in fields:
            per[field.resource] = per.get(field.resource, 0) + field.is_live
        mine = [field for field in fields if field.resource == chosen.key()]
        context = {
            "resource": chosen,
            "tabs": [
                {
                    "label": resource.label_plural,
                    "url": f"{reverse('custom-fields')}?resource={key}",
                    "count": per.get(key, 0),
                    "current": resource is chosen,
                }
                for key, resource in known.items()
            ],
            "live": [_line(field) for field in mine if field.is_live],
            "archived": [_line(field) for field in mine if not field.is_live],
            "new_url": f"{reverse('custom-field-new')}?resource={chosen.key()}",
        }
        return render(request, "core/custom_fields.html", context)


def _line(field: CustomField) -> dict[str, Any]:
    return {"field": field, "icon": ICONS[field.kind], "url": reverse("custom-field", args=[field.pk])}


class OrderView(_Settings):
    """The rows in the order in which they were dropped; or one of them a place up or down, without JavaScript."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("custom-fields")

    def post(self, request: HttpRequest) -> HttpResponse:
        resource = self.resource_named(request.POST.get("resource", ""))
        pks = [int(pk) for pk in request.POST.getlist("order") if pk.isascii() and pk.isdigit() and len(pk) < 10]
        moved = request.POST.get("up") or request.POST.get("down") or ""
        if moved.isascii() and moved.isdigit() and len(moved) < 10 and int(moved) in pks:
            place = pks.index(int(moved))
            pks.insert(max(place + (-1 if "up" in request.POST else 1), 0), pks.pop(place))
        actions.order_fields(resource, pks, by=self.user)
        return HttpResponse(status=204) if "fetch" in request.POST else self.to_list(resource.key())


class EditorView(_Settings):
    """What creating and changing share: the form, its preview, and how it is refused."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if "preview" in request.POST:
            return render(request, "core/_custom_preview.html", {"preview": preview(form)})
        if not form.is_valid():
            return self.show(form)
        try:
            with transaction.atomic():
                field = self.save(form)
        except ValidationError as error:
            form.add_error(None, error)
            return self.show(form)
        except IntegrityError:
            form.add_error("label", _("Ces fiches ont depuis un instant un champ de ce nom."))
            return self.show(form)
        messages.success(request, self.done(field))
        return self.to_list(field.resource)

    def form(self, data: Any = None) -> CustomFieldForm:
        raise NotImplementedError

    def save(self, form: CustomFieldForm) -> CustomField:
        raise NotImplementedError

    def done(self, field: CustomField) -> str:
        raise NotImplementedError

    def show(self, form: CustomFieldForm, **extra: Any) -> HttpResponse:
        field = form.instance if form.instance.pk else None
        context = {
            "form": form,
            "resource": form.resource,
            "kind": {"name": form.kind, "label": CustomKind(form.kind).label, "icon": ICONS[form.kind]},
            "field": field,
            "title": CustomField.objects.get(pk=field.pk).label if field else "",
            "preview": preview(form),
            "back_url": f"{reverse('custom-fields')}?resource={form.resource.key()}",
            **extra,
        }
        return render(self.request, "core/custom_field.html", context)


def preview(form: CustomFieldForm) -> Any:
    """The field as the record's form will show it, from what is typed so far, right or wrong."""
    from django import forms

    typed = CustomField(resource=form.resource.key(), kind=form.kind, pk=form.instance.pk or 0)
    for name in ("label", "help", "unit"):
        if name in form.fields:
            setattr(typed, name, str(form[name].value() or "")[:200])
    typed.label = typed.label or str(CustomKind(form.kind).label)
    typed.required = bool(form["required"].value()) if "required" in form.fields else False
    if "options" in form.fields:
        lines = [line for line in form["options"].value() or [] if line["label"].strip() and not line.get("archived")]
        typed.options = [{"id": f"o{n}", "label": line["label"][:60]} for n, line in enumerate(lines[:200], 1)]
    shown = forms.Form(auto_id="preview_%s", prefix="preview")
    shown.fields["value"] = KINDS[form.kind].of(typed, form.resource.model).formfield()
    return shown["value"]


class NewView(EditorView):
    """First the kind, with an example of each; then the form."""

    @cached_property
    def resource(self) -> type[Resource]:
        return self.resource_named(self.request.GET.get("resource", ""))

    @property
    def kind(self) -> str:
        return self.request.GET.get("kind", "")

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.kind in CustomKind.values:
            return self.show(self.form())
        base = f"{reverse('custom-field-new')}?resource={self.resource.key()}"
        kinds = [
            {"label": label, "icon": ICONS[kind], "example": EXAMPLES[kind], "url": f"{base}&kind={kind}"}
            for kind, label in CustomKind.choices
        ]
        back = f"{reverse('custom-fields')}?resource={self.resource.key()}"
        context = {"resource": self.resource, "kinds": kinds, "back_url": back}
        return render(request, "core/custom_field_kinds.html", context)

    def form(self, data: Any = None) -> CustomFieldForm:
        if self.kind not in CustomKind.values:
            raise Http404
        initial = {} if data is not None else {"filterable": self.kind in ("choice", "choices", "checkbox")}
        return CustomFieldForm(data, resource=self.resource, kind=self.kind, initial=initial)

    def save(self, form: CustomFieldForm) -> CustomField:
        return actions.add_field(form.resource, by=self.user, kind=form.kind, **form.values())

    def done(self, field: CustomField) -> str:
        return _("« %s » est sur toutes les fiches.") % field.label


class ChangeView(EditorView):
    def form(self, data: Any = None) -> CustomFieldForm:
        field = self.field()
        resource = self.resource_named(field.resource)
        used = used_options(field) if field.chooses and data is not None else set()
        return CustomFieldForm(data, instance=field, resource=resource, kind=field.kind, used=used)

    def save(self, form: CustomFieldForm) -> CustomField:
        field = CustomField.objects.select_for_update().get(pk=form.instance.pk)
        return actions.change_field(field, by=self.user, **form.values())

    def done(self, field: CustomField) -> str:
        return _("« %s » est enregistré.") % field.label


def used_options(field: CustomField) -> set[str]:
    """The options that some row bears."""
    table = connection.ops.quote_name(holding(field).model._meta.db_table)
    one = "jsonb_build_array(custom -> %s)" if field.kind == CustomKind.CHOICE else "custom -> %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT jsonb_array_elements_text({one}) FROM {table} WHERE custom ? %s",  # noqa: S608
            [field.key, field.key],
        )
        return {option for (option,) in cursor.fetchall()}


class ArchiveView(_Settings):
    """Out of the screens, or back."""

    restores = False

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("custom-field", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        field = self.field()
        if self.restores:
            actions.restore_field(field, by=self.user)
            messages.success(request, _("« %s » est de nouveau sur les fiches, avec ses valeurs.") % field.label)
        else:
            actions.archive_field(field, by=self.user)
            messages.success(
                request, _("« %s » est archivé : ses valeurs sont gardées, et reviennent avec lui.") % field
            )
        return self.to_list(field.resource)


class DeletionView(_Settings):
    """GET says how many rows lose a value; POST does it, if there are still as many."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.ask(self.field())

    def ask(self, field: CustomField, error: str = "") -> HttpResponse:
        count = holding(field).count()
        context = {
            "field": field,
            "resource": self.resource_named(field.resource),
            "count": count,
            "count_label": ngettext("%s fiche", "%s fiches", count) % number(count),
            "error": error,
            "back_url": reverse("custom-field", args=[field.pk]),
        }
        return render(self.request, "core/custom_field_delete.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        field = self.field()
        if request.POST.get("count") != str(holding(field).count()):
            return self.ask(field, _("Le nombre de fiches a changé depuis : vérifiez, puis confirmez."))
        if request.POST.get("count") != "0" and "sure" not in request.POST:
            return self.ask(field, _("Cochez la case pour confirmer : ces valeurs ne reviendront pas."))
        job = erase_field(field, by=self.user)
        if job is not None:
            messages.success(request, _("« %s » disparaît : ses valeurs sont retirées en arrière-plan.") % field.label)
            return redirect("job", job.pk)
        messages.success(request, _("« %s » est supprimé.") % field.label)
        return self.to_list(field.resource)
