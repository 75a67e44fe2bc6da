"""What people do on the import's screens."""

import csv
import io
import re
from html import unescape

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.models import ImportBatch
from core.text import fold


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

    def guessed(self) -> dict[str, str]:
        """{title: target} of the plan as the screen proposes it."""
        return {column["name"]: column["target"] for column in self.batch.plan["columns"]}

    def map(self, columns: dict[str, str] | None = None, **given):
        """Send the columns' page: as proposed, with some titles changed, and other fields of the form."""
        plan = self.batch.plan
        wanted = {fold(title): target for title, target in (columns or {}).items()}
        form = {"key": plan["key"], "mode": plan["mode"], "create": plan["create"], "blank": plan["blank"]}
        for index, column in enumerate(plan["columns"]):
            form[f"target-{index}"] = wanted.get(fold(column["name"]), column["target"])
        with self.capture(execute=True):
            response = self.browser.post(reverse("import-columns", args=[self.batch.pk]), {**form, **given})
        return self.browser.get(response["Location"]) if response.status_code == 302 else response

    def read_again(self, **given):
        response = self.browser.post(reverse("import-layout", args=[self.batch.pk]), given)
        return self.browser.get(response["Location"]) if response.status_code == 302 else response

    def take(self, content: bytes, columns: dict[str, str] | None = None, name: str = "fichier.csv", **given):
        """Upload, map if it is asked, and check; returns the page of the result."""
        page = self.send(content, name)
        return self.map(columns, **given) if page.status_code == 200 and self.state == "mapping" else page

    def confirm(self):
        return self._post("import-commit")

    def undo(self):
        return self._post("import-undo")

    def page(self, **params):
        return self.browser.get(reverse("import-batch", args=[self.batch.pk]), params)

    def refused_file(self) -> bytes:
        return b"".join(self.browser.get(reverse("import-refused", args=[self.batch.pk])).streaming_content)

    def _post(self, name):
        with self.capture(execute=True):
            response = self.browser.post(reverse(name, args=[self.batch.pk]))
        return self.browser.get(response["Location"])

    @property
    def batch(self) -> ImportBatch:
        return ImportBatch.objects.order_by("pk").last()

    @property
    def state(self) -> str:
        found = ImportBatch.objects.order_by("pk").last()
        return found.state if found else ""

    @property
    def counts(self) -> tuple[int, int, int, int]:
        batch = self.batch
        return batch.created, batch.updated, batch.skipped, batch.refused

    def refusals(self) -> dict[int, str]:
        return {line["number"]: " ".join(line["reasons"]) for line in self.batch.lines if line["outcome"] == "refused"}


def words(response) -> str:
    """What the page says, without its tags."""
    text = unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r"\s+", " ", text)


def table(*rows: list, separator: str = ";") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()
