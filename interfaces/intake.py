"""The intake of a client's own web form (R15): it answers only under a written request, to the pages of its hosts, and
keeps the fields that the request names.

A page of the site sends it as a form, or by a script as JSON: the answer is then JSON, which its host alone may read
(CORS). `_key`, or the header Idempotency-Key, names one sending: sent again it is not kept twice.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from core import audit
from core.api import rates
from core.place import active_schema
from core.registry import registry
from core.saving import save
from core.text import clean
from interfaces.models import ApiKey
from interfaces.principal import Limits, why_dead, write_call
from interfaces.tokens import FORM, digest_of

MOST = 64 * 1024  # bytes of a form
PER_ADDRESS = 10  # forms a minute from one network address
TRAP = "_url"  # a field that people do not see: whoever fills it is a program
KEY = "_key"  # one sending, whatever happens to the answer
AGREED = "_consent"  # ticked: the visitor agrees to the words of the form (`ApiKey.wording`)
_YES = ("1", "on", "true", "yes", "oui")
_URLENCODED, _MULTIPART, _JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
_TYPES = (_URLENCODED, _MULTIPART, _JSON)


class Refused(Exception):
    """Why, as the journal says it; the status and the words for whoever sent the form."""

    def __init__(self, why: str, status: int, words: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.why, self.status, self.words, self.fields = why, status, words, fields


@method_decorator(csrf_exempt, name="dispatch")  # it comes from another site: the origin is what is checked
class IntakeView(View):
    """`<form method="post" action="https://client.myb2o.net/intake/b2o_…/">` on the client's own site."""

    http_method_names = ["post", "options"]

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What a browser asks before a script of the site's pages sends JSON; a plain form needs no leave."""
        key = self.key(str(kwargs.get("token", "")))
        response = HttpResponse(status=204)
        if key is not None and not why_dead(key) and self.allow(request, key, response):
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
            response.headers["Access-Control-Max-Age"] = "600"
        return response

    def allow(self, request: HttpRequest, key: ApiKey, response: HttpResponse) -> bool:
        """Let the pages of the request's hosts, and no others, read the answer."""
        origin = request.headers.get("Origin", "")
        response.headers["Vary"] = "Origin"
        if not self.is_ours(origin, key.request.hosts):
            return False
        response.headers["Access-Control-Allow-Origin"] = origin
        return True

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        key = self.key(token)
        if key is None:
            return self.told(request, 404, _("Ce formulaire n’existe pas, ou plus."))
        resource = registry.by_label.get(key.form_of)
        limits = Limits(key.request, key, list(key.request.resources.all()), request)
        try:
            self.judge(request, key, limits)
            if resource is None:
                raise Refused("resource", 404, _("Ce formulaire n’existe pas, ou plus."))
            self.keep(request, key, limits, resource)
        except Refused as refused:
            if refused.why != "rate":  # whoever insists does not fill the journal
                write_call(request, key, refused.status, refusal=refused.why, fields=refused.fields, resource=resource)
            return self.told(request, refused.status, refused.words, key, refused.fields)
        return self.told(request, 201, _("Merci : votre message est bien arrivé."), key)

    def key(self, token: str) -> ApiKey | None:
        if not FORM.fullmatch(token):
            return None
        forms = ApiKey.objects.select_related("request").exclude(form_of="")
        return forms.filter(digest=digest_of(token)).first()

    def judge(self, request: HttpRequest, key: ApiKey, limits: Limits) -> None:
        """Raise Refused before anything of the form is read."""
        from allauth.account.adapter import get_adapter

        address = get_adapter(request).get_client_ip(request)
        own = {**limits.rates, "address": (f"intake-{key.pk}-{address}", PER_ADDRESS, 60)}
        if rates.take(limits.person, own).refused:
            raise Refused("rate", 429, _("Trop d’envois : réessayez dans une minute."))
        dead = why_dead(key)
        if dead:
            raise Refused(dead, 404, _("Ce formulaire n’existe pas, ou plus."))
        if not self.is_ours(request.headers.get("Origin", ""), key.request.hosts):
            raise Refused("origin", 403, _("Ce formulaire ne s’envoie que depuis le site de l’entreprise."))
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST or request.content_type not in _TYPES:
            raise Refused("other", 400, _("Ce formulaire ne se lit pas."))

    def is_ours(self, origin: str, hosts: list[str]) -> bool:
        """Whether a page of one of the hosts sent it: a browser writes the header, and no page can change it."""
        parts = urlsplit(origin)
        return parts.scheme == "https" and parts.netloc in hosts

    def keep(self, request: HttpRequest, key: ApiKey, limits: Limits, resource: Any) -> None:
        if request.FILES:
            raise Refused("other", 400, _("Ce formulaire n’accepte pas de fichier."))
        data = self.sent(request)
        if data.pop(TRAP, [""])[0]:
            raise Refused("trap", 400, _("Ce formulaire ne se lit pas."))
        agreed = bool(key.wording) and data.pop(AGREED, [""])[0].strip().lower() in _YES
        named = (data.pop(KEY, [""])[0] or request.headers.get("Idempotency-Key", "")).strip()
        writable = limits.writable(resource)
        outside = tuple(clean(name)[:80] for name in data if name not in writable)[:10]
        if outside:
            raise Refused("fields", 403, _("Ce formulaire envoie un champ qui n’est pas prévu."), outside)
        # Of this form alone: another one may choose the same words.
        sending = hashlib.sha256(f"{key.pk} {named}".encode()).hexdigest() if named else ""
        with transaction.atomic():
            audit.tell(actor=limits.person, screen="intake", operation=f"interface:{key.request_id}")
            form = self.form(resource, limits, data, key.given)
            if sending and hasattr(form, "received") and self.again(form, sending):
                write_call(request, key, 201, rows=0, resource=resource)
                return
            good = form.is_valid()
            if good and hasattr(form, "receive"):
                sent = {name: clean(str(data[name])) for name in data}
                form.receive(key.label, sent, sending, agreed=key.wording if agreed else "")
            if not (good and save(form, resource, limits.author)):
                words = " ".join(dict.fromkeys(str(error) for errors in form.errors.values() for error in errors))
                raise Refused("other", 422, words[:500], tuple(form.errors))
            if agreed and hasattr(form, "agree"):
                form.agree(key.label, key.wording, {"page": request.headers["Origin"], "request": key.request.number})
            write_call(request, key, 201, rows=1, resource=resource)

    def form(self, resource: Any, limits: Limits, data: QueryDict, given: Mapping[str, str]) -> Any:
        """The list's own form, with what the visitor wrote and what is given beside it. What is no longer taken (a
        colleague who has left) is left out: nobody's message is refused for it."""
        whole = data.copy()
        whole.update({name: value for name, value in given.items() if name not in data})
        form = resource.form(whole, user=limits.author)
        form.keep_only({*limits.writable(resource), *given})  # the others take what the model proposes
        wrong = given.keys() & form.errors.keys()
        if not wrong:
            return form
        return self.form(resource, limits, data, {name: given[name] for name in given if name not in wrong})

    def again(self, form: Any, sending: str) -> bool:
        """Whether this sending is here already; two that come at once wait for each other."""
        lock = f"{active_schema()}:{sending}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])
        return bool(form.received(sending))

    def sent(self, request: HttpRequest) -> QueryDict:
        """What came, as a form gives it: JSON is one flat object of texts, numbers and yes or no."""
        if request.content_type != _JSON:
            return request.POST.copy()
        data = QueryDict(mutable=True)
        try:
            found = json.loads(request.body)
            flat = isinstance(found, dict) and all(
                isinstance(v, str | int | float | bool | None) for v in found.values()
            )
        except (ValueError, RecursionError):
            flat = False
        if not flat:
            raise Refused("other", 400, _("Ce formulaire ne se lit pas."))
        data.update({name: "" if value is None else str(value) for name, value in found.items()})
        return data

    def told(
        self, request: HttpRequest, status: int, words: str, key: ApiKey | None = None, fields: tuple[str, ...] = ()
    ) -> HttpResponse:
        response: HttpResponse
        if request.content_type == _JSON:
            response = JsonResponse({"ok": status < 300, "message": words, "fields": list(fields)}, status=status)
        else:
            context = {"words": words, "good": status < 300}
            response = render(request, "interfaces/intake.html", context, status=status)
        response.headers["Cache-Control"] = "no-store"
        if key is not None:
            self.allow(request, key, response)
        return response
