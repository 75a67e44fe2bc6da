"""What becomes of every line of a file: written once by a pass, read page by page, filtered by outcome."""

import json
from collections.abc import Iterator
from typing import IO, Any

LETTERS = {"created": b"c", "updated": b"u", "skipped": b"s", "refused": b"r"}
WARNED = b"w"  # beside the outcome's letter: the line has a remark


class Outcomes:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, entry: dict[str, Any]) -> None:
        """`entry`: as core.importing.report.Recorder makes it. A line each: letters that filter, then JSON."""
        warned = entry["reasons"] and entry["outcome"] != "refused"
        mark = LETTERS[entry["outcome"]] + (WARNED if warned else b" ")
        self._file.write(mark + json.dumps(entry, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n")


def page_of(file: IO[bytes], wanted: str, start: int, size: int) -> tuple[list[dict[str, Any]], bool]:
    """(lines of an outcome from a rank on, whether there are more). `wanted`: an outcome, "warned", "" for all."""
    found: list[dict[str, Any]] = []
    for rank, line in enumerate(_chosen(file, wanted)):
        if rank < start:
            continue
        if len(found) == size:
            return found, True
        found.append(json.loads(line[2:]))
    return found, False


def _chosen(file: IO[bytes], wanted: str) -> Iterator[bytes]:
    place, letter = (1, WARNED) if wanted == "warned" else (0, LETTERS.get(wanted, b""))
    for line in file:
        if not letter or line[place : place + 1] == letter:
            yield line
