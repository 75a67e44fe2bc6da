"""A backup as an archive: asked for, ready, fetched. Rights are asked at the request, by the job, and at the door."""

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from backups import downloads, jobs
from backups.errors import BackupError
from backups.models import FETCHES, Download
from backups.reach import reach_of
from backups.views import OfBackups
from core.accounts.models import User
from core.exporting.recording import origin_of
from core.jobs import start_job
from tenants.active import active_client


class DownloadRequestView(OfBackups):
    """What the archive will hold for this person, and what not; then the job."""

    def get(self, request: HttpRequest, seq: int) -> HttpResponse:
        backup, reach = self.backup(), reach_of(self.user)
        return render(request, "backups/download_request.html", {
            "backup": backup, "lists": [one.label_plural for one in reach.lists], "withheld": reach.withheld,
            "silent": reach.silent,
        })  # fmt: skip

    def post(self, request: HttpRequest, seq: int) -> HttpResponse:
        backup = self.backup()
        if not reach_of(self.user).lists:
            raise PermissionDenied
        origin = origin_of(request)
        args = {"seq": backup.pk, "screen": origin.screen, "address": origin.address}
        label = _("Archive de la sauvegarde n° %(seq)s") % {"seq": backup.pk}
        return redirect("job", start_job(jobs.DOWNLOAD, label=label, by=self.user, args=args).pk)


class DownloadView(OfBackups):
    """What left, for every administrator; the way to the archive, for who asked."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        download = self.download(pk)
        fetches = list(download.fetches.all())
        names = User.objects.in_bulk({download.asked_by, *(fetch.person for fetch in fetches)})
        left = 0 if downloads.is_over(download) else max(0, FETCHES - len(fetches))
        mine = download.asked_by == self.user.pk
        return render(request, "backups/download.html", {
            "download": download, "lists": downloads.names_of(download.lists), "asker": names.get(download.asked_by),
            "fetches": [(fetch.at, names.get(fetch.person)) for fetch in fetches], "left": left, "mine": mine,
            "until": download.made_at + downloads.LIVES,
            "link": downloads.link(download, self.user) if left and mine else "",
        })  # fmt: skip

    def download(self, pk: int) -> Download:
        return get_object_or_404(Download.objects.select_related("backup"), pk=pk, client_id=active_client().pk)


class BackupArchiveView(OfBackups):
    """The archive itself, by an address signed for one person and five minutes."""

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        client = active_client()
        try:
            pk, person = downloads.read(client.pk, token)
        except signing.SignatureExpired:
            return render(request, "core/link_expired.html", status=410)
        except (signing.BadSignature, ValueError) as error:
            raise Http404 from error
        download = get_object_or_404(Download, pk=pk, client_id=client.pk)
        if person != self.user.pk:
            raise Http404
        if not downloads.still_theirs(download, self.user):
            raise PermissionDenied
        try:
            content = downloads.hand_over(download, self.user).open("rb")
        except (BackupError, FileNotFoundError) as error:
            return render(request, "backups/archive_over.html", {"download": download, "error": str(error)}, status=410)
        name = f"sauvegarde-{client.code}-{download.backup_id}.zip"
        answer = FileResponse(content, as_attachment=True, filename=name, content_type="application/zip")
        answer["Cache-Control"] = "private, no-store"
        answer["Content-Encoding"] = "identity"
        return answer
