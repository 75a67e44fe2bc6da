"""Charts as inline SVG, drawn on the server: attributes and classes only, since the policy allows no style.

Every figure is a link to its list, reachable by the keyboard, and says its value in a <title>. The words are sized
for the boxes that draw them (see dashboard.css): a viewBox makes a chart as wide as its tile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Protocol

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags.french import num

WIDTH, HEIGHT = 560, 196
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 6, 18, 24
_SERIES = 6  # colours of dashboard.css


class Figure(Protocol):
    """A value with its words: core.dashboards.counting.Point, or any such thing."""

    label: str
    url: str
    short: str
    tone: str
    count: int

    @property
    def text(self) -> str: ...


def ticks(highest: float, wanted: int = 4) -> list[int]:
    """Round whole values from 0 to at least `highest`: 0 5 10 15, 0 2 000 4 000…"""
    if highest <= 1:
        return [0, 1]
    rough = highest / wanted
    power = 10 ** math.floor(math.log10(rough)) if rough > 1 else 1
    step = max(1, next(int(factor * power) for factor in (1, 2, 5, 10) if factor * power >= rough))
    return list(range(0, math.ceil(highest / step) * step + 1, step))


def compact(value: int) -> str:
    """For an axis: 950, 12 k, 1,5 M."""
    for size, unit in ((1_000_000, "M"), (10_000, "k")):
        if value >= size:
            shown = value / (1_000_000 if unit == "M" else 1000)
            return f"{num(round(shown, 1) if shown % 1 else int(shown))}\u202f{unit}"
    return num(value)


def series(figure: Figure, place: int) -> str:
    """The class that colours a figure: its tone where it has one, else its place."""
    return f"t-{figure.tone}" if figure.tone else f"s{place % _SERIES + 1}"


def bars(figures: Sequence[Figure], *, name: str, title: str) -> SafeString:
    """Columns on an axis. The last is the present one."""
    scale, y = _scale(figures)
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(figures))
    width = min(30.0, step * 0.62)
    out = []
    for place, figure in enumerate(figures):
        x = _LEFT + step * place
        top, middle = y(figure.count), x + step / 2
        bar = _bar(middle - width / 2, width, top) if figure.count else ""
        out.append(_column(figure, x, step, top, bar, place, len(figures)))
    return _drawing("bars", name, title, figures, scale + "".join(out))


def _bar(x: float, width: float, top: float) -> str:
    """A column with round shoulders."""
    floor = HEIGHT - _BOTTOM
    r = min(4.0, floor - top)
    shoulders = f"q0-{r:.1f} {r:.1f}-{r:.1f}h{width - 2 * r:.1f}q{r:.1f} 0 {r:.1f} {r:.1f}"
    return f'<path class="bar" d="M{x:.1f} {floor}V{top + r:.1f}{shoulders}V{floor}z"/>'


def line(figures: Sequence[Figure], *, name: str, title: str) -> SafeString:
    """A line over its area, a dot for each figure."""
    scale, y = _scale(figures)
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(figures))
    dots = [(_LEFT + step * (place + 0.5), y(figure.count)) for place, figure in enumerate(figures)]
    path = "L".join(f"{x:.1f} {top:.1f}" for x, top in dots)
    area = (
        f'<path class="area" d="M{path}V{HEIGHT - _BOTTOM}H{dots[0][0]:.1f}z"/><path class="stroke" d="M{path}"/>'
        if dots
        else ""
    )
    out = []
    for place, figure in enumerate(figures):
        x, top = dots[place]
        dot = f'<circle class="spot" cx="{x:.1f}" cy="{top:.1f}" r="4"/>'
        out.append(_column(figure, x - step / 2, step, top, dot, place, len(figures)))
    return _drawing("line", name, title, figures, scale + area + "".join(out))


def _scale(figures: Sequence[Figure]):
    """(the lines of the axis, the height of a value)."""
    marks = ticks(max((figure.count for figure in figures), default=0))
    floor, room = HEIGHT - _BOTTOM, HEIGHT - _BOTTOM - _TOP

    def y(value: float) -> float:
        return floor - room * min(value, marks[-1]) / marks[-1]

    lines = [
        f'<path class="grid{"" if mark else " base"}" d="M{_LEFT} {y(mark):.1f}H{WIDTH - _RIGHT}"/>'
        f'<text class="tick" x="{_LEFT - 8}" y="{y(mark) + 4:.1f}">{compact(mark)}</text>'
        for mark in marks
    ]
    return f'<g aria-hidden="true">{"".join(lines)}</g>', y


def _column(figure: Figure, x: float, step: float, top: float, mark: str, place: int, of: int) -> str:
    """One figure with its name below, and its value above when it is looked at. The <title> is the link's name: an
    aria-label that does not begin with the words on screen would fail those who speak to their computer."""
    middle, last = x + step / 2, of - 1
    said = escape(f"{figure.label} : {figure.text}")
    # Every other name can be left out on a small screen, counted from the present.
    odd = " odd" if (last - place) % 2 else ""
    hit = f'x="{x + 1:.1f}" y="{_TOP - 16}" width="{step - 2:.1f}" height="{HEIGHT - _TOP + 14}"'
    return (
        f'<a class="col{" now" if place == last else ""}" href="{escape(figure.url)}">'
        f'<title>{said}</title><rect class="hit" {hit} rx="5"/>{mark}'
        f'<text class="val" x="{middle:.1f}" y="{top - 6:.1f}">{escape(figure.text)}</text>'
        f'<text class="name{odd}" x="{middle:.1f}" y="{HEIGHT - 6}">{escape(figure.short or figure.label)}</text></a>'
    )


def _drawing(kind: str, name: str, title: str, figures: Sequence[Figure], inside: str) -> SafeString:
    """`name`: a prefix for ids, one of its kind on the page."""
    present = figures[-1] if figures else None
    high = max(figures, key=lambda figure: figure.count, default=None)
    desc = _("%(n)s valeurs ; la plus haute : %(high)s, %(value)s ; la dernière : %(last)s.") % {
        "n": len(figures),
        "high": high.label if high else "—",
        "value": high.text if high else "0",
        "last": present.text if present else "0",
    }
    return SafeString(
        f'<svg class="chart {kind}" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" '
        f'aria-labelledby="{name}-t" aria-describedby="{name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(desc)}</desc>{inside}</svg>'
    )


def sparkline(values: Sequence[int], *, width: int = 96, height: int = 28) -> SafeString:
    """The way that a count went; decorative, since its figures are said beside it."""
    if len(values) < 2 or not any(values):
        return SafeString("")
    low, high = min(values), max(values)
    room, step = (height - 6) / ((high - low) or 1), (width - 6) / (len(values) - 1)
    dots = [(3 + place * step, height - 3 - (value - low) * room) for place, value in enumerate(values)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in dots)
    x, y = dots[-1]
    opening = f'<svg class="spark" viewBox="0 0 {width} {height}" aria-hidden="true">'
    area, stroke = f'<path class="area" d="M{path}V{height}H3z"/>', f'<path class="stroke" d="M{path}"/>'
    return SafeString(f'{opening}{area}{stroke}<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/></svg>')


def donut(figures: Sequence[Figure], total: str) -> SafeString:
    """Shares of a ring; the legend beside it (core/_legend.html) carries words, figures and links."""
    whole = sum(figure.count for figure in figures)
    out, start = [], 0.0
    for place, figure in enumerate(figures):
        share = 100 * figure.count / whole if whole else 0
        if share:
            gap = 0.9 if share < 99.9 else 0
            out.append(
                f'<circle class="share {series(figure, place)}" cx="21" cy="21" r="15.915" pathLength="100" '
                f'stroke-dasharray="{max(share - gap, 0.6):.2f} 100" stroke-dashoffset="{-start:.2f}">'
                f"<title>{escape(figure.label)} : {escape(figure.text)}</title></circle>"
            )
        start += share
    return SafeString(
        f'<svg class="donut" viewBox="0 0 42 42" aria-hidden="true"><circle class="ring" cx="21" cy="21" r="15.915"/>'
        f'<g transform="rotate(-90 21 21)">{"".join(out)}</g><text x="21" y="23.4">{escape(total)}</text></svg>'
    )


def stack(figures: Sequence[Figure]) -> SafeString:
    """Shares of one bar, side by side; with the same legend as a donut."""
    whole = sum(figure.count for figure in figures)
    out, x = [], 0.0
    for place, figure in enumerate(figures):
        width = 400 * figure.count / whole if whole else 0
        if width:
            out.append(
                f'<rect class="{series(figure, place)}" x="{x:.1f}" width="{max(width - 2, 1):.1f}" height="14" rx="3">'
                f"<title>{escape(figure.label)} : {escape(figure.text)}</title></rect>"
            )
        x += width
    ring = "" if whole else '<rect class="ring" width="400" height="14" rx="3"/>'
    opening = '<svg class="stack" viewBox="0 0 400 14" preserveAspectRatio="none" aria-hidden="true">'
    return SafeString(f"{opening}{ring}{''.join(out)}</svg>")


def meter(count: int, highest: int, css: str) -> SafeString:
    """One bar of a ranking, on its ground."""
    width = max(100 * count / highest, 1.5) if highest else 0
    bar = f'<rect class="{css}" width="{width:.1f}" height="6"/>' if count else ""
    ground = '<rect class="ring" width="100" height="6"/>'
    opening = '<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
    return SafeString(f"{opening}{ground}{bar}</svg>")


def percent(count: int, whole: int) -> str:
    """« 42 % », « < 1 % »."""
    if not whole or not count:
        return "0\u202f%"
    share = 100 * count / whole
    return "<\u202f1\u202f%" if share < 1 else f"{round(share)}\u202f%"
