"""The data part: one zstd file that psql reads, made of `COPY … FROM stdin` blocks.

Each table's rows are a zstd frame of their own, whose place the manifest gives: one table is read without the others.
A full holds every row; an increment holds, of the tables that changed, what `delta` says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import psycopg
import zstandard
from psycopg import sql

from backups.engine import delta
from backups.engine.delta import Change
from backups.storage import BLOCK

_LEVEL = 3
_GATHERED = 1 << 18  # COPY gives a row at a time: that many bytes go to the compressor together

Place = tuple[int, int]  # start, length


@dataclass
class DataPart:
    """The stream of a snapshot's rows; when it is exhausted `places` says where each table's rows and keys lie."""

    own: psycopg.Connection
    schema: str
    changes: list[Change]
    places: dict[str, dict[str, Place]] = field(default_factory=dict)
    position: int = 0

    def blocks(self) -> Iterator[bytes]:
        for change in self.changes:
            name = sql.Identifier(change.table.name)  # without the schema: restore.sh puts it in the search path
            for step in delta.steps(change, name):
                if not step.copied:
                    yield from self._counted(_frame([self._text(step.statement, b";\n")]))
                    continue
                yield from self._counted(_frame([self._text(step.statement, b" FROM stdin;\n")]))
                start = self.position
                yield from self._counted(_frame(self._rows(change, step.copied)))
                self.places.setdefault(change.table.name, {})[step.copied] = (start, self.position - start)
                yield from self._counted(_frame([b"\\.\n"]))

    def _rows(self, change: Change, what: str) -> Iterator[bytes]:
        source = sql.Identifier(self.schema, change.table.name)
        query = delta.query(change, source) if what == "rows" else delta.keys_query(change.table, source)
        gathered: list[bytes] = []
        size = 0
        with self.own.cursor() as cursor, cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(query)) as copy:
            for row in copy:
                gathered.append(bytes(row))
                size += len(row)
                if size >= _GATHERED:
                    yield b"".join(gathered)
                    gathered, size = [], 0
        yield b"".join(gathered)

    def _text(self, statement: sql.Composable, end: bytes) -> bytes:
        return statement.as_bytes(self.own) + end

    def _counted(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.position += len(block)
            yield block


class Stream:
    """A data part read once, from its beginning: `take` gives the places in their order, and skips what is between."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._held = b""
        self._position = 0  # of the first byte that is held

    def take(self, place: Place) -> Iterator[bytes]:
        """The bytes of a place. A part that is too short ends early: what reads it then finds rows missing."""
        start, length = place
        if start < self._position:
            raise ValueError("a data part is read forward")
        end = start + length
        while self._position < end:
            if not self._held:
                self._held = next(self._blocks, b"")
                if not self._held:
                    return
            skipped = min(max(start - self._position, 0), len(self._held))
            wanted = self._held[skipped : end - self._position]
            self._held = self._held[skipped + len(wanted) :]
            self._position += skipped + len(wanted)
            if wanted:
                yield wanted


def load(stream: Stream, own: psycopg.Connection, schema: str, change: Change, places: dict[str, Place]) -> None:
    """Put one table's rows, or what changed of them, into a schema.

    Raises psycopg.Error or zstandard.ZstdError on anything that is not its rows.
    """
    for step in delta.steps(change, sql.Identifier(schema, change.table.name)):
        if not step.copied:
            own.execute(sql.SQL("{}").format(step.statement))
            continue
        unpacker = zstandard.ZstdDecompressor().decompressobj()
        with own.cursor() as cursor, cursor.copy(sql.SQL("{} FROM STDIN").format(step.statement)) as copy:
            for block in stream.take(places[step.copied]):
                copy.write(unpacker.decompress(block))


def sequence_lines(values: dict[str, tuple[int, bool]]) -> str:
    """SQL that sets the sequences of the schema in the search path."""
    line = "SELECT pg_catalog.setval({}, {}, {});\n"
    return "".join(
        line.format(sql.Literal(f'"{name}"').as_string(), last, str(called).lower())
        for name, (last, called) in values.items()
    )


def _frame(blocks: Iterator[bytes] | list[bytes]) -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj()
    for block in blocks:
        for start in range(0, len(block), BLOCK):
            yield packer.compress(block[start : start + BLOCK])
    yield packer.flush()
