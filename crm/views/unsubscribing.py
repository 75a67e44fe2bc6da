"""The way out of mailings, for whoever holds the link: no sign-in, no cookie, also while the instance is closed.

GET and HEAD change nothing: programs that try links must not unsubscribe people. A wrong token gets the same page,
which tells nothing of who is known here.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from core.hosts import absolute
from core.mail import queue_mail
from core.place import client_of
from core.templatetags.french import of_name
from crm.actions.consents import come_back, scopes_left, unsubscribe
from crm.models import MailingList, Message
from crm.unsubscribing import Leaving, leaving_of, return_token_of, returning_of


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """Without the context of the shell, which would read a session."""
    client: Any = client_of(request)
    shell: dict[str, Any] = {
        "client": {"name": client.name, "host": request.get_host()},
        "dpo_email": settings.DPO_EMAIL,
        "privacy_url": reverse("privacy"),
    }
    if client.hue is not None:
        shell["brand_css"] = f"{reverse('brand')}?{client.hue}-{client.chroma or ''}"
    response = HttpResponse(render_to_string(template, {"shell": shell, **context}))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@method_decorator(csrf_exempt, name="dispatch")  # the token is the secret, and mail programs post by themselves
class UnsubscribeView(View):
    """POST: opts out of the list of the message, or with `scope=all` of everything; `back=1` asks for the way back."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        leaving = self.leaving(request, token)
        left = scopes_left(leaving) if leaving is not None else set()
        return self.show(request, leaving, left=bool(left), everything="all" in left)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        leaving = self.leaving(request, token)
        if request.POST.get("back") == "1":
            if leaving is not None:
                self.ask_back(leaving)
            return self.show(request, leaving, asked=True)
        everything = request.POST.get("scope") == "all"
        if leaving is not None:
            one_click = request.POST.get("List-Unsubscribe") == "One-Click"
            source = _("Bouton de la messagerie") if one_click else _("Page de désinscription")
            unsubscribe(leaving, everything=everything, source=source)
        return self.show(request, leaving, done=True, everything=everything)

    def leaving(self, request: HttpRequest, token: str) -> Leaving | None:
        if client_of(request).destroyed_at:  # nothing is left to write to, nor of the person
            return None
        return leaving_of(token)

    def show(self, request: HttpRequest, leaving: Leaving | None, **state: Any) -> HttpResponse:
        """The list is named by its own name where the token is right: that is no secret of anybody's."""
        found = MailingList.objects.filter(pk=leaving.mailing_list).first() if leaving else None
        return _page(request, "crm/unsubscribe.html", list=found, **state)

    def ask_back(self, leaving: Leaving) -> None:
        """A consent comes from the address itself: what is sent there is a link that only its owner reads."""
        message = Message.objects.filter(pk=leaving.message).first()
        if message is None:
            return
        url = absolute(reverse("resubscribe", args=[return_token_of(message.pk)]))
        text = _("Quelqu’un, vous sans doute, a demandé que nous vous écrivions de nouveau. Pour le confirmer : %s\n\n"
                 "Sinon, ne faites rien : vous restez désabonné.") % url  # fmt: skip
        # Once: whoever posts again and again does not fill a mailbox.
        queue_mail(
            to=message.address, subject=_("Confirmez votre réabonnement"), text=text,
            key=f"mailing-back:{message.pk}:{message.unsubscribed_at:%Y%m%d}" if message.unsubscribed_at
            else f"mailing-back:{message.pk}",
        )  # fmt: skip


@method_decorator(csrf_exempt, name="dispatch")
class ResubscribeView(View):
    """The link that came by mail: one button, and the POST is the fresh consent."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return _page(request, "crm/resubscribe.html", wording=self.wording(request))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        pk = None if client_of(request).destroyed_at else returning_of(token)
        message = Message.objects.filter(pk=pk).select_related("contact").first() if pk else None
        if message is not None:
            come_back(message, wording=self.wording(request))
        return _page(request, "crm/resubscribe.html", wording=self.wording(request), done=True, late=message is None)

    def wording(self, request: HttpRequest) -> str:
        """What the person agrees to, word for word: its digest goes to the ledger."""
        whose = of_name(client_of(request).name)
        return _("J’accepte de recevoir par e-mail les nouvelles et les offres %s.") % whose
