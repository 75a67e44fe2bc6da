"""The people of an instance: invited by a link that opens once, changed within one's own rights, closed at once."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from core.accounts import seats
from core.accounts.models import InvitationLink, Role, Team, User
from core.models import Event
from tests.conftest import PASSWORD, visitor

GOOD = "sept tables de chêne"
WELCOME = {"first_name": "Nour", "last_name": "Haddad", "password1": GOOD, "password2": GOOD}


@pytest.fixture
def admin(atelier, signed_in):
    return signed_in(atelier, "administrator")


def someone(role: str) -> User:
    return User.objects.get(email=f"{role}@atelier.example")


@pytest.fixture
def invite(admin, django_capture_on_commit_callbacks):
    """`invite("a@b.example", roles=["sales"])` through the page; the path of the link that was sent."""

    def do(email: str = "nour@atelier.example", roles=("sales",), **fields) -> str:
        chosen = Role.objects.filter(code__in=roles)
        form = {"email": email, "roles": [role.pk for role in chosen], **fields}
        with django_capture_on_commit_callbacks(execute=True):
            answer = admin.post("/people/invitation/", form)
        assert answer.status_code == 302, answer.context["form"].errors
        return path_in(mail.outbox[-1])

    return do


def path_in(message) -> str:
    return re.search(r"https?://atelier\.localhost(/account/\S+)", message.body)[1]


# --- invitation -----------------------------------------------------------------------------------------------------
def test_an_invited_person_chooses_their_own_password_and_is_in(atelier, invite):
    link = invite()
    message = mail.outbox[-1]
    assert message.to == ["nour@atelier.example"] and "Atelier" in message.subject and "rgpd@b2o.eu" in message.body
    browser = visitor(atelier)
    assert "nour@atelier.example" in browser.get(link).content.decode()
    answer = browser.post(link, WELCOME)
    assert answer.status_code == 302 and answer.headers["Location"] == "/"
    assert browser.get("/crm/companies/").status_code == 200
    nour = User.objects.get(email="nour@atelier.example")
    assert str(nour) == "Nour Haddad" and nour.check_password(GOOD)


def test_the_link_of_an_invitation_works_once(atelier, invite):
    link = invite()
    visitor(atelier).post(link, WELCOME)
    again = visitor(atelier).get(link)
    assert again.status_code == 410 and 'name="password1"' not in again.content.decode()
    other = {**WELCOME, "password1": "cinq bancs de frêne", "password2": "cinq bancs de frêne"}
    assert visitor(atelier).post(link, other).status_code == 410
    assert User.objects.get(email="nour@atelier.example").check_password(GOOD)


def test_the_link_of_an_invitation_dies_after_thirty_minutes_and_its_page_sends_another(
    atelier, invite, django_capture_on_commit_callbacks
):
    link = invite()
    begun = timezone.now() - dt.timedelta(minutes=31)
    InvitationLink.objects.update(created_at=begun, expires_at=begun + dt.timedelta(minutes=30))
    browser = visitor(atelier)
    assert browser.get(link).status_code == 410 and browser.post(link, WELCOME).status_code == 410
    with django_capture_on_commit_callbacks(execute=True):
        assert "Regardez vos e-mails" in browser.post(f"{link}again/").content.decode()
    assert mail.outbox[-1].to == ["nour@atelier.example"]
    assert browser.post(path_in(mail.outbox[-1]), WELCOME).status_code == 302


def test_the_page_of_a_dead_link_tells_nobody_who_was_invited(atelier, invite):
    link = invite()
    visitor(atelier).post(link, WELCOME)
    used, unknown = visitor(atelier).get(link), visitor(atelier).get("/account/invitation/nope/")
    words = [
        re.sub(r"/account/invitation/[^/]+/|value=\"\w{64}\"", "", page.content.decode()) for page in (used, unknown)
    ]
    assert words[0] == words[1] and used.status_code == unknown.status_code
    assert "nour@" not in used.content.decode()
    sent = len(mail.outbox)
    answers = [visitor(atelier).post(f"{place}again/").content for place in (link, "/account/invitation/nope/")]
    assert answers[0] == answers[1]
    assert len(mail.outbox) == sent + 1 and "déjà" in mail.outbox[-1].subject  # to the one who has an account
    assert "/account/invitation/" not in mail.outbox[-1].body


def test_a_new_link_ends_the_one_before(atelier, admin, invite, django_capture_on_commit_callbacks):
    first = invite()
    nour = User.objects.get(email="nour@atelier.example")
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(f"/people/{nour.pk}/invitation/")
    assert visitor(atelier).get(first).status_code == 410
    assert visitor(atelier).get(path_in(mail.outbox[-1])).status_code == 200


def test_no_link_is_kept_where_it_could_be_read(atelier, invite):
    token = invite().rstrip("/").rpartition("/")[2]
    kept = InvitationLink.objects.get()
    assert token not in str(vars(kept)) and len(kept.digest) == 64
    with pytest.raises(IntegrityError), transaction.atomic():
        InvitationLink.objects.update(expires_at=kept.created_at + dt.timedelta(hours=1))


def test_a_link_of_one_client_opens_nothing_at_another(atelier, horizon, invite):
    link = invite()
    with tenant_context(horizon):
        assert visitor(horizon).get(link).status_code == 410


def test_an_invited_person_who_asks_for_a_password_gets_their_invitation(
    atelier, invite, django_capture_on_commit_callbacks
):
    invite()
    with django_capture_on_commit_callbacks(execute=True):
        visitor(atelier).post("/account/password/reset/", {"email": "Nour@atelier.example"})
    assert "/account/invitation/" in mail.outbox[-1].body


def test_no_page_of_an_administrator_has_a_field_for_a_password(admin, atelier):
    for url in (
        "/people/",
        "/people/invitation/",
        f"/people/{someone('sales').pk}/",
        f"/people/{someone('sales').pk}/edit/",
    ):
        assert "password" not in admin.get(url).content.decode().replace("account/password/change", ""), url
    before = someone("sales").password
    admin.post(f"/people/{someone('sales').pk}/edit/", {"password": "x", "password1": GOOD, "password2": GOOD})
    assert someone("sales").password == before


def test_an_address_that_is_taken_is_said_to_the_administrator(admin, atelier):
    answer = admin.post("/people/invitation/", {"email": "SALES@atelier.example"})
    assert "déjà celle de" in answer.content.decode()


def test_nobody_is_invited_beyond_the_seats_of_the_contract(
    admin, atelier, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(seats, "ask", lambda client: 1 - User.objects.filter(email__startswith="seat").count())
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post("/people/invitation/", {"email": "seat1@atelier.example"}).status_code == 302
    answer = admin.post("/people/invitation/", {"email": "seat2@atelier.example"})
    assert "places de votre contrat" in answer.content.decode()
    assert not User.objects.filter(email="seat2@atelier.example").exists()


@pytest.mark.parametrize(
    "password",
    ["Bienvenue2026!", "motdepasse12", "azertyuiop2026", "ateliermorvan1", "abcabcabcabc", "2026!!password!!"],
)
def test_a_password_that_is_easily_guessed_is_refused(atelier, invite, password):
    link = invite()
    answer = visitor(atelier).post(link, {**WELCOME, "password1": password, "password2": password})
    assert answer.status_code == 200 and "password1" in answer.context["form"].errors
    assert visitor(atelier).get(link).status_code == 200  # the link still serves


# --- changing people ------------------------------------------------------------------------------------------------
def test_roles_and_teams_are_given_and_their_giving_is_history(admin, atelier):
    team, sales = Team.objects.create(name="Nord"), someone("sales")
    reader = Role.objects.get(code="reader")
    form = {"first_name": "Zoé", "last_name": "Le Gall", "roles": [reader.pk], "teams": [team.pk]}
    assert admin.post(f"/people/{sales.pk}/edit/", form).status_code == 302
    assert str(someone("sales")) == "Zoé Le Gall" and list(sales.roles.all()) == [reader]
    assert list(sales.teams.all()) == [team]
    given = Event.objects.filter(model="accounts.user_roles", kind="created").order_by("-pk").first()
    assert given.actor_name == str(someone("admin")) and given.values.after["role_id"] == reader.pk
    changed = Event.objects.filter(model="accounts.user", object_id=sales.pk).order_by("-pk").first()
    assert set(changed.fields) == {"first_name", "last_name"}


def test_no_password_ever_gets_into_the_history(atelier, invite):
    visitor(atelier).post(invite(), WELCOME)
    for event in Event.objects.filter(model="accounts.user"):
        assert not {"password", "last_login"} & set(event.fields)


@pytest.fixture
def lesser(atelier):
    """Somebody who administers people and nothing else, signed in."""
    role = Role.objects.create(name="Accueil", levels={"settings": "manage", "crm": "read"}, scopes={"crm": "own"})
    user = User.objects.create_user("accueil@atelier.example", first_name="Luc", last_name="Accueil")
    user.set_password(PASSWORD)
    user.save()
    user.roles.add(role)
    browser = visitor(atelier)
    browser.force_login(user)
    return browser


def test_nobody_gives_a_right_that_they_do_not_have(lesser, atelier):
    reader = someone("reader")
    form = {"roles": [Role.objects.get(code="administrator").pk]}
    answer = lesser.post(f"/people/{reader.pk}/edit/", form)
    assert answer.status_code == 200 and not reader.roles.filter(code="administrator").exists()
    answer = lesser.post("/people/invitation/", {"email": "x@atelier.example", **form})
    assert answer.status_code == 200 and not User.objects.filter(email="x@atelier.example").exists()
    wide = Role.objects.get(code="reader")  # reads every record, where they read their own
    assert lesser.post("/people/invitation/", {"email": "x@atelier.example", "roles": [wide.pk]}).status_code == 200
    assert not User.objects.filter(email="x@atelier.example").exists()


@pytest.mark.parametrize("act", ["deactivation", "sessions"])
def test_nobody_touches_the_account_of_somebody_above_them(lesser, atelier, act):
    answer = lesser.post(f"/people/{someone('admin').pk}/{act}/", follow=True)
    assert "droits que vous n’avez pas" in answer.content.decode() and someone("admin").is_active


def test_the_last_administrator_stays(admin, atelier):
    me = someone("admin")
    answer = admin.post(f"/people/{me.pk}/deactivation/", follow=True)
    assert "votre propre compte" in answer.content.decode() and someone("admin").is_active
    answer = admin.post(f"/people/{me.pk}/edit/", {"roles": []})
    assert "aucun administrateur" in answer.content.decode() and me.roles.filter(code="administrator").exists()
    invited = User.objects.create_user("autre@atelier.example")
    invited.roles.set(me.roles.all())  # has no password yet: administers nothing
    assert "aucun administrateur" in admin.post(f"/people/{me.pk}/edit/", {"roles": []}).content.decode()


def test_a_deactivated_person_is_out_at_once_and_their_name_stays(
    admin, atelier, signed_in, make_company, django_capture_on_commit_callbacks
):
    sales = someone("sales")
    browser = visitor(atelier)
    browser.post("/account/login/", {"login": sales.email, "password": PASSWORD})
    company = make_company("Riou", owner=sales)
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(f"/people/{sales.pk}/deactivation/")
    assert browser.get("/").status_code == 302
    assert str(sales) in admin.get(f"/crm/companies/{company.pk}/").content.decode()
    admin.post(f"/people/{sales.pk}/activation/")
    assert browser.get("/").status_code == 302  # the old session does not come back with the account
    assert (
        visitor(atelier).post("/account/login/", {"login": sales.email, "password": PASSWORD}).headers["Location"]
        == "/"
    )


def test_only_administrators_reach_the_pages_about_people(sales, atelier):
    pk = someone("reader").pk
    for url in (
        "/people/",
        "/people/invitation/",
        f"/people/{pk}/",
        f"/people/{pk}/edit/",
        "/people/teams/",
        "/people/teams/new/",
    ):
        assert sales.get(url).status_code == 403, url
    for act in ("invitation", "deactivation", "activation", "sessions"):
        assert sales.post(f"/people/{pk}/{act}/").status_code == 403, act
    assert someone("reader").is_active


def test_a_module_that_the_contract_leaves_out_does_not_set_administrators_apart(admin, atelier, monkeypatch):
    monkeypatch.setattr("core.accounts.models.people.unlicensed", lambda: frozenset(["crm"]))
    monkeypatch.setattr("core.accounts.backends.unlicensed", lambda: frozenset(["crm"]))
    sales, preset = someone("sales"), Role.objects.get(code="administrator")
    assert admin.post(f"/people/{sales.pk}/edit/", {"roles": [preset.pk]}).status_code == 302
    assert list(sales.roles.all()) == [preset]


def test_teams_are_made_changed_and_deleted(admin, atelier):
    sales, reader = someone("sales"), someone("reader")
    assert admin.post("/people/teams/new/", {"name": "Nord", "members": [sales.pk]}).status_code == 302
    team = Team.objects.get(name="Nord")
    assert "porte déjà ce nom" in admin.post("/people/teams/new/", {"name": "NORD"}).content.decode()
    admin.post(f"/people/teams/{team.pk}/", {"name": "Grand Nord", "members": [sales.pk, reader.pk]})
    assert set(team.members.all()) == {sales, reader}
    assert "Grand Nord" in admin.get("/people/teams/").content.decode()
    admin.post(f"/people/teams/{team.pk}/deletion/")
    assert not Team.objects.exists() and someone("sales").is_active


def test_the_list_of_people_costs_the_same_for_many(admin, atelier, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    admin.get("/people/")
    with CaptureQueriesContext(connection) as few:
        admin.get("/people/")
    for n in range(30):
        User.objects.create_user(f"p{n}@atelier.example").roles.set(Role.objects.all())
    with CaptureQueriesContext(connection) as many:
        admin.get("/people/")
    assert len(many) == len(few)
