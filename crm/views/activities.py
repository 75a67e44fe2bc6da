"""Activities by day: a person's own day, the calendar, and the feed for other programs."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core.accounts.access import Level
from core.hosts import absolute
from core.htmx import wants_partial
from core.views.base import ModuleView, ResourceView
from crm.actions.activities import complete_activity, make_feed, move_activity, person_of_feed, revoke_feed
from crm.calendar import FIRST_HOUR, LAST_HOUR, SPANS, CalendarListing, Span, day_of, days_of
from crm.ics import calendar_of
from crm.models import CalendarFeed


class DayView(ResourceView):
    """« Ma journée »."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "resource": self.resource,
            "can": self.can(),
            "displays": self.resource.displayed("day"),
            "parts": day_of(self.user, self.rows),
            "base": self.resource.list_url,
            "feed_url": reverse("crm-feed"),
        }
        return render(request, "crm/day.html", context)


class CalendarView(ResourceView):
    """`?span=month|week|day&on=2026-11-26`, with the filters of the list; `all`: everybody's."""

    def get(self, request: HttpRequest) -> HttpResponse:
        span = Span.of(request.GET)
        listing = CalendarListing(self.user, request.GET)
        days = days_of(span, listing.filtered)

        def to(**changes: str) -> str:
            params = listing.base_params()
            for name, value in changes.items():
                params[name] = value
                if not value:
                    del params[name]
            return f"{listing.url}?{params.urlencode()}"

        people = listing.base_params()
        people.pop("owner", None)
        listing_query = listing.base_params()
        for name in ("span", "on", "all"):
            listing_query.pop(name, None)
        context = {
            "resource": self.resource,
            "listing": listing,
            "can": self.can(),
            "query": listing_query.urlencode(),
            "displays": self.resource.displayed("calendar", listing_query.urlencode()),
            "span": span,
            "days": days,
            "weeks": [days[at : at + 7] for at in range(0, len(days), 7)],
            "hours": range(FIRST_HOUR, LAST_HOUR),
            "spans": [
                {"label": label, "url": to(span=name, on=f"{span.on}"), "current": name == span.name}
                for name, label in SPANS.items()
            ],
            "previous_url": to(span=span.name, on=f"{span.moved(-1)}"),
            "next_url": to(span=span.name, on=f"{span.moved(1)}"),
            "today_url": to(span=span.name, on=""),
            "mine_url": f"{listing.url}?{_without(people, 'all')}",
            "all_url": f"{listing.url}?{_with(people, 'all')}",
            "base": self.resource.list_url,
            "day_url": f"{listing.url}?{_without(listing.base_params(), 'on', 'span')}",
            "feed_url": reverse("crm-feed"),
        }
        partial = wants_partial(request)
        response = render(request, "crm/calendar.html#calendar" if partial else "crm/calendar.html", context)
        patch_vary_headers(response, ["HX-Request-Type"])
        return response


def _without(params: Any, *names: str) -> str:
    kept = params.copy()
    for name in names:
        kept.pop(name, None)
    return kept.urlencode()


def _with(params: Any, name: str) -> str:
    kept = params.copy()
    kept[name] = "1"
    return kept.urlencode()


class CompletionView(ResourceView):
    """POST `done` ("1" or "0"): done, or not after all; back to the page that asked. The address may say both: that of
    « Annuler » does."""

    level = Level.WRITE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Any = self.row()
        asked = {**request.GET.dict(), **request.POST.dict()}
        done, back = asked.get("done", "1") == "1", asked.get("back", "")
        complete_activity(row, done=done, by=self.user)
        if done:
            undo = f"{self.resource.url('completion', pk)}?{urlencode({'done': '0', 'back': back})}"
            messages.success(request, _("« %s » est faite.") % row, extra_tags=undo)
        else:
            messages.success(request, _("« %s » est de nouveau à faire.") % row)
        if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            return redirect(back)
        return self.to("record", pk)


class TimeView(ResourceView):
    """POST `day` and maybe `minute` (of the day): put off. Answers {"said"} to a calendar that moved it."""

    level = Level.WRITE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Any = self.row()
        minute = request.POST.get("minute", "")
        try:
            day = dt.date.fromisoformat(request.POST.get("day", ""))
        except ValueError:
            return HttpResponseBadRequest(_("Ce jour n’existe pas."))
        right = minute == "" or (minute.isascii() and minute.isdigit() and len(minute) < 5 and int(minute) < 1440)
        if not right or not 1990 <= day.year <= 2100:
            return HttpResponseBadRequest(_("Cette heure n’existe pas."))
        moved = move_activity(row, day=day, minute=int(minute) if minute else None, by=self.user)
        return JsonResponse({"said": _("« %s » est déplacée.") % moved})


class FeedView(ModuleView):
    """The secret address of one's calendar: made, replaced, revoked. It is shown once."""

    module = "crm"

    def get(self, request: HttpRequest, address: str = "") -> HttpResponse:
        feed = CalendarFeed.objects.filter(person_id=request.user.pk).first()
        return render(request, "crm/feed.html", {"feed": feed, "address": address})

    def post(self, request: HttpRequest) -> HttpResponse:
        if "revoke" in request.POST:
            revoke_feed(request.user)  # type: ignore[arg-type]
            messages.success(request, _("L’adresse ne donne plus rien."))
            return redirect("crm-feed")
        token = make_feed(request.user)  # type: ignore[arg-type]
        return self.get(request, absolute(reverse("crm-ics", args=[token])))


@require_safe
@cache_control(private=True, no_store=True)
def ics(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever holds the secret. Anything else does not exist."""
    person = person_of_feed(token)
    if person is None or not person.may("crm", Level.READ):
        raise Http404
    response = HttpResponse(calendar_of(person), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="agenda.ics"'
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
