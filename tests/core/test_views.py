"""Saved views: kept, shown as tabs, shared, opened first, changed and removed; refusals as much as success."""

import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.accounts.models import Role, Team, User
from core.models import DefaultView, SavedView

URL = "/crm/companies/"
NEW = f"{URL}views/new/"


def save(browser, name="À appeler", audience="private", query="relation=prospect&sort=-name", **extra):
    return browser.post(f"{NEW}?{query}", {"name": name, "audience": audience, **extra})


def tabs(browser, url: str = f"{URL}?view=all") -> dict:
    return {tab.label: tab for tab in browser.get(url).context["listing"].views}


@pytest.fixture
def admin(atelier, signed_in):
    return signed_in(atelier, "administrator")


def test_a_view_keeps_search_filters_sort_and_columns(sales, make_company):
    make_company("Dupont", relation="prospect")
    make_company("Durand", relation="customer")
    answer = save(sales, query="relation=prospect&q=du&sort=-name&after=x&view=7")
    view = SavedView.objects.get()
    assert view.params == {"relation": ["prospect"], "q": ["du"], "sort": ["-name"]}
    assert view.columns[0] == "name" and len(view.columns) > 3
    page = sales.get(answer["Location"])
    assert [row.title for row in page.context["listing"].rows] == ["Dupont"]
    tab = tabs(sales, answer["Location"])["À appeler"]
    assert tab.current and tab.count == "1"


def test_a_view_counts_what_it_shows_wherever_one_is(sales, make_company):
    make_company("Dupont", relation="prospect")
    save(sales)
    assert tabs(sales, f"{URL}?q=zzz")["À appeler"].count == "1"
    assert not tabs(sales)["À appeler"].current


def test_a_declared_view_is_left_behind_by_a_saved_one(sales, atelier):
    answer = save(sales)
    shown = tabs(sales, answer["Location"])
    assert [tab.label for tab in shown.values() if tab.current] == ["À appeler"]
    assert "view=" not in shown["Clients"].url and "sort" not in shown["Clients"].url


def test_a_private_view_is_its_owners_only(sales, admin, atelier):
    save(sales)
    view = SavedView.objects.get()
    assert "À appeler" not in tabs(admin)
    for page in ("", "delete/", "refresh/"):
        assert admin.post(f"{URL}views/{view.pk}/{page}").status_code == 404
    assert admin.get(f"{URL}?view={view.pk}").status_code == 200


def test_a_team_sees_the_views_of_its_members(sales, reader, admin, atelier):
    team = Team.objects.create(name="Ouest")
    team.members.set(User.objects.filter(email__in=["sales@atelier.example", "reader@atelier.example"]))
    save(sales, audience="team")
    assert "À appeler" in tabs(reader) and "À appeler" not in tabs(admin)
    team.members.clear()
    assert "À appeler" not in tabs(reader)


def test_everyone_sees_a_view_that_only_its_owner_and_administrators_change(sales, reader, admin, atelier):
    save(sales, audience="everyone")
    view = SavedView.objects.get()
    assert "À appeler" in tabs(reader)
    assert reader.get(f"{URL}views/{view.pk}/").status_code == 403
    assert reader.post(f"{URL}views/{view.pk}/delete/").status_code == 403
    assert reader.post(f"{URL}views/{view.pk}/refresh/").status_code == 403
    assert admin.post(f"{URL}views/{view.pk}/", {"name": "Relances", "audience": "everyone"}).status_code == 302
    view.refresh_from_db()
    assert view.name == "Relances"


def test_who_only_reads_keeps_views_to_themselves(reader, atelier):
    assert save(reader, audience="everyone").status_code == 200
    assert not SavedView.objects.exists()
    assert save(reader).status_code == 302


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "\x00", "à appeler"])
def test_a_wrong_name_is_refused_and_said(sales, atelier, name):
    save(sales)
    answer = save(sales, name=name)
    assert answer.status_code == 200 and "name" in answer.context["form"].errors
    assert SavedView.objects.count() == 1


def test_another_person_may_use_the_same_name(sales, admin, atelier):
    assert save(sales).status_code == save(admin).status_code == 302


def test_renaming_to_a_taken_name_is_refused(sales, atelier):
    save(sales)
    save(sales, name="Autre")
    other = SavedView.objects.get(name="Autre")
    answer = sales.post(f"{URL}views/{other.pk}/", {"name": "à appeler", "audience": "private"})
    assert answer.status_code == 200


def test_a_view_is_brought_up_to_date_with_what_the_list_shows(sales, atelier):
    save(sales)
    view = SavedView.objects.get()
    listing = sales.get(f"{URL}?view={view.pk}&relation=customer").context["listing"]
    assert listing.tools["refresh"] and listing.tools["save"]
    sales.post(listing.tools["refresh"])
    view.refresh_from_db()
    assert view.params == {"relation": ["customer"]}


def test_an_unchanged_view_offers_neither_refreshing_nor_saving(sales, atelier):
    tools = sales.get(save(sales)["Location"]).context["listing"].tools
    assert tools["edit"] and not tools["refresh"] and not tools["save"]
    tools = sales.get(f"{URL}?view=all").context["listing"].tools
    assert not tools["save"] and not tools["edit"]
    assert sales.get(f"{URL}?q=x").context["listing"].tools["save"]


def test_a_removed_views_address_still_shows_its_rows(sales, make_company):
    make_company("Dupont", relation="prospect")
    make_company("Durand", relation="customer")
    address = save(sales)["Location"]
    view = SavedView.objects.get()
    assert sales.get(f"{URL}views/{view.pk}/delete/").status_code == 200
    sales.post(f"{URL}views/{view.pk}/delete/")
    assert not SavedView.objects.exists()
    assert [row.title for row in sales.get(address).context["listing"].rows] == ["Dupont"]


def test_a_list_opens_on_the_view_chosen_for_a_role(admin, sales, reader, make_company):
    make_company("Dupont", relation="prospect")
    role = Role.objects.get(code="sales")
    save(admin, audience="everyone", opens_first=[role.pk])
    answer = sales.get(URL)
    assert answer.status_code == 302 and "relation=prospect" in answer["Location"]
    assert reader.get(URL).status_code == 200
    whole = tabs(sales, answer["Location"])["Toutes"].url
    assert sales.get(whole).status_code == 200, "one can leave the view that opens first"
    assert sales.get(answer["Location"]).context["listing"].clear_url == f"{URL}?view=all"


def test_another_view_chosen_for_a_role_takes_the_place_of_the_first(admin, sales, atelier):
    role = Role.objects.get(code="sales")
    save(admin, audience="everyone", opens_first=[role.pk])
    save(admin, name="Clients", audience="everyone", query="relation=customer", opens_first=[role.pk])
    assert DefaultView.objects.count() == 1 and "relation=customer" in sales.get(URL)["Location"]


def test_only_administrators_choose_what_opens_first(sales, atelier):
    save(sales, audience="everyone", opens_first=[Role.objects.get(code="sales").pk])
    assert not DefaultView.objects.exists()


def test_a_view_that_others_do_not_see_cannot_open_their_list(admin, atelier):
    role = Role.objects.get(code="sales")
    assert save(admin, audience="private", opens_first=[role.pk]).status_code == 200
    save(admin, audience="everyone", opens_first=[role.pk])
    view = SavedView.objects.get()
    admin.post(f"{URL}views/{view.pk}/", {"name": view.name, "audience": "private"})
    assert not DefaultView.objects.exists()


@pytest.mark.parametrize("query", ["view=x", "view=999999999999999999999", "view=-1", "view=%00", "view=all&view=7"])
def test_a_view_that_does_not_exist_is_ignored(sales, make_company, query):
    make_company()
    assert len(sales.get(f"{URL}?{query}").context["listing"].rows) == 1


def test_a_view_of_another_list_is_not_found(sales, atelier):
    save(sales)
    view = SavedView.objects.get()
    assert sales.get(f"/crm/contacts/views/{view.pk}/").status_code == 404


def test_queries_do_not_grow_with_the_rows_of_a_view(sales, make_company):
    make_company("Première")
    save(sales)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            sales.get(f"{URL}?view=all")
        return len(queries)

    sales.get(URL)
    few = count()
    for number in range(30):
        make_company(f"M{number}")
    assert count() == few


def density(browser, url: str) -> str:
    """Of the region of the list; "" when the person's own holds."""
    found = re.search(r'<data-list id="list"(?: data-density="(\w+)")?>', browser.get(url).content.decode())
    return found[1] or ""


def test_a_view_keeps_its_density_and_the_others_the_persons_own(sales, admin, atelier):
    sales.cookies["density"] = "compact"
    form = sales.get(f"{NEW}?relation=prospect").context["form"]
    assert form["density"].value() == "compact"  # as the list is shown
    opened = save(sales, audience="everyone", density="compact")["Location"]
    assert density(sales, opened) == density(admin, opened) == "compact"
    assert density(sales, URL) == ""
    view = SavedView.objects.get()
    change = {"name": view.name, "audience": "everyone", "density": "comfort"}
    sales.post(f"{URL}views/{view.pk}/", change)
    assert density(sales, opened) == "comfort"
    sales.post(f"{URL}views/{view.pk}/", {**change, "density": ""})
    assert density(sales, opened) == ""


def test_an_unknown_density_is_refused_by_form_and_database(sales, atelier):
    assert save(sales, density="minuscule").status_code == 200
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(
            resource="crm.company", name="x", density="tiny", owner=User.objects.get(email="sales@atelier.example")
        )


def test_views_beyond_the_first_four_are_counted_after_the_page_in_one_query(sales, make_company):
    make_company("Dupont", relation="prospect")
    make_company("Durand", relation="customer")
    for place in range(7):
        save(sales, name=f"Vue {place}", query=["relation=prospect", "q=du", "q=zzz"][place % 3], position=place + 1)
    shown = tabs(sales)
    late = {tab.later: label for label, tab in shown.items() if tab.later}
    assert list(late.values()) == ["Vue 4", "Vue 5", "Vue 6"]
    with CaptureQueriesContext(connection) as queries:
        counts = sales.get(f"{URL}views/counts/").json()
    assert {late[int(pk)]: count for pk, count in counts.items()} == {"Vue 4": "2", "Vue 5": "0", "Vue 6": "1"}
    assert len([query for query in queries if "count(*)" in query["sql"]]) == 1


def test_late_counts_are_of_what_the_person_sees(sales, admin, signed_in, atelier, make_company):
    make_company("Dupont", relation="prospect")
    for place in range(5):
        save(admin, name=f"Vue {place}")
    assert sales.get(f"{URL}views/counts/").json() == {}  # another's private views
    assert len(admin.get(f"{URL}views/counts/").json()) == 1


def test_beyond_the_cap_the_whole_is_known_from_a_part_of_it(sales, make_company, monkeypatch):
    from core import tabs

    monkeypatch.setattr(tabs, "COUNT_CAP", 3)

    def counts(**params) -> list[str | None]:
        return [tab.count for tab in sales.get("/crm/companies/", params).context["listing"].views]

    for number in range(2):
        make_company(f"Une {number}", relation="prospect", kind="public")
    assert counts() == counts(kind="public") == ["2", "2", "0"]
    make_company("Une de plus", relation="customer", kind="public")
    assert counts() == counts(kind="public") == ["3", "2", "1"]
    make_company("Encore une", relation="customer", kind="public")
    assert counts() == counts(kind="public") == ["3+", "2", "2"]
    for number in range(2):
        make_company(f"Autre {number}", relation="prospect", kind="public")
    assert counts() == counts(kind="public") == ["3+", "3+", "2"]
    assert counts(kind="business") == ["0", "0", "0"]
