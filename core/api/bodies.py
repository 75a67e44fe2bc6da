"""The body of a request as JSON, read strictly: what two readers could understand differently is refused."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import UnreadablePostError
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from core.api.problems import Problem
from core.views.errors import drain

_DEPTH = 20


class Json(BaseParser):
    media_type: Any = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]._request
        charset = parse_header_parameters(media_type or "")[1].get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8"):
            raise Problem("media-type")
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.API_MAX_BODY:
            drain(request)
            raise Problem("too-large", _("Un corps a %d octets au plus.") % settings.API_MAX_BODY)
        try:
            return loads(stream.read())
        except UnreadablePostError as error:
            raise Problem("malformed", _("Le corps est arrivé incomplet.")) from error


def loads(raw: bytes) -> Any:
    """Raises Problem. Numbers with a point are Decimals."""
    try:
        value = json.loads(
            raw.decode(), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_duplicates
        )
    except RecursionError as error:
        raise Problem("malformed", _("Le JSON est trop imbriqué.")) from error
    except UnicodeDecodeError as error:
        raise Problem("malformed", _("Le corps n’est pas en UTF-8.")) from error
    except json.JSONDecodeError as error:
        where = _("Ce n’est pas du JSON : ligne %(line)d, caractère %(column)d.")
        raise Problem("malformed", where % {"line": error.lineno, "column": error.colno}) from error
    except ValueError as error:  # a number of thousands of digits
        raise Problem("malformed", _("Un nombre a trop de chiffres.")) from error
    for text in _texts(value):
        if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
            raise Problem(
                "malformed", _("Un texte contient un caractère impossible à garder (nul, ou demi-caractère).")
            )
    return value


def _no_constant(name: str) -> None:
    raise Problem("malformed", _("%s n’est pas du JSON.") % name)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Problem("malformed", _("Un champ est donné deux fois dans le même objet."))
    return found


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, keys among them. Raises Problem beyond a depth that no record has."""
    stack = [(value, 0)]
    while stack:
        found, depth = stack.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict | list):
            if depth >= _DEPTH:
                raise Problem("malformed", _("Le JSON est trop imbriqué."))
            parts = [*found, *found.values()] if isinstance(found, dict) else found
            stack += [(part, depth + 1) for part in parts]
