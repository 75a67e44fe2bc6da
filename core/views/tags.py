"""Tags put on a record and taken off; and the list behind the combobox."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from core.accounts.access import Level
from core.actions.tags import offered, tag_named, tag_row, tags_of, untag_row
from core.htmx import is_htmx
from core.models import Tag
from core.text import clean
from core.views.base import InstanceView, ResourceView


class TagsView(ResourceView):
    level = Level.WRITE
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row()
        try:
            tag_row(row, self.tag())
        except ValidationError as error:
            return self.answer(row, error.messages[0])
        return self.answer(row)

    def tag(self) -> Tag:
        """Chosen by key while the text is its name, else named, and made when there is none."""
        key, text = self.request.POST.get("tag", ""), clean(self.request.POST.get("tag_text", ""))
        chosen = Tag.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 10 else None
        return chosen if chosen is not None and (not text or chosen.name == text) else tag_named(text)

    def answer(self, row: Model, error: str = "") -> HttpResponse:
        if not is_htmx(self.request):
            if error:
                messages.error(self.request, error)
            return self.to("record", row.pk)
        record = {
            "title": self.resource.title(row),
            "pk": row.pk,
            "tags": tags_of(self.resource.key(), [row.pk]).get(row.pk, []),
            "tags_url": self.resource.url("tags", row.pk),
        }
        context = {"record": record, "can": self.can(row), "tag_error": error, "tag_focus": True}
        return render(self.request, "core/_tags.html", context)


class TagDeletion(TagsView):
    def post(self, request: HttpRequest, pk: int, tag: int = 0) -> HttpResponse:
        row = self.row()
        untag_row(row, get_object_or_404(Tag, pk=tag).pk)
        return self.answer(row)


class TagLookup(InstanceView):
    """{"results": [{"pk", "title", "subtitle"}]}: tags are words, the same for everybody."""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = offered(clean(request.GET.get("q", ""))[:40])
        return JsonResponse({"results": [{"pk": tag.pk, "title": tag.name, "subtitle": ""} for tag in found]})
