"""What is composed once a process, since every page says it: words, addresses, the shell; and the web server's memory."""

import gc

import pytest
from django.template import Template
from django.template.context import Context
from django.urls import NoReverseMatch
from django.utils.translation import override

from core.addresses import address
from core.context import shell


def test_a_literal_is_kept_in_each_language():
    page = Template('{% load i18n ui %}{% translate "Monday" %} · {% translate "100% & <b>" %}')
    for language, day in (("fr", "lundi"), ("en", "Monday"), ("fr", "lundi")):
        with override(language):
            assert page.render(Context()) == f"{day} · 100% & <b>"


def test_what_is_no_literal_is_said_anew():
    page = Template(
        '{% load i18n ui %}{% translate word %}{% translate "Monday" as day %}{{ day|upper }}{% translate "May" context "alt. month" %}'
    )
    with override("fr"):
        assert page.render(Context({"word": "Tuesday"})) == "mardiLUNDIMai"
        assert page.render(Context({"word": "<i>"})) == "&lt;i&gt;LUNDIMai"


def test_an_address_is_of_the_host_that_serves_it(settings, rf):
    from django.urls import set_urlconf

    assert address("crm-company-list") == "/crm/companies/"
    set_urlconf("config.urls_ops")
    try:
        with pytest.raises(NoReverseMatch):
            address("crm-company-list")
    finally:
        set_urlconf(None)
    assert address("crm-company-list") == "/crm/companies/"


def test_the_shell_is_made_when_it_is_asked_and_once(rf, monkeypatch):
    made = []
    monkeypatch.setattr("core.context._shell", lambda request: made.append(request) or {"menu": [1]})
    shown = shell(rf.get("/"))["shell"]
    assert made == []
    assert shown["menu"] == [1] and shown["menu"] == [1] and len(made) == 1
    with pytest.raises(KeyError):
        shown["absent"]


def test_the_code_is_kept_from_the_collector():
    from config.wsgi import settle

    gc.unfreeze()
    settle()
    try:
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
