"""The fonts of the documents: what npm publishes for browsers (woff2), unpacked for typst, which reads TrueType.

`manage.py vendor` calls `build`. Static weights, not instances of the variable font: those took ten seconds to cut.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

WEIGHTS = {"@fontsource/inter": (400, 600), "@fontsource/dejavu-sans": (400, 700)}
# Inter is cut by alphabet. Of two fonts with the same name typst looks at one only: each part gets a name of its own.
INTER = ("latin", "latin-ext", "greek", "greek-ext", "cyrillic", "cyrillic-ext", "vietnamese")
# In the order in which a character is looked for; DejaVu brings Arabic, Hebrew, Armenian, Georgian, signs and boxes.
FAMILIES = ("Inter", *(f"Inter {part}" for part in INTER[1:]), "DejaVu Sans")
# What the French write and Inter has under another number: {the character: the one whose drawing is taken}.
ALIASES = {0x202F: 0x2009, 0x2011: 0x002D}
_COVERAGE = "coverage.json"


def build(modules: Path, out: Path) -> int:
    """Write the fonts, their licences and what they cover. Returns how many fonts. Raises FileNotFoundError."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    drawn: dict[str, set[int]] = {"Regular": set(), "Bold": set()}
    made = 0
    for package, part, family in _wanted():
        folder = modules / package
        name = package.rpartition("/")[2]
        for weight in WEIGHTS[package]:
            source = folder / "files" / f"{name}-{part}-{weight}-normal.woff2"
            style = "Regular" if weight == 400 else "Bold"
            drawn[style] |= _unpack(source, out / f"{name}-{part}-{weight}.ttf", family, style)
            made += 1
        shutil.copy(folder / "LICENSE", out / f"LICENSE-{name}.txt")
    # A title is bold: what only the regular weight draws would stop it.
    (out / _COVERAGE).write_text(json.dumps(list(_ranges(drawn["Regular"] & drawn["Bold"]))))
    return made


def _wanted() -> Iterator[tuple[str, str, str]]:
    for part in INTER:
        yield "@fontsource/inter", part, "Inter" if part == "latin" else f"Inter {part}"
    yield "@fontsource/dejavu-sans", "latin", "DejaVu Sans"  # "latin" is what the package calls all of it


def _unpack(source: Path, target: Path, family: str, style: str) -> set[int]:
    """One font, renamed and completed. Returns the characters that it draws."""
    from fontTools.ttLib import TTFont

    font = TTFont(source, recalcTimestamp=False)
    font.flavor = None
    names = font["name"]
    for used in (16, 17, 21, 22, 25):
        names.removeNames(nameID=used)
    for number, text in ((1, family), (2, style), (4, f"{family} {style}"), (6, f"{family}-{style}".replace(" ", ""))):
        names.setName(text, number, 3, 1, 0x409)
    drawn = font.getBestCmap() or {}
    for missing, like in ALIASES.items():
        if missing not in drawn and like in drawn:
            _add(font, missing, drawn[like])
    font.save(target)
    return set(font.getBestCmap() or {})


def _add(font: Any, code: int, glyph: str) -> None:
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[code] = glyph


def _ranges(codes: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Consecutive numbers as (first, last)."""
    for _difference, group in groupby(enumerate(sorted(codes)), key=lambda pair: pair[1] - pair[0]):
        run = [code for _place, code in group]
        yield run[0], run[-1]


def coverage(folder: Path) -> frozenset[int]:
    """The characters that the fonts draw. Raises FileNotFoundError when the fonts have not been made."""
    ranges = json.loads((folder / _COVERAGE).read_text())
    return frozenset(code for first, last in ranges for code in range(first, last + 1))
