"""The demo's inbox: what this client sent, for its administrators. Mails may hold links that set a password."""

from typing import Any

import dkim
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from config.inbox.store import Received, read, received
from core.accounts.access import Level
from core.csp import HEADER
from core.mail.dkim import record_of
from core.models import DkimKey
from core.place import client_of
from core.views.base import ModuleView

_SHOWN = 100
# What a mail brings runs nothing, loads nothing, and is not of this origin.
_HTML_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


class InboxView(ModuleView):
    module = "settings"
    level = Level.MANAGE

    @property
    def schema(self) -> str:
        return client_of(self.request).schema_name

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        found = received(settings.DATA_DIR / "mail", self.schema)
        mails = [mail for mail, _number in zip(found, range(_SHOWN), strict=False)]
        return render(request, "demo/inbox.html", {"mails": mails})

    def mail(self) -> Received:
        """404 for another client's."""
        found = read(settings.DATA_DIR / "mail", self.kwargs["name"])
        if found is None or found.client != self.schema:
            raise Http404
        return found


def is_genuine(mail: Received) -> bool:
    """Whether the signature is right, by the keys of this client as its DNS would show them."""

    def dns(name: bytes, timeout: float = 5) -> bytes:
        keys = {f"{key}.": record_of(key).encode() for key in DkimKey.objects.all()}
        return keys.get(name.decode(), b"")

    _envelope, _end, content = mail.raw.partition(b"\n")
    try:
        return dkim.verify(content, dnsfunc=dns)
    except dkim.DKIMException:
        return False


class MessageView(InboxView):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        mail = self.mail()
        context = {
            "mail": mail,
            "headers": mail.message.items(),
            "text": mail.part("plain"),
            "html": mail.part("html"),
            "signed": "DKIM-Signature" in mail.message,
            "genuine": is_genuine(mail),
        }
        response = render(request, "demo/message.html", context)
        policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.SECURE_CSP.items())
        response.headers[HEADER] = f"{policy}; frame-src 'self'"
        return response


class HtmlView(InboxView):
    """The HTML part, in a sandbox of its own: shown in a frame of the message's page."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = HttpResponse(self.mail().part("html"), content_type="text/html; charset=utf-8")
        response.headers[HEADER] = _HTML_CSP
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response


class RawView(InboxView):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse(self.mail().raw, content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("", InboxView.as_view(), name="demo-inbox"),
    path("<str:name>/", MessageView.as_view(), name="demo-mail"),
    path("<str:name>/html/", HtmlView.as_view(), name="demo-mail-html"),
    path("<str:name>/raw/", RawView.as_view(), name="demo-mail-raw"),
]
