"""Documents: `render("pdf/record.typ", data, at=…)` gives a tagged PDF/A. See README.md here."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.pdf.typesetter import Typesetter
from core.place import active_tenant

SECONDS = 10.0  # for a person who waits; a job may take longer


@cache
def _typesetter() -> Typesetter:
    return Typesetter(settings.PDF_TEMPLATES, settings.FONT_DIR)


def render(template: str, data: dict[str, Any], *, at: dt.datetime, seconds: float = SECONDS) -> bytes:
    """The PDF of a template of `templates/pdf`. Texts in `data` are texts: nothing in them is ever markup.

    `at` is the document's date, given and not taken: the same data at the same moment give the same bytes.
    Every template also gets `client` (name, hue) and `dpo` (R05), for the header and the footer of `base.typ`.
    Raises PdfError, whose message is for people.
    """
    from core.pdf.fonts import FAMILIES
    from core.pdf.printable import printable_data

    local = timezone.localtime(at)
    whole = {
        **printable_data({**data, "client": _client(), "dpo": settings.DPO_EMAIL}),
        "fonts": FAMILIES,
        "date": [local.year, local.month, local.day],
    }
    return _typesetter().make(template, whole, at=int(at.timestamp()), seconds=seconds)


def _client() -> dict[str, Any]:
    client = active_tenant()
    return {"name": getattr(client, "name", "") or "MyB2O", "hue": getattr(client, "hue", None)}
