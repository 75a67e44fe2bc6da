"""The program that makes PDFs: reads requests on its standard input, answers on its standard output, one at a time.

It runs apart (`typesetter.py` starts it) so that a layout without end can be killed, so that typst's memory is not the
web worker's, and so that what lays out foreign texts has neither the database nor the settings. Only typst and the
standard library are imported here.

A message is a length (4 bytes, big endian) and JSON; an answer is "+" and a PDF, or "-" and a message in English.
"""

import json
import os
import resource
import struct
import sys
from typing import Any, BinaryIO

# Archive with accessible structure (ISO 19005-2), and universal accessibility (ISO 14289-1).
STANDARDS: Any = ["a-2a", "ua-1"]
MEMORY = 2 << 30  # address space; the library itself maps a tenth of it


def main(root: str, fonts: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import typst

    own = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    nowhere = os.path.join(root, ".none")  # noqa: PTH118 - a package is looked for here, and not found
    compiler = typst.Compiler(
        root=root, font_paths=own, ignore_system_fonts=True, package_path=nowhere, package_cache_path=nowhere
    )
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while (request := read(source)) is not None:
        asked = json.loads(request)
        try:
            made: Any = compiler.compile(
                os.path.join(root, asked["template"]),  # noqa: PTH118 - it is one line, and pathlib is 3 MB
                format="pdf",
                sys_inputs={"data": asked["data"]},
                pdf_standards=STANDARDS,
                timestamp=asked["at"],
            )
        except typst.TypstError as error:
            write(sink, b"-" + str(error).encode())
        else:
            write(sink, b"+" + made)


def read(source: BinaryIO) -> bytes | None:
    """One message; None at the end."""
    header = source.read(4)
    return source.read(struct.unpack(">I", header)[0]) if len(header) == 4 else None


def write(sink: BinaryIO, message: bytes) -> None:
    sink.write(struct.pack(">I", len(message)) + message)
    sink.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
