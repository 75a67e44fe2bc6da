"""The notes of a record: read with it, written with the right to change it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.actions.notes import correct_note, delete_note, may_correct, may_delete, notes_of, readers, write_note
from core.models import Note
from core.models.notes import NOTE_MAX
from core.presenting import note_entry, with_names
from core.text import clean
from core.views.base import ResourceView
from core.views.record import RecordView

_PAGE = 50


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=NOTE_MAX,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "data-mentions": "", "maxlength": False}),
        error_messages={
            "required": gettext_lazy("Écrivez quelque chose : une note vide ne sert à personne."),
            "max_length": gettext_lazy("Une note a 10 000 caractères au plus ; celle-ci en a %(show_value)d."),
        },
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        # NUL and lone surrogates: no database and no encoding takes them.
        kept = {"text": clean(data.get("text", ""))} if data is not None else None
        super().__init__(kept, **kwargs)
        self.chosen = {
            int(key)
            for key in (data.getlist("mention") if data is not None else ())
            if key.isdecimal() and len(key) < 19
        }


class NotesView(RecordView):
    tab = "notes"

    def content(self, row: Model) -> dict[str, Any]:
        before = self.request.GET.get("before", "")
        notes = notes_of(row)
        if before.isascii() and before.isdigit() and len(before) < 19:
            notes = notes.filter(pk__lt=int(before))
        found = list(notes[: _PAGE + 1])
        more = f"{self.resource.url('notes', row.pk)}?before={found[_PAGE - 1].pk}" if len(found) > _PAGE else ""
        entries = with_names([note_entry(note, self.user) for note in found[:_PAGE]])
        return {"notes": entries, "more_url": more, "note_form": NoteForm()}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.level = Level.WRITE
        self.check(request)
        row = self.row()
        form = NoteForm(request.POST)
        if not form.is_valid():
            return self.page(row, note_form=form)
        write_note(self.resource, row, form.cleaned_data["text"], by=self.user, chosen=form.chosen)
        messages.success(request, _("La note est enregistrée."))
        return redirect(self.resource.url("notes", row.pk) + self.trail)


class _OneNote(ResourceView):
    level = Level.WRITE

    def note(self, row: Model) -> Note:
        return get_object_or_404(notes_of(row), pk=self.kwargs["note"])


class NoteView(_OneNote):
    """A note corrected by its author."""

    def get(self, request: HttpRequest, pk: int, note: int) -> HttpResponse:
        row, found = self.mine()
        return self.show(row, found, NoteForm(initial={"text": found.text}))

    def post(self, request: HttpRequest, pk: int, note: int) -> HttpResponse:
        row, found = self.mine()
        form = NoteForm(request.POST)
        if not form.is_valid():
            return self.show(row, found, form)
        correct_note(found, self.resource, row, form.cleaned_data["text"], by=self.user, chosen=form.chosen)
        messages.success(request, _("La note est corrigée."))
        return self.to("notes", row.pk)

    def mine(self) -> tuple[Model, Note]:
        row = self.row()
        found = self.note(row)
        if not may_correct(found, self.user):
            raise PermissionDenied
        return row, found

    def show(self, row: Model, note: Note, form: NoteForm) -> HttpResponse:
        context = {
            "resource": self.resource,
            "record": {"pk": row.pk, "title": self.resource.title(row)},
            "form": form,
            "note": note,
            "readers_url": self.resource.url("readers", row.pk),
            "cancel_url": self.resource.url("notes", row.pk),
        }
        return render(self.request, "core/note_form.html", context)


class NoteDeletion(_OneNote):
    def post(self, request: HttpRequest, pk: int, note: int) -> HttpResponse:
        row = self.row()
        found = self.note(row)
        if not may_delete(found, self.user):
            raise PermissionDenied
        delete_note(found)
        messages.success(request, _("La note est supprimée."))
        return self.to("notes", row.pk)


class ReadersView(ResourceView):
    """Whom a note may name: {"results": [{"pk", "title"}]}."""

    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = readers(self.resource, self.row(), clean(request.GET.get("q", ""))[:80])
        return JsonResponse(
            {"results": [{"pk": person.pk, "title": person.get_full_name(), "subtitle": ""} for person in found]}
        )
