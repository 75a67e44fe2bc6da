"""CSV as French spreadsheets read it, and as our own import reads it back. The decisions are in README.md."""

import codecs
import csv
import io
from collections.abc import Callable, Generator
from typing import Any

from core.exporting.formulas import RISKY, neutral
from core.exporting.plan import Plan
from core.exporting.values import DATE, MOMENT, NUMBER, TEXT, Values

CONTENT_TYPE = "text/csv; charset=utf-8"


def chunks(plan: Plan) -> Generator[tuple[bytes, int], None, None]:
    """(bytes, how many rows are in them): the header, then a batch of rows at a time."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([neutral(out.label) for out in plan.columns])
    yield codecs.BOM_UTF8 + text.getvalue().encode(), 0
    for batch in plan.batches():
        text.seek(0)
        text.truncate()
        cells = [_WRITTEN[out.kind](values) for out, values in zip(plan.columns, batch, strict=True)]
        writer.writerows(zip(*cells, strict=True))
        yield text.getvalue().encode(), len(batch[0])


def _texts(values: Values) -> Values:
    return [neutral(value) if value and value[0] in RISKY else value for value in values]


def _numbers(values: Values) -> Values:
    # "f": str() would write a very small Decimal with an exponent; an int has none, and no decimals to add.
    return [value if value is None or isinstance(value, int) else f"{value:f}".replace(".", ",") for value in values]


def _dates(values: Values) -> Values:
    return [None if value is None else value.isoformat() for value in values]


_WRITTEN: dict[str, Callable[[Values], Any]] = {TEXT: _texts, NUMBER: _numbers, DATE: _dates, MOMENT: list}
