"""R11: no page asks anything of another host. Every address of an instance and of the vendor's hosts, as HTML."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import get_resolver
from django_tenants.utils import schema_context

from core.registry import registry
from crm.models import Company
from tests.contract.test_guarded import addresses
from tests.interfaces.conftest import signed_request
from tests.tenants.conftest import ops, sign
from vendor.admin import ops as site

__all__ = ["ops"]

# What a page fetches, sends or preloads by itself; a link that a person follows is theirs to follow.
LOADS = {
    "src", "srcset", "poster", "data", "action", "formaction", "background", "manifest", "ping", "href",
    "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "xlink:href",
}  # fmt: skip
FOLLOWED = {"https://www.cnil.fr/fr/plaintes"}  # R21
ABROAD = re.compile(r"(?i)^\s*(?:[a-z][a-z0-9+.-]*:)?//")
SKIPPED = {"account_logout"}  # it would end the session that the walk needs


class Reader(HTMLParser):
    def __init__(self, host):
        super().__init__()
        self.host, self.found, self.links, self.inline = host, [], set(), []
        self._style = False

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            value = value or ""
            if name.startswith("on") or name == "style":
                self.inline.append(f"<{tag} {name}>")
            if name not in LOADS or not ABROAD.match(value) or self.own(value):
                continue
            if tag == "a" and name == "href":
                self.links.add(value)
            else:
                self.found.append(f"<{tag} {name}={value}>")
        if tag == "style" or (tag == "script" and not dict(attributes).get("src")):
            self.inline.append(f"<{tag}>")
        if tag == "meta" and "refresh" in (dict(attributes).get("http-equiv") or "").lower():
            self.found.append("<meta refresh>")

    def own(self, value):
        rest = value.partition("//")[2].partition("/")[0]
        return rest.partition(":")[0].endswith((settings.BASE_DOMAIN, self.host))


def judge(host, path, answer, own=frozenset()):
    if not answer.headers.get("Content-Type", "").startswith("text/html") or answer.streaming:
        return
    reader = Reader(host)
    reader.feed(answer.content.decode())
    assert not reader.found, (path, reader.found)
    assert not reader.inline, (path, reader.inline)
    assert reader.links <= {*FOLLOWED, *own}, (path, reader.links)
    assert (
        "'self'" in answer.headers["Content-Security-Policy"]
        and "http" not in answer.headers["Content-Security-Policy"]
    )


def test_no_page_of_an_instance_asks_anything_of_another_host(atelier, signed_in):
    """Each address that takes no argument; each page of a record; the pages of an interface; errors."""
    admin = signed_in(atelier, "administrator")
    row = Company.objects.create(name="Dupont", website="https://dupont.example", email="a@dupont.example")
    asked = signed_request({"crm.company": {"read": ["name"]}}, hosts=["erp.acme.fr"])
    paths = {"/nothing/", f"/settings/interfaces/{asked.pk}/", f"/settings/interfaces/{asked.pk}/edit/"}
    for name, route, _callback in addresses(get_resolver("config.urls").url_patterns):
        if "<" not in route and name not in SKIPPED:
            paths.add(f"/{route}")
    for resource in registry:
        for page, (route, _view) in resource.pages().items():
            if route.startswith("<int:pk>/") and route.count("<") == 1 and resource.model is Company:
                paths.add(resource.url(page, row.pk))
    seen = 0
    for path in sorted(paths):
        answer = admin.get(path)
        assert answer.status_code < 500, (path, answer.status_code)
        # The record's own website is a link that somebody typed: people follow it, no page does.
        own = {row.website} if path.startswith(f"/crm/companies/{row.pk}/") else set()
        judge(atelier.host, path, answer, own)
        seen += answer.status_code == 200
    assert seen > 40


@pytest.mark.parametrize("host", ["localhost", "www.localhost", "ops.localhost", "dpo.localhost", "nobody.localhost"])
def test_nor_does_a_page_of_the_vendor(db, host):
    from django.test import Client as HttpClient

    browser = HttpClient(headers={"host": host})
    with schema_context("public"):
        for path in ("/", "/account/login/", "/nothing/", "/styleguide"):
            answer = browser.get(path, follow=True)
            judge(host, path, answer)


def test_nor_does_a_style_or_a_script_of_ours():
    """Addresses in comments and namespaces of SVG are words, not requests."""
    for path in sorted((Path(settings.BASE_DIR) / "static").rglob("*")):
        if path.suffix == ".css":
            found = re.findall(r"""(?:url\(|@import)\s*["']?\s*(?:[a-z]+:)?//[^)"']*""", path.read_text())
        elif path.suffix == ".js":
            found = re.findall(
                r"""(?:fetch|import|Worker|EventSource|WebSocket|sendBeacon|open)\s*\(\s*["'`](?:[a-z]+:)?//""",
                path.read_text(),
            )
        else:
            continue
        assert not found, (path.name, found)


def test_nor_does_any_screen_of_ops_which_django_and_django_tenants_draw(ops, atelier, horizon):
    sign(atelier)
    addresses_of_ops = ["/admin/", "/admin/support/", f"/admin/tenants/client/{atelier.pk}/change/"]
    for model in site._registry:
        listed = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        addresses_of_ops += [listed, f"{listed}add/"]
    for path in addresses_of_ops:
        answer = ops.get(path)
        assert answer.status_code in (200, 403), path
        judge("ops.localhost", path, answer)
        assert answer.status_code == 403 or "img/icon" in answer.content.decode(), path
