"""Stylesheets that every page asks for together, as one file: a first visit then waits for fewer answers.

`settings.STATIC_BUNDLES` says {name: the files it is made of, in order}. The files stay as they are in `static/`.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage


class BundleFinder(finders.BaseFinder):
    """Makes a bundle where it is asked for, and again when one of its files has changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=settings.STATIC_BUNDLES_DIR)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        absent = [part for parts in settings.STATIC_BUNDLES.values() for part in parts if _source(part) is None]
        return [Error(f"STATIC_BUNDLES names {part}, which no finder finds.", id="core.E017") for part in absent]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        parts = settings.STATIC_BUNDLES.get(path)
        if parts is None:
            return []
        made = str(self._made(path, parts))
        return [made] if find_all else made

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for name, parts in settings.STATIC_BUNDLES.items():
            self._made(name, parts)
            yield name, self.storage

    def _made(self, name: str, parts: Iterable[str]) -> Path:
        target = Path(self.storage.path(name))
        content = "".join(Path(_source(part) or part).read_text() for part in parts)
        if not target.is_file() or target.read_text() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            # Written aside: another process may be reading it.
            aside = target.with_suffix(f".{os.getpid()}.tmp")
            aside.write_text(content)
            aside.replace(target)
        return target


def _source(part: str) -> str | None:
    places = (Path(folder) / part for folder in settings.STATICFILES_DIRS)
    return next((str(place) for place in places if place.is_file()), None)
