"""« Travaux »: one's long works, and for administrators everybody's."""

import json
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from core.htmx import wants_partial
from core.jobs.actions import cancel_job, jobs_of, sees_all
from core.jobs.kinds import kind_label
from core.jobs.showing import card
from core.models import Job, JobState
from core.views.base import InstanceView

_PAGE = 50


class _JobsView(InstanceView):
    def job(self) -> Job:
        """404 when it is not among this person's."""
        return get_object_or_404(jobs_of(self.user), pk=self.kwargs["pk"])


class JobsView(_JobsView):
    """The list, newest first; `part` is what it asks for again while something goes on."""

    def get(self, request: HttpRequest) -> HttpResponse:
        everyone = request.GET.get("who") == "all" and sees_all(self.user)
        state = request.GET.get("state", "")
        state = state if state in JobState.values else ""
        before = request.GET.get("before", "")
        rows = jobs_of(self.user).defer("args", "result")
        rows = rows if everyone else rows.filter(owner=self.user)
        rows = rows.filter(state=state) if state else rows
        if before.isascii() and before.isdigit() and len(before) < 19:
            rows = rows.filter(pk__lt=int(before))
        found = list(rows[: _PAGE + 1])
        active = any(not job.is_finished for job in found)
        context = {
            "cards": [card(job, self.user) for job in found[:_PAGE]],
            "everyone": everyone,
            "scopes": self.scopes(everyone=everyone, state=state) if sees_all(self.user) else [],
            "states": self.states(everyone=everyone, state=state),
            "state": state,
            "more_url": self.address(everyone, state, found[_PAGE - 1].pk) if len(found) > _PAGE else "",
            "poll_url": request.get_full_path() if active else "",
        }
        partial = wants_partial(request)
        response = render(request, "core/jobs.html#jobs" if partial else "core/jobs.html", context)
        response.headers["Vary"] = "HX-Request-Type"
        if partial and not active:
            response.headers["HX-Reswap"] = "outerHTML"  # the part that asks is replaced by one that does not
        return response

    def address(self, everyone: bool, state: str, before: int | None = None) -> str:
        query = {"who": "all" if everyone else "", "state": state, "before": before or ""}
        encoded = urlencode({key: value for key, value in query.items() if value})
        return f"{reverse('jobs')}?{encoded}" if encoded else reverse("jobs")

    def scopes(self, *, everyone: bool, state: str) -> list[dict[str, Any]]:
        return [
            {"label": label, "url": self.address(whose, state), "current": whose is everyone}
            for label, whose in ((_("Les miens"), False), (_("Tous"), True))
        ]

    def states(self, *, everyone: bool, state: str) -> list[dict[str, Any]]:
        labels = [("", _("Tous les états")), *((value, str(label)) for value, label in JobState.choices)]
        return [
            {"label": label, "url": self.address(everyone, value), "current": value == state} for value, label in labels
        ]


class JobView(_JobsView):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = self.job()
        return render(
            request, "core/job.html", {"job": job, "card": card(job, self.user), "kind": kind_label(job.kind)}
        )


class JobCardView(_JobsView):
    """The card alone, for the page that shows it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = self.job()
        response = render(request, "core/_job_card.html", {"card": card(job, self.user)})
        if job.is_finished:
            response.headers["HX-Reswap"] = "outerHTML"  # the card that asks is replaced by one that does not
            response.headers["HX-Trigger"] = json.dumps({"job-ended": {"job": pk, "state": job.state}})
        return response


class JobCancelView(_JobsView):
    """« Annuler »; back to the page that asked."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("job", self.job().pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        cancel_job(self.job(), by=self.user)
        back = request.POST.get("next", "")
        here = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        return redirect(back) if here else redirect("job", pk)


class JobFileView(_JobsView):
    """What the job made, for who asked it: it was made within their rights, not within an administrator's."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        job = self.job()
        if not job.file or job.owner_id != self.user.pk:
            raise Http404
        try:
            file = job.file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        return FileResponse(file, as_attachment=True, filename=job.filename, content_type="application/octet-stream")
