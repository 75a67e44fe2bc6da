"""What an instance that was closed still shows to its administrators: what is given back (R29)."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.place import client_of
from core.views.base import SettingsView
from tenants.documents import vendor_storage
from vendor.models import Exit
from vendor.papers import receipt


class Leaving(SettingsView):
    """For who manages the instance, while an exit of it runs."""

    def exit(self) -> Exit:
        found = Exit.objects.filter(client=client_of(self.request), stopped_at=None, destroyed_at=None).first()
        if found is None:
            raise Http404
        found.client = client_of(self.request)
        return found


class ExitView(Leaving):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "vendor/exit.html", {"exit": self.exit()})


class ArchiveView(Leaving):
    """POST: what leaves is written down first (R02)."""

    def post(self, request: HttpRequest) -> FileResponse:
        found = self.exit()
        if not found.archive:
            raise Http404
        if found.downloaded_at is None:
            now, name = timezone.now(), str(request.user)[:160]
            Exit.objects.filter(pk=found.pk).update(downloaded_at=now, downloaded_by=name)
        name = f"{found.client.code}-{found.exported_at:%Y-%m-%d}.zip"
        return FileResponse(vendor_storage.open(found.archive), as_attachment=True, filename=name)


class ReceiptView(Leaving):
    """The paper to sign."""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = self.exit()
        if found.exported_at is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="recu-{found.client.code}.pdf"'}
        return HttpResponse(receipt(found), content_type="application/pdf", headers=headers)
