"""Roles made on screen, who has which right because of them, and référents designated in writing."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from pypdf import PdfWriter

from core.accounts.actions.designating import is_referent
from core.accounts.models import Designation, Role, User
from core.models import Event
from tests.conftest import visitor


@pytest.fixture
def admin(atelier, signed_in):
    return signed_in(atelier, "administrator")


def someone(who: str) -> User:
    return User.objects.get(email=f"{who}@atelier.example")


FORM = {
    "name": "Chargé d’affaires",
    "level-crm": "write",
    "scope-crm": "own",
    "level-settings": "none",
    "rights": ["crm.export"],
}


# --- roles ----------------------------------------------------------------------------------------------------------
def test_a_role_is_made_on_screen_and_gives_exactly_what_it_says(admin, atelier, make_company):
    assert admin.post("/people/roles/new/", FORM).status_code == 302
    role = Role.objects.get(name="Chargé d’affaires")
    assert (role.levels, role.scopes, role.rights) == ({"crm": "write"}, {"crm": "own"}, ["crm.export"])
    reader = someone("reader")
    make_company("Riou", owner=reader), make_company("Kervella", owner=someone("sales"))
    admin.post(f"/people/{reader.pk}/edit/", {"roles": [role.pk]})
    browser = visitor(atelier)
    browser.force_login(reader)
    text = browser.get("/crm/companies/").content.decode()
    assert "Riou" in text and "Kervella" not in text
    assert browser.get("/people/roles/").status_code == 403
    assert Event.objects.filter(model="accounts.role", object_id=role.pk, actor_name="Admin Test").exists()


def test_a_role_that_demands_a_second_factor_asks_it_of_who_wears_it(admin, atelier, signed_in):
    role = Role.objects.get(code="sales")
    browser = signed_in(atelier, "sales")
    assert browser.get("/").status_code == 200
    admin.post(
        f"/people/roles/{role.pk}/",
        {"name": role.name, "level-crm": "write", "scope-crm": "all", "level-settings": "none", "second_factor": "on"},
    )
    assert browser.get("/").headers["Location"] == "/account/2fa/needed/"


@pytest.fixture
def lesser(atelier):
    role = Role.objects.create(name="Accueil", levels={"settings": "manage", "crm": "read"}, scopes={"crm": "own"})
    user = User.objects.create_user("accueil@atelier.example", first_name="Luc", last_name="Accueil")
    user.roles.add(role)
    browser = visitor(atelier)
    browser.force_login(user)
    return browser


@pytest.mark.parametrize(
    "beyond",
    [
        {"level-crm": "write"},
        {"level-crm": "read", "scope-crm": "all"},
        {"level-crm": "read", "scope-crm": "own", "rights": ["crm.export"]},
    ],
)
def test_nobody_makes_or_changes_a_role_beyond_their_own_rights(lesser, beyond):
    form = {"name": "Neuf", "level-settings": "none", "scope-crm": "own", **beyond}
    answer = lesser.post("/people/roles/new/", form)
    assert "plus de droits" in answer.content.decode() and not Role.objects.filter(name="Neuf").exists()
    own = Role.objects.get(name="Accueil")
    lesser.post(f"/people/roles/{own.pk}/", {**form, "name": "Accueil", "level-settings": "manage"})
    assert Role.objects.get(pk=own.pk).levels == {"settings": "manage", "crm": "read"}
    sales = Role.objects.get(code="sales")  # beyond them: not even made smaller
    lesser.post(
        f"/people/roles/{sales.pk}/",
        {"name": "Commercial", "level-crm": "none", "scope-crm": "own", "level-settings": "none"},
    )
    assert Role.objects.get(pk=sales.pk).levels == {"crm": "write"}


def test_the_last_administrators_cannot_take_the_keys_from_their_own_role(admin):
    role = Role.objects.get(code="administrator")
    answer = admin.post(
        f"/people/roles/{role.pk}/",
        {"name": role.name, "level-crm": "manage", "scope-crm": "all", "level-settings": "none"},
    )
    assert answer.status_code == 200 and "aucun administrateur" in answer.content.decode()
    assert Role.objects.get(pk=role.pk).levels["settings"] == "manage"


def test_what_modules_not_installed_here_were_given_stays_in_a_role(admin):
    role = Role.objects.create(
        name="Ancien", levels={"autre": "read", "crm": "read"}, scopes={"autre": "own"}, rights=["autre.x"]
    )
    admin.post(
        f"/people/roles/{role.pk}/",
        {"name": "Ancien", "level-crm": "none", "scope-crm": "all", "level-settings": "none"},
    )
    role.refresh_from_db()
    assert (role.levels, role.scopes, role.rights) in (
        ({"autre": "read"}, {"autre": "own"}, ["autre.x"]),
        ({"autre": "read", "crm": "read"}, {"autre": "own"}, ["autre.x"]),  # refused: more than the giver has
    )


def test_a_role_goes_only_when_nobody_wears_it(admin):
    role = Role.objects.create(name="Passager", levels={"crm": "read"})
    someone("reader").roles.add(role)
    assert "retirez-le d’abord" in admin.post(f"/people/roles/{role.pk}/deletion/", follow=True).content.decode()
    someone("reader").roles.remove(role)
    admin.post(f"/people/roles/{role.pk}/deletion/")
    assert not Role.objects.filter(pk=role.pk).exists()
    preset = Role.objects.get(code="reader")
    someone("reader").roles.clear()
    assert "né avec l’instance" in admin.post(f"/people/roles/{preset.pk}/deletion/", follow=True).content.decode()


# --- who, and why ---------------------------------------------------------------------------------------------------
def test_administrators_see_who_has_a_right_and_from_which_role(admin, sales):
    someone("sales").roles.add(
        Role.objects.create(name="Export", levels={"crm": "read"}, scopes={"crm": "own"}, rights=["crm.export"])
    )
    rows = {row["person"].email: row["roles"] for row in admin.get("/people/rights/?right=crm.export").context["rows"]}
    assert set(rows) == {"admin@atelier.example", "sales@atelier.example"}
    assert [role["name"] for role in rows["sales@atelier.example"]] == ["Export"]
    page = admin.get("/people/rights/?right=crm:write").content.decode()
    assert "sales@" in page and "reader@" not in page and "toutes les fiches" in page
    assert admin.get("/people/rights/?right=nope").status_code == 200
    assert sales.get("/people/rights/").status_code == 403


def test_a_persons_page_says_what_they_may_do_and_what_was_done_to_their_account(admin):
    sales = someone("sales")
    sales.roles.add(Role.objects.create(name="Lecteur des siennes", levels={"crm": "read"}, scopes={"crm": "own"}))
    answer = admin.get(f"/people/{sales.pk}/")
    said = {reason.label: (str(reason.extent), reason.roles) for reason in answer.context["reasons"]}
    assert said["Relation client : écriture"] == ("toutes les fiches", ("Commercial",))
    assert said["Relation client : lecture"] == ("toutes les fiches", ("Commercial",))  # the narrow role adds nothing
    assert "Rôle donné : Lecteur des siennes" in answer.content.decode()


# --- référents ------------------------------------------------------------------------------------------------------
def pdf() -> SimpleUploadedFile:
    out, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(out)
    return SimpleUploadedFile("désignation.pdf", out.getvalue(), "application/pdf")


TODAY = dt.date.today


@pytest.fixture
def designate(admin):
    def do(document=None, **fields):
        today = timezone.localdate()
        form = {
            "person": someone("sales").pk,
            "domain": "hr",
            "signed_by": "Anne Morvan, gérante",
            "signed_on": today,
            "starts_on": today,
            **fields,
        }
        return admin.post("/people/referents/new/", {**form, **({"document": document} if document else {})})

    return do


def test_a_referent_is_designated_in_writing_from_a_day_to_a_day(admin, designate, atelier, signed_in):
    today, sales = timezone.localdate(), someone("sales")
    assert designate(pdf(), starts_on=today + dt.timedelta(days=1)).status_code == 302
    assert not is_referent(sales, "hr") and is_referent(sales, "hr", on=today + dt.timedelta(days=1))
    assert not is_referent(sales, "privacy", on=today + dt.timedelta(days=1))
    act = Designation.objects.get()
    got = admin.get(f"/people/referents/{act.pk}/document/")
    assert b"".join(got.streaming_content).startswith(b"%PDF") and "attachment" in got.headers["Content-Disposition"]
    assert signed_in(atelier, "sales").get(f"/people/referents/{act.pk}/document/").status_code == 403
    assert "désignation.pdf" in admin.get("/people/referents/").content.decode()
    assert Event.objects.filter(model="accounts.designation", actor_name="Admin Test").exists()


def test_without_the_document_nobody_is_designated(designate):
    assert "document" in designate().context["form"].errors
    answer = designate(SimpleUploadedFile("désignation.pdf", b"MZ programme"))
    assert answer.status_code == 200 and "ne sont pas acceptés" in answer.content.decode()
    assert not Designation.objects.exists()


def test_dates_that_contradict_each_other_are_refused(designate):
    today = timezone.localdate()
    assert "avant de commencer" in designate(pdf(), ends_on=today - dt.timedelta(days=1)).content.decode()
    assert "signed_on" in designate(pdf(), signed_on=today + dt.timedelta(days=1)).context["form"].errors
    assert not Designation.objects.exists()


def test_a_designation_ends_and_is_not_prolonged(admin, designate):
    designate(pdf())
    act, today = Designation.objects.get(), timezone.localdate()
    assert "déjà désignée" in designate(pdf()).content.decode()
    admin.post(f"/people/referents/{act.pk}/end/", {"ends_on": today})
    assert is_referent(someone("sales"), "hr") and not is_referent(
        someone("sales"), "hr", on=today + dt.timedelta(days=1)
    )
    late = admin.post(f"/people/referents/{act.pk}/end/", {"ends_on": today + dt.timedelta(days=9)}, follow=True)
    assert "inscrivez-en une nouvelle" in late.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Designation.objects.update(ends_on=today - dt.timedelta(days=400))


def test_a_deactivated_person_is_no_referent_any_more(designate):
    designate(pdf())
    sales = someone("sales")
    sales.is_active = False
    assert not is_referent(sales, "hr")
