"""Copy the browser files named under "vendor" in package.json to build/vendor, draw the icon sprite, unpack the fonts
of the documents into build/fonts.

Run it after `npm ci`. Nothing is compiled: the packages' own published browser builds are used, the font of the pages
cut to what they show.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.pdf import fonts
from core.webfont import slim

# The maps are not shipped, and the manifest storage refuses a reference to an absent file.
SOURCE_MAP = re.compile(rb"^\s*(?://|/\*)# sourceMappingURL=.*$", re.MULTILINE)
SVG_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class Command(BaseCommand):
    help = "Copie les fichiers de node_modules que le navigateur reçoit, et compose la planche d’icônes."
    requires_system_checks: list[str] = []  # runs before any database exists

    def handle(self, *args: Any, **options: Any) -> None:
        base = Path(settings.BASE_DIR)
        wanted = json.loads((base / "package.json").read_text())["vendor"]
        modules, out = base / "node_modules", base / "build" / "vendor"
        shutil.rmtree(out, ignore_errors=True)
        for target, source in wanted["files"].items():
            copy(modules / source, out / target)
        icons = modules / "lucide-static" / "icons"
        (out / "icons.svg").write_text(sprite(icons, wanted["icons"]))
        try:
            made = fonts.build(modules, settings.FONT_DIR)
        except FileNotFoundError as error:
            raise CommandError(f"{error.filename} est absent : lancez d’abord « npm ci »") from error
        counts = f"{len(wanted['files'])} fichiers, {len(wanted['icons'])} icônes et {made} polices"
        self.stdout.write(f"{counts} dans {out.parent}")


def copy(source: Path, target: Path) -> None:
    data = read(source)
    if target.suffix in {".js", ".css"}:
        data = SOURCE_MAP.sub(b"", data)
    if target.suffix == ".woff2":
        data = slim(data)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def sprite(icons: Path, names: list[str]) -> str:
    """One SVG of `<symbol>`s, drawn by `<use href="icons.svg#name">`."""
    symbols = []
    for name in names:
        body = SVG_BODY.search(read(icons / f"{name}.svg").decode())
        if body is None:
            raise CommandError(f"{name}.svg : ce n’est pas une icône")
        drawing = re.sub(r"\s+", " ", body[1]).replace(" />", "/>").replace("> <", "><").strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def read(path: Path) -> bytes:
    if not path.is_file():
        raise CommandError(f"{path} est absent : lancez d’abord « npm ci »")
    return path.read_bytes()
