"""Every registered resource, and reading of its pages."""

import re
from html.parser import HTMLParser

from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.resource import Resource
from tests.contract.samples import RESOURCES


def pytest_generate_tests(metafunc):
    if "resource" in metafunc.fixturenames:
        metafunc.parametrize("resource", RESOURCES, ids=[resource.key() for resource in RESOURCES])


def route_of(resource: type[Resource], page: str) -> str:
    return resource.pages()[page][0]


def is_row_page(resource: type[Resource], page: str) -> bool:
    """Whether the page is one of a row: its address begins with the row's key."""
    return route_of(resource, page).startswith("<int:pk>")


def address(resource: type[Resource], page: str, pk: int = 1) -> str:
    """The page's address, with a value for each argument of its route."""
    kinds = re.findall(r"<(?:(\w+):)?(\w+)>", route_of(resource, page))
    values = {
        name: pk if name == "pk" else 1 if kind == "int" else "00000000-0000-0000-0000-000000000000"
        if kind == "uuid" else "name"
        for kind, name in kinds
    }  # fmt: skip
    return resource.url(page, *values.values())


def snapshot(resource: type[Resource]) -> list[dict]:
    """Every row of the model, as it is in the database."""
    return list(resource.model._default_manager.order_by("pk").values())


def queries_of(browser, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(url).status_code == 200, url
    return [query["sql"] for query in queries]


class _Forms(HTMLParser):
    """The forms of a page, as a browser would send them: {name: [values]}."""

    def __init__(self):
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self._form: dict[str, list[str]] | None = None
        self._name, self._text = "", None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self._form = {} if given.get("method", "").lower() == "post" else None
            if self._form is not None:
                self.forms.append(self._form)
        if self._form is None:
            return
        name = given.get("name") or ""
        if tag == "input" and name:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self._form.setdefault(name, []).append(given.get("value") or "")
        elif tag == "select":
            self._name = name
        elif tag == "option" and "selected" in given:
            self._form.setdefault(self._name, []).append(given.get("value") or "")
        elif tag == "textarea":
            self._name, self._text = name, ""

    def handle_data(self, data):
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._form is not None and self._text is not None:
            self._form.setdefault(self._name, []).append(self._text.removeprefix("\n"))
            self._text = None
        elif tag == "form":
            self._form = None


def filled(answer) -> dict[str, list[str]]:
    """What a browser would send of the page's largest form if nobody touched it."""
    reader = _Forms()
    reader.feed(answer.content.decode())
    return max(reader.forms, key=len)
