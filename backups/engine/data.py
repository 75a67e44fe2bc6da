"""The data part: one zstd file that psql reads, made of `COPY … FROM stdin` blocks.

Each table's rows are a zstd frame of their own, whose place the manifest gives: one table is read without the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import zstandard
from psycopg import sql

from backups.engine.snapshot import Table
from backups.storage import BLOCK, Storage

_LEVEL = 3
_GATHERED = 1 << 18  # COPY gives a row at a time: that many bytes go to the compressor together


@dataclass
class DataPart:
    """The stream of a snapshot's rows; when it is exhausted `places` has (start, length) of each table's rows."""

    own: psycopg.Connection
    schema: str
    tables: list[Table]
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    position: int = 0

    def blocks(self) -> Iterator[bytes]:
        for table in self.tables:
            yield from self._counted(_frame([_copy_line(self.own, table)]))
            start = self.position
            yield from self._counted(_frame(self._rows(table)))
            self.places[table.name] = (start, self.position - start)
            yield from self._counted(_frame([b"\\.\n"]))

    def _rows(self, table: Table) -> Iterator[bytes]:
        query = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(self.schema, table.name), _names(table))
        gathered: list[bytes] = []
        size = 0
        with self.own.cursor() as cursor, cursor.copy(query) as copy:
            for row in copy:
                gathered.append(bytes(row))
                size += len(row)
                if size >= _GATHERED:
                    yield b"".join(gathered)
                    gathered, size = [], 0
        yield b"".join(gathered)

    def _counted(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.position += len(block)
            yield block


def load(store: Storage, key: str, own: psycopg.Connection, schema: str, table: Table, place: tuple[int, int]) -> None:
    """COPY one table's rows back. Raises psycopg.Error or zstandard.ZstdError on anything that is not its rows."""
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(schema, table.name), _names(table))
    with own.cursor() as cursor, cursor.copy(query) as copy:
        for block in store.open(key, *place):
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


def _copy_line(own: psycopg.Connection, table: Table) -> bytes:
    # Without the schema: restore.sh puts it in the search path.
    query = sql.SQL("COPY {} ({}) FROM stdin;\n").format(sql.Identifier(table.name), _names(table))
    return query.as_bytes(own)


def _names(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, table.columns))
