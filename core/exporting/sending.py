"""A file on its way to a browser: counted, digested, and its end recorded, also when the reader hangs up."""

import hashlib
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.files.storage import default_storage
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from core.exporting import csv_file
from core.exporting.plan import Plan
from core.exporting.recording import Origin, Outcome, Way, begin, finish
from core.models import Extraction

Parts = Generator[tuple[bytes, int], None, None]  # bytes, and how many rows leave with them
FOLDER = "exports"  # of a client's storage
_PIECE = 256 * 1024
FORMATS = ("xlsx", "csv")


class Recorded:
    """The bytes of an extraction for a streaming answer. Whatever happens, it ends with one ExtractionEnd.

    The server asks for the next part once it has sent the one before, and calls `close` at the end or when the reader
    is gone: a part that was handed over counts as left.
    """

    def __init__(self, extraction: Extraction, parts: Parts) -> None:
        self._extraction, self._parts = extraction, parts
        self._digest, self._size, self._rows = hashlib.sha256(), 0, 0
        self._outcome: Outcome | None = Outcome.INTERRUPTED  # None: recorded

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        outcome, self._outcome = self._outcome, Outcome.FAILED  # should the next line raise
        try:
            data, rows = next(self._parts)
        except StopIteration:
            self._end(Outcome.COMPLETE)
            raise
        self._outcome = outcome
        self._digest.update(data)
        self._size, self._rows = self._size + len(data), self._rows + rows
        return data

    def close(self) -> None:
        if self._outcome is not None:
            self._parts.close()  # the database's cursor goes first
            self._end(self._outcome)

    def _end(self, outcome: Outcome) -> None:
        self._outcome = None
        finish(self._extraction, outcome=outcome, rows=self._rows, size=self._size, sha256=self._digest.hexdigest())


def recorded(plan: Plan, *, way: Way, format: str, origin: Origin) -> Extraction:  # noqa: A002
    """The row that says what is about to leave. Raises PermissionDenied."""
    return begin(
        plan.resource, plan.user, way=way, origin=origin, format=format,
        columns=[out.name for out in plan.columns], params=plan.kept_params, words=plan.words,
        selected=None if plan.pks is None else len(plan.pks),
    )  # fmt: skip


def answer(plan: Plan, format: str, origin: Origin) -> StreamingHttpResponse:  # noqa: A002
    """The file itself."""
    parts: Parts
    if format == "xlsx":
        from core.exporting import xlsx_file

        file, rows = _workbook(plan)
        extraction = recorded(plan, way=Way.EXPORT, format=format, origin=origin)
        parts, kind = _pieces(file, rows), xlsx_file.CONTENT_TYPE
    else:
        extraction = recorded(plan, way=Way.EXPORT, format=format, origin=origin)
        parts, kind = csv_file.chunks(plan), csv_file.CONTENT_TYPE
    response = StreamingHttpResponse(Recorded(extraction, parts), content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, filename(plan, format))
    response["Cache-Control"] = "private, no-store"
    if format == "xlsx":
        response["Content-Encoding"] = "identity"  # the GZip middleware would compress, for nothing, a compressed file
    return response


def filename(plan: Plan, format: str) -> str:  # noqa: A002
    """societes-2026-11-25-0915.csv"""
    return f"{slugify(plan.resource.label_plural)}-{timezone.localtime():%Y-%m-%d-%H%M}.{format}"


def _workbook(plan: Plan) -> tuple[IO[bytes], int]:
    """Made before the answer begins: an error is then a page that says so, and not half a file."""
    from core.exporting import xlsx_file

    file = tempfile.TemporaryFile()  # noqa: SIM115 - _pieces closes it
    try:
        with scratch_folder() as folder:
            rows = xlsx_file.write(plan, file, folder=folder)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, rows


def _pieces(file: IO[bytes], rows: int) -> Parts:
    with file:
        while data := file.read(_PIECE):
            yield data, rows
            rows = 0  # a workbook cut short opens nowhere, but what is in it has left: all counts with the first piece


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder in the client's storage, where the night finds what a killed process leaves (`core.exporting.files`)."""
    place = Path(default_storage.path(FOLDER))
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
