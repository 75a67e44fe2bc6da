"""The rows of a table as one tag. Fifty rows of eight cells are most of a list's page: a template engine that looks up
each `cell.css` by name takes three times what the queries take, so this writes the text itself."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.templatetags.ui import avatar, badge

if TYPE_CHECKING:
    from core.facets import Facet
    from core.listing import Row

register = template.Library()


def safe(value: Any) -> str:
    """As `{{ value }}` writes it."""
    return value if isinstance(value, SafeString) else escape(str(value))


@register.simple_tag
def table_rows(rows: Iterable["Row"], bulk: Any = None, cut: str | None = None) -> SafeString:
    """The `<tr>`s of core/_table.html. `bulk`: with a box to tick; `cut`: the cells shown, as a slice (":4")."""
    start, _colon, stop = (cut or ":").partition(":")
    shown = slice(int(start) if start else None, int(stop) if stop else None)
    box = _box(_("Sélectionner %(name)s")) if bulk else lambda row: ""
    return mark_safe("".join([_row(row, box, shown) for row in rows]))  # noqa: S308 - made of escaped parts


def _box(label: str) -> Callable[["Row"], str]:
    return lambda row: (
        f'<td class="check"><input type="checkbox" name="ids" form="bulk" value="{row.pk}" '
        f'aria-label="{safe(label % {"name": row.title})}"></td>'
    )


def _row(row: "Row", box: Callable[["Row"], str], shown: slice) -> str:
    title, state = safe(row.title), badge(row.badge["label"], row.badge["tone"]) if row.badge else ""
    picture = avatar(row.title, row.avatar) if row.avatar else ""
    subtitle = f"<small>{safe(row.subtitle)}</small>" if row.subtitle else ""
    side = ""
    if row.badge or row.side:
        beside = f'<span class="beside">{safe(row.side)}</span>' if row.side else ""
        side = f'<span class="side only-phone">{state}{beside}</span>'
    cells = "".join(
        [
            (f'<td class="{cell.css}">' if cell.css else "<td>")
            + (state if cell.css == "st" else _NOTHING if cell.empty else safe(cell.html))
            + "</td>"
            for cell in row.cells[shown]
        ]
    )
    return (
        f'\n<tr id="r{row.pk}">{box(row)}<th scope="row" class="main"><a href="{safe(row.url)}">{picture}'
        f"<span><b>{title}</b>{subtitle}</span></a>{side}</th>{cells}</tr>"
    )


@register.simple_tag
def facet_options(facet: "Facet") -> SafeString:
    """The boxes of a facet's menu: a client with fifty people has fifty of them on each list."""
    return _options(facet.name, facet.offered, facet.ticked)


@lru_cache(maxsize=512)
def _options(name: str, offered: tuple[tuple[str, str], ...], ticked: frozenset[str]) -> SafeString:
    """Kept: most facets offer the same from one request to the next, to everyone."""
    return mark_safe(  # noqa: S308 - made of escaped parts
        "".join(
            [
                f'<label><input type="checkbox" name="{escape(name)}" value="{escape(value)}"'
                f'{" checked" if value in ticked else ""}><span class="grow">{escape(label)}</span>'
                '<span class="count" hx-morph-skip></span></label>\n'
                for value, label in offered
            ]
        )
    )


_NOTHING = '<span class="none">—</span>'
