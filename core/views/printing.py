"""« Imprimer la fiche »: a page that asks what to print, then the document. It is an extraction (R02)."""

import hashlib

from django.contrib import messages
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.actions.notes import notes_of
from core.attachments.sending import PDF_POLICY
from core.display import moment, number
from core.exporting.recording import demand, record_extraction
from core.models.extractions import Way
from core.pdf.record import Sheet, printable_related, sheet
from core.views.base import ResourceView


class PrintView(ResourceView):
    """GET asks, POST makes: a document leaves a line in the register, and a link that is only followed must not."""

    level = Level.READ

    def check(self, request: HttpRequest) -> None:
        super().check(request)
        demand(self.resource, request.user)  # type: ignore[arg-type]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.ask(self.row())

    def ask(self, row: Model, status: int = 200) -> HttpResponse:
        record = {"title": self.resource.title(row), "url": self.resource.url("record", row.pk)}
        context = {
            "resource": self.resource,
            "record": record,
            "print_url": self.resource.url("print", row.pk),
            "related": [related.resource.label_plural for related in printable_related(self.resource, self.user)],
            "notes": notes_of(row).exists(),
        }
        return render(self.request, "core/print.html", context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        from core.pdf import render as document
        from core.pdf.typesetter import PdfError

        row, at = self.row(), timezone.now()
        made = sheet(self.resource, row, self.user, related="related" in request.POST, notes="notes" in request.POST)
        printed = _("imprimée le %(day)s par %(name)s") % {"day": moment(at), "name": self.user.get_full_name()}
        made.data["mention"] += f" · {printed}"
        try:
            pdf = document("record.typ", made.data, at=at)
        except PdfError as error:
            messages.error(request, str(error))
            return self.ask(row)
        self.record(row, made, pdf)
        answer = HttpResponse(pdf, content_type="application/pdf")
        name = f"{slugify(self.resource.label)}-{slugify(made.data['title'])[:60] or row.pk}.pdf"
        answer["Content-Disposition"] = content_disposition_header(False, name) or "inline"
        answer["Content-Security-Policy"] = PDF_POLICY
        answer["Cache-Control"] = "private, no-store"
        answer["Content-Encoding"] = "identity"  # it is compressed inside
        return answer

    def record(self, row: Model, made: Sheet, pdf: bytes) -> None:
        """One line for the record, one for each list whose rows are on it: each list's register is whole."""
        digest = hashlib.sha256(pdf).hexdigest()
        words = _("Fiche n° %s") % row.pk
        if made.notes:
            words += f", {_('notes')} : {number(made.notes)}"
        lines = [(self.resource, made.columns, 1, words)]
        for resource, (columns, rows) in made.related.items():
            lines.append((resource, columns, rows, f"{_('Sur la fiche n° %s') % row.pk} ({self.resource.label})"))
        with transaction.atomic():
            for resource, columns, rows, said in lines:
                record_extraction(
                    resource, self.user, way=Way.PRINT, request=self.request, format="pdf", columns=columns,
                    rows=rows, size=len(pdf), sha256=digest, params={"pk": [str(row.pk)]}, words=said,
                )  # fmt: skip
