"""The rows of a list as the body of a table on paper."""

import datetime as dt
from collections.abc import Callable
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from core.display import number
from core.exporting.plan import Plan
from core.exporting.values import DATE, MOMENT, NUMBER, Values


def body(plan: Plan) -> tuple[SafeString, int]:
    """(the `<tr>`s, how many)."""
    lines: list[str] = []
    for batch in plan.batches():
        cells = [_cells(out.kind, values) for out, values in zip(plan.columns, batch, strict=True)]
        lines += [f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True)]
    return mark_safe("\n".join(lines)), len(lines)  # noqa: S308 - made of escaped parts


def _cells(kind: str, values: Values) -> list[str]:
    written = _WRITTEN.get(kind, str)
    start = '<td class="num">' if kind == NUMBER else "<td>"
    return [f"{start}{'' if value is None else escape(written(value), quote=False)}</td>" for value in values]


def _day(value: dt.date) -> str:
    return f"{value:%d/%m/%Y}"


def _moment(value: Any) -> str:
    return f"{dt.datetime.fromisoformat(value):%d/%m/%Y %H:%M}"


_WRITTEN: dict[str, Callable[[Any], str]] = {NUMBER: number, DATE: _day, MOMENT: _moment}
