"""A template or a mailing as one real contact would receive it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.accounts.access import Level
from core.csp import HEADER
from core.registry import resource_of
from core.views.base import ResourceView
from core.views.record import RecordView
from crm.actions.mailings import TRIAL, contacts_of, written_for
from crm.models import Contact, Mailing
from crm.writing import Written, write

# What somebody wrote runs nothing, loads nothing but its images, and is not of this origin.
_HTML_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; sandbox"
_CHOICES = 20


def sample_of(view: Any, row: Any) -> tuple[Contact, list[Contact]]:
    """(the contact of `?contact=`, those to choose from), of the segment where there is one; else an imagined one."""
    rows = resource_of(Contact).rows(view.user, Level.READ).select_related("company").order_by("pk")
    segment = getattr(row, "segment", None)
    choices = list((contacts_of(segment.params, view.user) if segment else rows)[:_CHOICES])
    asked = view.request.GET.get("contact", "") or view.request.POST.get("contact", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 19 and (found := rows.filter(pk=int(asked)).first()):
        return found, choices
    return (choices[0] if choices else Contact(first_name="Camille", last_name="Martin")), choices


def written_of(row: Any, contact: Contact) -> Written:
    if isinstance(row, Mailing):
        return written_for(row, contact, TRIAL)
    return write(subject=row.subject, text=row.text, html=row.html, contact=contact)


class PreviewView(RecordView):
    tab = "preview"
    template = "crm/mail_preview.html"

    def content(self, row: Any) -> dict[str, Any]:
        contact, choices = sample_of(self, row)
        written = written_of(row, contact)
        return {
            "contact": contact,
            "choices": choices,
            "written": written,
            "html_url": f"{self.resource.url('preview-html', row.pk)}?contact={contact.pk or ''}",
            "test_url": self.resource.url("test", row.pk) if isinstance(row, Mailing) else "",
        }

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        response = super().get(request, pk)
        policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.SECURE_CSP.items())
        response.headers[HEADER] = f"{policy}; frame-src 'self'"
        return response


class HtmlView(ResourceView):
    """The HTML alone, in a sandbox, for the frame of the preview."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row()
        contact, _choices = sample_of(self, row)
        response = HttpResponse(written_of(row, contact).html)
        response.headers[HEADER] = _HTML_CSP
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response
