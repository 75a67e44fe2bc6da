"""Texts as a document can hold them: what our fonts draw, in lines that can be broken. Whatever comes in, typst never
meets a character that would make it refuse the document (PDF/A wants a drawing for each)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from django.conf import settings

from core.pdf import fonts

ABSENT = "□"  # stands for a character that no font of ours draws: an ideogram, a private sign, half of a pair
BREAK = "\u200b"  # where a line may break
# A word longer than this would leave the page; nearly no word is, and e-mail addresses break by themselves.
_LONG = re.compile(r"\S{30}(?=\S)")


@cache
def _drawn() -> frozenset[int]:
    return fonts.coverage(settings.FONT_DIR)


def printable(text: str) -> str:
    """The text composed (é in one piece), without controls nor marks of direction, with □ for what cannot be drawn."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    drawn = _drawn()
    out = []
    for char in text:
        if char == "\n":
            out.append(char)
        elif char == "\t":
            out.append("    ")
        elif (kind := unicodedata.category(char)) in ("Cc", "Cf") or "\ufe00" <= char <= "\ufe0f":
            continue
        elif kind in ("Zl", "Zp"):
            out.append("\n")
        else:
            out.append(char if ord(char) in drawn and kind not in ("Co", "Cs", "Cn") else ABSENT)
    return _LONG.sub(lambda found: found[0] + BREAK, "".join(out))


def printable_data(data: Any) -> Any:
    """The same of every text in lists and dictionaries. Keys are the templates' words and stay."""
    if isinstance(data, dict):
        return {key: printable_data(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [printable_data(value) for value in data]
    return printable(str(data)) if isinstance(data, str) else data
