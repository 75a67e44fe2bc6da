"""The pages of a record's parts: {page: (route, view class)}, the same for every resource."""

from typing import Any

from core.views import files, inplace, notes, printing, record, tags


def pages() -> dict[str, tuple[str, Any]]:
    return {
        "related": ("<int:pk>/related/", record.RelatedView),
        "print": ("<int:pk>/print/", printing.PrintView),
        "field": ("<int:pk>/fields/<slug:name>/", inplace.FieldView),
        "revert": ("<int:pk>/history/<int:event>/restoration/", inplace.RevertView),
        "notes": ("<int:pk>/notes/", notes.NotesView),
        "note": ("<int:pk>/notes/<int:note>/", notes.NoteView),
        "note-delete": ("<int:pk>/notes/<int:note>/deletion/", notes.NoteDeletion),
        "readers": ("<int:pk>/readers/", notes.ReadersView),
        "files": ("<int:pk>/files/", files.FilesView),
        "file": ("<int:pk>/files/<int:file>/", files.FileView),
        "file-delete": ("<int:pk>/files/<int:file>/deletion/", files.FileDeletion),
        "tags": ("<int:pk>/tags/", tags.TagsView),
        "tag": ("<int:pk>/tags/<int:tag>/deletion/", tags.TagDeletion),
    }
