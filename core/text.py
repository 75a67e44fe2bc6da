"""Text as people type it: folded for comparison, cleaned of what no database takes."""

import re
import unicodedata

_MARKS = re.compile(r"[\u0300-\u036f]")
_PUNCTUATION = re.compile(r"[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u2000-\u206f]+")
_LIGATURES = str.maketrans("ŒÆØŁĐ", "œæøłđ")


def fold(value: str) -> str:
    """No accents, no case, no punctuation: the twin of public.b2o_fold (tenants/sql/fold.sql) on Latin text."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", value.translate(_LIGATURES))).lower()
    plain = plain.replace("œ", "oe").replace("æ", "ae").replace("ß", "ss")
    return _PUNCTUATION.sub(" ", plain).strip(" ")


def split_name(whole: str) -> tuple[str, str]:
    """First and last name of a person whose whole name is one text: its first word, and the rest."""
    first, *rest = whole.split(maxsplit=1) or [""]
    return (first, rest[0]) if rest else ("", first)


# They turn the order of what follows round on screen: "exe.fdp" for "pdf.exe" (UTS 55).
_DIRECTIONS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def clean(value: str) -> str:
    """Without NUL, which PostgreSQL refuses, lone surrogates, which no encoding carries, and marks of direction."""
    if value.isascii() and "\x00" not in value:
        return value
    return _DIRECTIONS.sub("", value.replace("\x00", "")).encode("utf-8", "ignore").decode("utf-8")
