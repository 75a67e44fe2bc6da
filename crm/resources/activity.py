"""How activities are shown and changed."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import Model
from django.forms import DateTimeField, DateTimeInput, Textarea
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.fields import LookupField
from core.filters import Facet, PersonFacet
from core.forms import ResourceForm
from core.registry import register
from core.resource import Badge, Col, Display, Look, Resource, View
from crm.filters import MonthAhead
from crm.models import Activity, Company, Contact, Deal
from crm.models.activity import ActivityKind, ActivityState


class ActivityFilters(django_filters.FilterSet):
    state = Facet(choices=ActivityState, label=_("État"), icon="circle-check")
    kind = Facet(choices=ActivityKind, label=_("Nature"), icon="tag")
    owner = PersonFacet(label=_("Responsable"))
    due = MonthAhead("due_at", label=_("Échéance"))
    late = Facet("due_at", choices=[("1", _("En retard"))], label=_("Retard"), icon="clock", method="only_late")
    company = django_filters.NumberFilter(label=_("Société"))
    contact = django_filters.NumberFilter(label=_("Contact"))
    deal = django_filters.NumberFilter(label=_("Affaire"))

    class Meta:
        model = Activity
        fields = ["state", "kind", "owner", "due", "late", "company", "contact", "deal"]

    def only_late(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.late() if value else rows


def next_hour() -> dt.datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)


class ActivityForm(ResourceForm):
    due_at = DateTimeField(
        label=_("Échéance"), required=False, initial=next_hour,
        widget=DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )  # fmt: skip
    company = LookupField(Company, label=_("Société"), required=False)
    contact = LookupField(Contact, label=_("Contact"), required=False)
    deal = LookupField(Deal, label=_("Affaire"), required=False)

    about = ("company", "contact", "deal")
    fieldsets = (
        (_("Quoi"), ("kind", "subject")),
        (_("Quand"), ("due_at", "minutes", "remind_before")),
        (_("Avec qui"), ("company", "contact", "deal", "location")),
        (_("Suivi"), ("owner", "note")),
    )

    class Meta:
        model = Activity
        fields = [
            "kind", "subject", "due_at", "minutes", "remind_before", "company", "contact", "deal", "location", "owner",
            "note",
        ]  # fmt: skip
        widgets = {"note": Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kind", "minutes"):  # without one, the model's own
            if name in self.fields:
                self.fields[name].required = False
        if self.instance._state.adding:
            self.initial.setdefault("owner", self.user.pk)
            implied = self._implied({name: self._row(name, self.initial.get(name)) for name in self.about})
            # Who may not choose a row is not shown it as chosen: `clean` adds it.
            self.initial.update({name: row for name in implied if (row := self._row(name, implied[name].pk))})

    def _row(self, name: str, key: Any) -> Model | None:
        """The row of a key, in an address or not, among those that this person may choose."""
        row = self.fields[name].prepare_value(key) if key and name in self.fields else None
        return row if isinstance(row, Model) else None  # a draft has what was typed

    def _implied(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """Whom a new activity is with, where its deal or its contact says it."""
        deal, contact, company = about.get("deal"), about.get("contact"), about.get("company")
        found: dict[str, Any] = {}
        if contact is None and deal is not None and company in (None, deal.company):
            contact = found["contact"] = deal.contact
        if company is None:
            found["company"] = (deal and deal.company) or (contact and contact.company)
        return {name: row for name, row in found.items() if row is not None and name in self.fields}

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or ActivityKind.TASK

    def clean_minutes(self) -> int:
        return self.cleaned_data["minutes"] or 0

    def clean_due_at(self) -> dt.datetime:
        return self.cleaned_data["due_at"] or next_hour()

    def clean(self):
        data = super().clean() or {}
        about = set(self.about)
        if self.instance._state.adding and not about & set(self.errors):
            data |= self._implied(data)
        alone = not any(data.get(name) for name in about) and not about & set(self.errors)
        if alone and data.get("kind", ActivityKind.TASK) != ActivityKind.TASK:
            shown = "company" if "company" in self.fields else None
            self.add_error(shown, _("Dites avec qui : une société, un contact ou une affaire."))
        return data


class ActivityBulkForm(ResourceForm):
    class Meta:
        model = Activity
        fields = ["owner", "remind_before", "location"]


@register
class ActivityResource(Resource):
    model = Activity
    look = Look(
        icon="calendar",
        feminine=True,
        subtitle=("company",),
        side=("due_at",),
        badge=Badge("state", {"planned": "info", "done": "good"}),
        search_hint=_("Objet, lieu…"),
    )
    columns = (
        Col("subject", link=True, sort=True),
        Col("state"),
        Col("kind"),
        Col("due_at", sort=True, newest=True, hour=True),
        Col("contact"),
        Col("deal"),
        Col("owner"),
        Col("updated_at", label=_("Modifiée"), sort=True),
    )
    views = (
        View(_("Toutes")),
        View(_("À faire"), {"state": "planned"}),
        View(_("Faites"), {"state": "done"}),
    )
    displays = (
        Display("day", _("Ma journée"), "sun"),
        Display("calendar", _("Calendrier"), "calendar"),
        Display("list", _("Liste"), "rows-3"),
    )
    filters = ActivityFilters
    form = ActivityForm
    bulk_form = ActivityBulkForm

    @classmethod
    def pages(cls) -> dict[str, tuple[str, Any]]:
        from crm.views import activities

        return {
            **super().pages(),
            "day": ("day/", activities.DayView),
            "calendar": ("calendar/", activities.CalendarView),
            "completion": ("<int:pk>/completion/", activities.CompletionView),
            "time": ("<int:pk>/time/", activities.TimeView),
        }

    @classmethod
    def banner(cls, row: Any, user: User, can: Mapping[str, bool]) -> dict[str, Any] | None:
        following = {name: getattr(row, f"{name}_id") for name in ("company", "contact", "deal")}
        query = "&".join(f"{name}={key}" for name, key in following.items() if key)
        return {
            "template": "crm/_activity_banner.html",
            "row": row,
            "done": row.state == ActivityState.DONE,
            "can": can["edit"],
            "completion_url": cls.url("completion", row.pk),
            "next_url": f"{cls.create_url}?kind={row.kind}&{query}",
        }
