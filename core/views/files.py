"""The files of a record, and the way out of the storage: rights, then a signed address, then rights again."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.access import Level
from core.attachments import links
from core.attachments.actions import attach, discard, files_of, too_large
from core.attachments.kinds import KINDS
from core.attachments.sending import sent
from core.models import Attachment
from core.presenting import file_entry
from core.references import resource_named
from core.templatetags.french import size
from core.uploads import refused_size, skipped_files
from core.views.base import InstanceView, ResourceView
from core.views.record import RecordView

_PAGE = 60
_MAX_FILES = 50  # in one sending


class FilesView(RecordView):
    tab = "files"

    def content(self, row: Model) -> dict[str, Any]:
        before = self.request.GET.get("before", "")
        files = files_of(row)
        if before.isascii() and before.isdigit() and len(before) < 19:
            files = files.filter(pk__lt=int(before))
        found = list(files[: _PAGE + 1])
        more = f"{self.resource.url('files', row.pk)}?before={found[_PAGE - 1].pk}" if len(found) > _PAGE else ""
        return {
            "files": [file_entry(file, self.resource, row, self.user) for file in found[:_PAGE]],
            "more_url": more,
            "file_max": settings.FILE_MAX_BYTES,
        }

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.level = Level.WRITE
        self.check(request)
        row = self.row()
        uploads = request.FILES.getlist("files")
        if sent := refused_size(request):
            told = _(
                "Cet envoi est trop gros (%(sent)s, au plus %(most)s pour une fiche) : rien n’a été gardé. Envoyez "
                "moins de fichiers à la fois."
            ) % {"sent": size(sent), "most": size(settings.FILES_MAX_BYTES_PER_RECORD)}
            return self.page(row, refused=[told])
        skipped = [too_large(name) for name in skipped_files(request)]
        if not uploads and not skipped:
            return self.page(row, refused=[_("Choisissez d’abord un ou plusieurs fichiers.")])
        if len(uploads) > _MAX_FILES:
            return self.page(row, refused=[_("%d fichiers à la fois, pas plus.") % _MAX_FILES])
        kept, refused = attach(row, uploads, by=self.user)
        refused = [*skipped, *refused]
        if kept:
            said = ngettext("%d fichier ajouté.", "%d fichiers ajoutés.", len(kept)) % len(kept)
            messages.success(request, said)
        if refused:
            return self.page(row, refused=refused)
        return self.to("files", row.pk)


class FileView(ResourceView):
    """To the file itself, by an address signed now."""

    def get(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        found = get_object_or_404(files_of(self.row()), pk=file)
        way = "download" if "download" in request.GET or not KINDS[found.kind].inline else "open"
        return redirect(links.address(found, self.user, way))


class FileDeletion(ResourceView):
    level = Level.WRITE

    def post(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        row = self.row()
        if not discard(files_of(row).filter(pk=file)):
            raise Http404
        messages.success(request, _("Le fichier est supprimé."))
        return self.to("files", row.pk)


class StoredFileView(InstanceView):
    """A signed address: for the person it was made for, while they may still read the record."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse | FileResponse:
        try:
            asked = links.read(token)
        except signing.SignatureExpired:
            return render(request, "core/link_expired.html", status=410)
        except (signing.BadSignature, ValueError) as error:
            raise Http404 from error
        if asked.person != request.user.pk:
            raise Http404
        found = get_object_or_404(Attachment, pk=asked.file, deleted_at=None)
        resource = resource_named(found.model)
        if resource is None or not resource.rows(request.user).filter(pk=found.object_id).exists():
            raise Http404
        return sent(found, asked.way)
