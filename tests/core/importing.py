"""What people do on the import's screens."""

import re
from html import unescape

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.models import ImportBatch


class Desk:
    """A browser at a client, whose background work is done when the request ends."""

    def __init__(self, browser, capture, resource="crm-company"):
        self.browser, self.capture, self.resource = browser, capture, resource

    def send(self, content: bytes, name: str = "fichier.csv"):
        """Upload a file; returns the page that follows."""
        file = SimpleUploadedFile(name, content, content_type="text/csv")
        with self.capture(execute=True):
            response = self.browser.post(reverse(f"{self.resource}-import"), {"file": file})
        return self.browser.get(response["Location"]) if response.status_code == 302 else response

    def confirm(self):
        return self._post("import-commit")

    def undo(self):
        return self._post("import-undo")

    def page(self):
        return self.browser.get(reverse("import-batch", args=[self.batch.pk]))

    def _post(self, name):
        with self.capture(execute=True):
            response = self.browser.post(reverse(name, args=[self.batch.pk]))
        return self.browser.get(response["Location"])

    @property
    def batch(self) -> ImportBatch:
        return ImportBatch.objects.order_by("pk").last()

    def refusals(self) -> dict[int, str]:
        return {line["number"]: " ".join(line["reasons"]) for line in self.batch.lines if line["outcome"] == "refused"}


def words(response) -> str:
    """What the page says, without its tags."""
    text = unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r"\s+", " ", text)
