"""The column that holds a row's custom values. Migrations import it: it imports nothing of ours, and stays as it is."""

import json
import re
from decimal import Decimal
from typing import Any

from django.db import models
from psycopg.types.json import Jsonb

NAME = "custom"
KEY = re.compile(r"[fr][1-9][0-9]{0,8}", re.ASCII)  # as in tenants/sql/custom.sql


def is_key(name: str) -> bool:
    """Whether a name is a custom field's ("f12"), and not one of the model's own."""
    return KEY.fullmatch(name) is not None


def dumps(value: Any) -> str:
    """JSON in which a Decimal is a number, with its digits: the module's own json would want a float."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value)


class CustomColumn(models.JSONField):
    """{key: value} with JSON's own types; figures are Decimals. What else the database refuses (b2o_custom_ok)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given: dict[str, Any] = {"default": dict, "db_default": {}, "blank": True, "editable": False}
        super().__init__(*args, **{**given, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for given in ("default", "db_default", "blank", "editable"):
            kwargs.pop(given, None)
        return name, path, args, kwargs

    def db_check(self, connection: Any) -> str:
        return f"public.b2o_custom_ok({connection.ops.quote_name(self.column)})"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return json.loads(value, parse_float=Decimal) if isinstance(value, str) else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return (
            Jsonb(value, dumps=dumps)
            if isinstance(value, dict)
            else super().get_db_prep_value(value, connection, prepared)
        )
