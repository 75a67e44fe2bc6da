"""Keeping and giving up the draft of an open form."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core import drafts
from core.accounts.access import Level
from core.forms import ResourceForm
from core.templatetags.french import moment
from core.views.base import ResourceView


class DraftView(ResourceView):
    """POST of a form's own inputs, with `_draft` (its key) and `_row` (the row's key, or nothing).

    `_do=drop` forgets the draft. Always answers 200: a draft that is not kept is no failure of the page.
    """

    level = Level.WRITE

    def post(self, request: HttpRequest) -> HttpResponse:
        key, pk = drafts.key_of(request.POST.get("_draft")), self.pk()
        if request.POST.get("_do") == "drop":
            drafts.drop(self.user, key)
            return redirect(self.resource.url("edit", pk) if pk else self.resource.create_url)
        if key is None or not self.reachable(pk):
            return self.answer("", _("Ce brouillon ne peut pas être gardé."))
        form: ResourceForm = self.resource.form(user=self.user)
        try:
            draft = drafts.keep(form, key, request.POST, pk)
        except drafts.TooLarge:
            return self.answer("", _("Ce texte est trop long pour être gardé en brouillon."))
        return self.answer(moment(draft.saved_at), "")

    def pk(self) -> int | None:
        text = self.request.POST.get("_row", "")
        return int(text) if text.isdecimal() and len(text) < 19 else None

    def reachable(self, pk: int | None) -> bool:
        return pk is None or self.resource.rows(self.user, self.level).filter(pk=pk).exists()

    def answer(self, at: str, problem: str) -> HttpResponse:
        return JsonResponse({"kept": bool(at), "at": at, "problem": problem})
