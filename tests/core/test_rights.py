"""What roles give: levels, scopes and rights, added up without giving more than each; and their declarations checked."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.accounts.access import Access, Grant, Level, Scope
from core.accounts.models import Role, Team, User
from core.checks_rights import check_rights, errors_of
from core.registry import Registry, Right, add_right
from core.resource import Col
from crm.resources import CompanyResource, ContactResource


def test_the_highest_level_wins_and_rights_add_up():
    access = Access.of([Grant({"crm": "read"}, rights=["a"]), Grant({"crm": "write", "hr": "read"}, rights=["b"])])
    assert access.level("crm") is Level.WRITE and access.level("hr") is Level.READ and access.level("x") is Level.NONE
    assert access.rights == {"a", "b"}


def test_each_level_keeps_the_reach_of_the_roles_that_give_it():
    access = Access.of(
        [Grant({"crm": "read"}), Grant({"crm": "write"}, {"crm": "team"}), Grant({"crm": "manage"}, {"crm": "own"})]
    )
    assert [access.scope("crm", level) for level in (Level.READ, Level.WRITE, Level.MANAGE)] == [
        Scope.ALL, Scope.TEAM, Scope.OWN,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "everything", "ALL ", None, 3])
def test_an_unknown_scope_is_the_narrowest(name):
    assert Access.of([Grant({"crm": "read"}, {"crm": name})]).scope("crm") is Scope.OWN


def test_a_role_without_scopes_reaches_everything_as_before():
    assert Access.of([Grant({"crm": "write"})]).scope("crm", Level.WRITE) is Scope.ALL


def test_the_presets_are_there_and_keep_working(atelier):
    rights = {role.code: role.rights for role in Role.objects.exclude(code="")}
    assert rights == {"administrator": ["crm.export", "crm.view_credit"], "sales": [], "reader": []}
    sales = User.objects.get(email="sales@atelier.example")
    assert sales.may("crm", Level.WRITE) and sales.access.scope("crm", Level.WRITE) is Scope.ALL
    assert User.objects.get(email="admin@atelier.example").holds("crm.view_credit")


def test_someone_deactivated_holds_nothing(atelier):
    admin = User.objects.get(email="admin@atelier.example")
    admin.is_active = False
    assert not admin.holds("crm.view_credit") and not admin.may("crm", Level.READ)
    assert not CompanyResource.rows(admin).exists()


def test_rights_are_declared_once_and_before_the_start():
    registry = Registry()
    registry.add_right(Right("crm.x", "X"))
    with pytest.raises(ImproperlyConfigured, match="twice"):
        registry.add_right(Right("crm.x", "X"))
    with pytest.raises(ImproperlyConfigured, match="frozen"):
        add_right("crm.later", "Plus tard")


# --- the declarations of resources ------------------------------------------------------------------------------------
def ids(resource) -> list[str]:
    return [error.id for error in errors_of(resource)]


def test_the_resources_of_the_product_are_sound():
    assert check_rights(None) == []


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"sensitive": {"nothing": "crm.view_credit"}}, "core.E012"),
        ({"sensitive": {"credit_limit": "crm.unheard_of"}}, "core.E013"),
        ({"sensitive": {"phone": "crm.view_credit"}}, "core.E014"),
        ({"sensitive": {"source": "crm.view_credit"}, "columns": (Col("source"), Col("name", sort=True))}, "core.E015"),
        ({"sensitive": {"updated_at": "crm.view_credit"}, "columns": (Col("name"), Col("updated_at", sort=True))}, "core.E015"),
        ({"owner": classmethod(lambda cls: "name")}, "core.E011"),
        ({"owner": classmethod(lambda cls: "parent__nothing")}, "core.E011"),
        ({"owner": classmethod(lambda cls: "contacts__owner")}, "core.E011"),  # many contacts: rows would show twice
        ({"owner": classmethod(lambda cls: "parent")}, "core.E011"),
    ],
)  # fmt: skip
def test_a_senseless_declaration_is_refused(declared, expected):
    assert ids(type("Odd", (CompanyResource,), declared)) == [expected]


def test_an_owner_may_be_further_away_or_nobody():
    through = type("Through", (ContactResource,), {"owner": classmethod(lambda cls: "company__owner")})
    assert ids(through) == []
    assert ids(type("Everyones", (CompanyResource,), {"owner": classmethod(lambda cls: "")})) == []


def test_rows_of_an_owner_further_away(atelier):
    from crm.models import Company, Contact

    through = type("Through", (ContactResource,), {"owner": classmethod(lambda cls: "company__owner")})
    everyones = type("Everyones", (ContactResource,), {"owner": classmethod(lambda cls: "")})
    me = User.objects.create_user("moi@atelier.example")
    me.roles.add(Role.objects.create(name="Les siennes", levels={"crm": "write"}, scopes={"crm": "own"}))
    mine = Contact.objects.create(last_name="A", company=Company.objects.create(name="X", owner=me))
    Contact.objects.create(last_name="B", company=Company.objects.create(name="Y"), owner=me)
    assert list(through.rows(me)) == [mine]
    assert everyones.rows(me).count() == 2


@pytest.mark.parametrize("scope", Scope)
def test_the_people_whom_a_list_offers_are_those_within_reach_by_name(atelier, scope):
    me = User.objects.get(email="sales@atelier.example")
    mate = User.objects.get(email="reader@atelier.example")
    User.objects.filter(pk=mate.pk).update(first_name=" ", last_name="")
    Team.objects.create(name="Nord").members.set([me, mate])
    User.objects.create_user("parti@atelier.example", last_name="Absent", is_active=False)
    expected = [(person.pk, person.get_full_name()) for person in me.colleagues(scope)]
    assert me.colleague_names(scope) == expected
    assert len(expected) == {Scope.OWN: 1, Scope.TEAM: 2, Scope.ALL: 3}[scope]
