"""Which encoding a file is in. What is certain is asked first; guesses come last, and only over the bytes in doubt."""

import codecs
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

_MARKS = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LABELS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (petit-boutiste)",
    "utf-16-be": "UTF-16 (gros-boutiste)",
    "cp1252": "Windows-1252",
    "iso8859_15": "Latin-9 (ISO 8859-15)",
    "mac_roman": "MacRoman",
}
_FRENCH = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆ’‘“”«»°€–—…²³½§áíóúñãõåøßÁÍÓÚÑ\u00a0")
_CHUNK = 1024 * 1024
_SAMPLED = 4000  # bytes that are not ASCII, looked at to choose between encodings of one byte
_SURE = 0.9  # share of them that must make French letters


@dataclass
class Encoding:
    """`strays`: numbers of lines that are not in it, when nearly all others are; `skip`: bytes of its mark."""

    name: str
    skip: int = 0
    strays: list[int] = field(default_factory=list)


def find(file: IO[bytes]) -> Encoding:
    """The encoding of a whole file; leaves it anywhere."""
    file.seek(0)
    head = file.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            found = Encoding(name, len(mark))
            break
    else:
        wide = _without_mark(head)
        found = Encoding(wide or "utf-8")
    if found.name != "utf-8" or _is_utf8(file):
        return found
    strays, whole = _lines_not_utf8(file)
    if whole:  # other lines are plainly UTF-8: two files were put together
        return Encoding("utf-8", found.skip, strays)
    return Encoding(_of_one_byte(_sample(file)), found.skip)


def _without_mark(head: bytes) -> str:
    """UTF-16 by its zeros: every second byte of Latin text is one, and no other text has any."""
    size = len(head) // 2
    if size < 2:
        return ""
    even, odd = head[0 : size * 2 : 2].count(0), head[1 : size * 2 : 2].count(0)
    if odd > size * 0.7 and even < size * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > size * 0.7 and odd < size * 0.1 else ""


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _lines_not_utf8(file: IO[bytes]) -> tuple[list[int], int]:
    """(lines that are not UTF-8, how many others hold letters that only UTF-8 writes so)."""
    file.seek(0)
    strays: list[int] = []
    whole = 0
    for number in itertools.count(1):
        raw = file.readline(_CHUNK)
        if not raw:
            return strays, whole
        if raw.isascii():
            continue
        try:
            raw.decode()
            whole += 1
        except UnicodeDecodeError:
            strays.append(number)
    raise AssertionError("count() ends not")  # pragma: no cover


def _sample(file: IO[bytes]) -> bytes:
    """The bytes in doubt, each with its neighbours."""
    file.seek(0)
    out = bytearray()
    while len(out) < _SAMPLED and (chunk := file.read(_CHUNK)):
        for word in _words(chunk):
            if not word.isascii():
                out += word[:200] + b" "
            if len(out) >= _SAMPLED:
                break
    return bytes(out)


def _words(chunk: bytes) -> Iterator[bytes]:
    for line in chunk.splitlines():
        yield from line.split()


def _of_one_byte(sample: bytes) -> str:
    """Windows-1252, Latin-9 or MacRoman by the letters that they make; another only when all three make nonsense."""
    scores = {name: _score(sample, name) for name in ("cp1252", "iso8859_15", "mac_roman")}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] >= _SURE:
        return best
    from charset_normalizer import from_bytes  # some 10 MB, and only for the odd file

    guess = from_bytes(sample).best()
    try:
        return codecs.lookup(guess.encoding).name if guess is not None else best
    except LookupError:
        return best


def _score(sample: bytes, name: str) -> float:
    text = sample.decode(name, "replace")
    doubtful = [char for char in text if ord(char) > 127]
    good = sum(char in _FRENCH for char in doubtful)
    # A capital in the middle of a lower-case word is another alphabet's small letter.
    odd = sum(before.islower() and ord(char) > 127 and char.isupper() for before, char in itertools.pairwise(text))
    return (good - 2 * odd) / len(doubtful) if doubtful else 0.0
