"""Every other page of an instance, in the states it can be in: see states.py."""

from collections.abc import Iterator

from core.models import CustomField
from crm.models import Company
from crm.resources import CompanyResource
from tests.browser.states import State, dialog, press, then, walk
from tests.browser.worlds import fill
from tests.core.custom_fields import make_all, make_field


def of_custom_fields(instance) -> Iterator[State]:
    with instance.rows():
        fields = make_all(CompanyResource, filterable=True, sortable=True)
        make_field(CompanyResource, label="Marge négociée", reserved_for="manage", required=True, in_list=True)
        row = Company.objects.create(name="Charpentes Riou", custom={
            fields["text"].key: "Au fond de la cour", fields["number"].key: 12, fields["money"].key: 1234,
            fields["choices"].key: ["o1", "o3"], fields["choice"].key: "o2", fields["checkbox"].key: True,
            fields["link"].key: "https://exemple.fr/dossier", fields["date"].key: "2026-03-14",
        })  # fmt: skip
    url = "/settings/fields/"
    yield "fields", url, None
    yield "field, its kind", f"{url}new/?resource=crm.company", None
    yield "field, new", f"{url}new/?resource=crm.company&kind=text", None
    yield "field, personal", "", lambda page: page.get_by_role("radio", name="Oui").check()
    yield "field, refused", "", press("Créer le champ")
    yield "field, a choice", f"{url}{fields['choice'].pk}/", None
    yield "field, to delete", f"{url}{fields['text'].pk}/deletion/", None
    yield "fields of a record", f"/crm/companies/{row.pk}/", None
    yield "fields of a form", f"/crm/companies/{row.pk}/edit/", None
    yield "fields as filters", "/crm/companies/", press("Champs propres")
    yield "fields as filters, one open", "", lambda page: page.locator(".own-facets summary").first.click()


def test_custom_fields(instance):
    instance.enter("administrator", "/")
    walk(instance, of_custom_fields(instance))
    with instance.rows():
        assert CustomField.objects.exists()


def test_other_pages(instance):
    fill(instance)
    pages = [
        "/", "/?arrange=1", "/dashboards/crm/", "/bin/", "/people/", "/notifications/", "/notifications/preferences/",
        "/mail/settings/", "/account/password/change/", "/api/docs", "/api/docs/crm/companies/",
    ]  # fmt: skip
    states: list[State] = [
        *((path, path, None) for path in pages),
        ("signing out", "/account/logout/", None),
    ]
    instance.enter("administrator", "/")
    walk(instance, states)


def test_every_component(instance):
    instance.enter("sales", "/")
    walk(instance, [
        ("styleguide", "/styleguide", None),
        ("styleguide, menu", "", press("Secteur")),
        ("styleguide, dialog", "/styleguide", then(press("Ouvrir le dialogue"), dialog)),
    ])  # fmt: skip
