"""Uploads larger than the screen that they are for takes are not kept: they are thrown away as they arrive."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

_REFUSED, _SKIPPED = "b2o.upload_refused", "b2o.upload_skipped"
_FORM = 1_000_000  # what surrounds the files
_CHUNK = 64 * 1024


class SizeGuard(FileUploadHandler):
    """The first handler: by the length that the browser announces, before a byte of the file is on disk; then file by
    file, as it passes what one file may have.

    The fields before the file (the token that CSRF wants) are read; the rest is drained, so that the browser hears the
    answer. A view whose whole request is one file names its setting: `upload_setting = "IMPORT_MAX_BYTES"`.
    """

    size = taken = 0
    left: Any = None  # what is still to come of the request

    def handle_raw_input(self, input_data: Any, META: dict, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803
        self.size, self.left = content_length, input_data
        self.most, whole = _bounds(self.request)
        self.whole = whole + _FORM

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        if self.size > self.whole:
            assert self.request is not None
            self.request.META[_REFUSED] = self.size
            # Django itself would drain it line by line: minutes of processor for 300 MB of short lines.
            while self.left.read(_CHUNK):
                pass
            raise StopUpload(connection_reset=False)
        super().new_file(field_name, file_name, *args, **kwargs)
        self.taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.taken += len(raw_data)
        if self.taken > self.most:
            assert self.request is not None
            self.request.META.setdefault(_SKIPPED, []).append(self.file_name)
            raise SkipFile
        return raw_data  # for the handler after this one

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


def _bounds(request: HttpRequest | None) -> tuple[int, int]:
    """Bytes of one file, and of all those of a request."""
    match = request.resolver_match if request is not None else None
    name = getattr(getattr(match.func, "view_class", None), "upload_setting", "") if match else ""
    if name:
        return getattr(settings, name) + _FORM, getattr(settings, name)
    return settings.FILE_MAX_BYTES, settings.FILES_MAX_BYTES_PER_RECORD


def refused_size(request: HttpRequest) -> int:
    """The bytes of a request whose files were not kept; 0 when they were."""
    return request.META.get(_REFUSED, 0)


def skipped_files(request: HttpRequest) -> list[str]:
    """The names of files that alone were too large, and were not kept."""
    return request.META.get(_SKIPPED, [])
