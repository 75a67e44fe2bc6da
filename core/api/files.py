"""The files of a record: listed and downloaded by whoever reads the record, as on its page."""

from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.api.problems import Fault, Problem
from core.api.serializer import FILES
from core.api.values import Schema
from core.api.views import ResourceViewSet, answer, encoded
from core.attachments.actions import files_of
from core.attachments.sending import sent
from core.models import Attachment

PAGE = 100
_LONGEST = 18  # figures of a key


class FilesViewSet(ResourceViewSet):
    """Nothing is written here: a file is added and deleted on the record's page."""

    def check(self, request: Any) -> None:
        super().check(request)
        if not self.serializer.shows(FILES):
            raise Problem("not-found")

    def files(self, request: Any, **kwargs: Any) -> HttpResponse:
        before = request.GET.get("before", "")
        if set(request.GET) - {"before"} or len(request.GET.getlist("before")) > 1:
            raise Problem("invalid-parameters")
        found = files_of(self.row(Level.READ))
        if "before" in request.GET:
            if not (before.isascii() and before.isdigit() and len(before) <= _LONGEST and int(before)):
                fault = Fault("invalid", _("Le numéro d’un fichier."), parameter="before")
                raise Problem("invalid-parameters", faults=[fault])
            found = found.filter(pk__lt=int(before))
        files = list(found[: PAGE + 1])
        here = f"{self.kwargs['pk']}/files/"
        more = self.at(f"{here}?before={files[PAGE - 1].pk}") if len(files) > PAGE else None
        return answer(encoded({"next": more, "results": [self.entry(file, here) for file in files[:PAGE]]}))

    def file(self, request: Any, **kwargs: Any) -> FileResponse:
        if request.GET:
            raise Problem("invalid-parameters")
        return sent(get_object_or_404(files_of(self.row(Level.READ)), pk=kwargs["file"]), "download")

    def entry(self, file: Attachment, here: str) -> dict[str, Any]:
        return {
            "id": file.pk, "name": file.name, "kind": file.kind, "size": file.size, "sha256": file.sha256,
            "author": str(file.author or ""), "created_at": file.created_at.isoformat(),
            "url": self.at(f"{here}{file.pk}/"),
        }  # fmt: skip


def page_schema() -> Schema:
    """Of a page of files."""
    texts = {
        "name": _("Son nom."), "kind": _("Ce que son contenu est."), "sha256": _("Son empreinte."),
        "author": _("Qui l’a ajouté."), "url": _("Où le télécharger."),
    }  # fmt: skip
    properties: dict[str, Schema] = {name: {"type": "string", "description": text} for name, text in texts.items()}
    properties["id"] = {"type": "integer", "description": _("Son numéro.")}
    properties["size"] = {"type": "integer", "description": _("Ses octets.")}
    properties["created_at"] = {"type": "string", "format": "date-time", "description": _("Quand.")}
    entry = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    address = {"type": ["string", "null"], "description": _("L’adresse des plus anciens.")}
    return {
        "type": "object", "properties": {"next": address, "results": {"type": "array", "items": entry}},
        "required": ["next", "results"], "additionalProperties": False,
    }  # fmt: skip
