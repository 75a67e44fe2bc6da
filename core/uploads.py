"""Uploads too large for any screen are not kept: what comes of them is thrown away as it arrives."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

_REFUSED = "b2o.upload_refused"
_FORM = 1_000_000  # what surrounds the files


class SizeGuard(FileUploadHandler):
    """The first handler: by the length that the browser announces, before a byte of the file is on disk.

    The fields before the file (the token that CSRF wants) are read; the rest of the request is drained, so that the
    browser hears the answer.
    """

    size = 0

    def handle_raw_input(self, input_data: Any, META: dict, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803
        self.size = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        limit = max(settings.IMPORT_MAX_BYTES, settings.FILES_MAX_BYTES_PER_RECORD) + _FORM
        if self.size > limit:
            assert self.request is not None
            self.request.META[_REFUSED] = self.size
            raise StopUpload(connection_reset=False)
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data  # for the handler after this one

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


def refused_size(request: HttpRequest) -> int:
    """The bytes of a request whose files were not kept; 0 when they were."""
    return request.META.get(_REFUSED, 0)
