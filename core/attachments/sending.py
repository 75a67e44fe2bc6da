"""A stored file on its way out: what it may do in a browser, and how it is named."""

from django.http import FileResponse, Http404

from core.attachments import links
from core.attachments.kinds import KINDS
from core.csp import HEADER
from core.models import Attachment

# What a file brings must not act as a page of the instance. Chromium's PDF viewer refuses to start in a sandbox, and
# runs nothing in the page's name anyway.
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_SANDBOX = f"{PDF_POLICY}; sandbox"


def sent(found: Attachment, way: str) -> FileResponse:
    """The content of a file, in one of links.WAYS. The caller has judged the rights. Raises Http404."""
    kind = KINDS[found.kind]
    small = way == "thumbnail" and bool(found.thumbnail)
    shown = small or (way == "open" and kind.inline)
    try:
        content = (found.thumbnail if small else found.file).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(
        content,
        as_attachment=not shown,
        filename=found.name,
        content_type="image/webp" if small else kind.mime if shown else "application/octet-stream",
    )
    answer[HEADER] = PDF_POLICY if found.kind == "pdf" else _SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = f"private, max-age={links.LIVES}"
    answer["Content-Encoding"] = "identity"  # the GZip middleware would compress, for nothing, what is compressed
    return answer
