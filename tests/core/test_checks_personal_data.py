# ruff: noqa: DJ008 - models that no one ever prints
"""Start-up refuses a model that keeps silent about personal data, or that says what makes no sense."""

from typing import ClassVar

import pytest
from django.apps import apps
from django.db import models
from django.db.models.functions import Lower
from django.test.utils import isolate_apps

from core.accounts.models import Role, User
from core.checks_personal_data import check_personal_data, errors_of
from core.personal_data import (
    PD,
    ROW,
    SELF,
    After,
    Blank,
    DeleteRow,
    Keep,
    KeepUntil,
    NotPersonal,
    Null,
    Tombstone,
    declaration_of,
    declared,
    no_personal_data,
    personal_data,
)
from crm.models import Contact

FOREVER = Keep(years=3, since="created_at", then=After.DELETE)


@pytest.fixture(autouse=True)
def apart():
    """Models of these tests live in a registry of their own."""
    with isolate_apps("crm", attr_name="apps"):
        yield


class Throwaway(models.Model):
    created_at = models.DateTimeField()

    class Meta:
        abstract = True
        app_label = "crm"


def person(**kwargs):
    return personal_data(**{"subject": SELF, "processing": "X-01", "retention": FOREVER, **kwargs})


def ids(model) -> list[str]:
    return sorted(error.id for error in errors_of(model))


def test_every_model_of_the_product_is_declared_and_says_something_sensible():
    assert check_personal_data(None) == []
    assert {model for model in apps.get_models() if declaration_of(model) is None} == set()


def test_the_registry_gives_what_the_models_said():
    said = {declaration.model: declaration for declaration in declared()}
    contact = said[Contact]
    assert contact.subject == SELF and contact.processing == "CRM-01" and contact.is_personal
    assert contact.personal["email"].match == "email" and contact.personal["email"].erase == Blank()
    assert said[User].personal["email"].erase == Tombstone()
    assert not said[apps.get_model("backups.Backup")].is_personal


def test_t1_a_model_that_says_nothing_is_refused():
    class Silent(Throwaway):
        amount = models.IntegerField()

    found = list(errors_of(Silent))
    assert [error.id for error in found] == ["privacy.E001"] and found[0].hint


def test_t1_a_parents_word_does_not_count_for_its_child():
    @no_personal_data("des montants")
    class Parent(Throwaway):
        amount = models.IntegerField()

    class Child(Parent):
        pass

    assert ids(Parent) == [] and ids(Child) == ["privacy.E001"]


@pytest.mark.parametrize(
    "name", ["nom", "nom_usage", "surname", "e_mail", "tel", "telephone_2", "mobile", "adresse", "birth_date", "iban",
             "num_secu", "nir", "ip", "last_ip", "photo", "signature", "note", "comment", "description"],
)  # fmt: skip
def test_t2_a_name_that_looks_personal_must_be_declared(name):
    model = no_personal_data("rien")(
        type("Named", (Throwaway,), {name: models.CharField(max_length=9), "__module__": __name__})
    )
    assert ids(model) == ["privacy.E002"]


@pytest.mark.parametrize(
    "name", ["shipping", "recipient", "hotel", "nomenclature", "annotated", "is_supplier", "level"]
)
def test_t2_a_name_that_only_contains_the_letters_passes(name):
    model = no_personal_data("rien")(
        type("Plain", (Throwaway,), {name: models.CharField(max_length=9), "__module__": __name__})
    )
    assert ids(model) == []


@pytest.mark.parametrize(
    "field",
    [models.EmailField(), models.GenericIPAddressField(), models.FileField(), models.TextField(), models.JSONField()],
    ids=lambda field: type(field).__name__,
)
def test_t2_a_type_that_holds_anything_must_be_declared(field):
    model = no_personal_data("rien")(type("Typed", (Throwaway,), {"x": field, "__module__": __name__}))
    assert ids(model) == ["privacy.E002"]


def test_t2_saying_why_not_is_enough():
    @no_personal_data("des réglages")
    class Setting(Throwaway):
        name = models.CharField(max_length=9)
        value = models.JSONField()

        class Privacy:
            name = NotPersonal("le nom d'un réglage")
            value = NotPersonal("un nombre")

    assert ids(Setting) == []


def test_t3_a_key_to_a_person_must_be_declared_also_a_many_valued_one():
    @no_personal_data("rien")
    class Visit(Throwaway):
        contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
        seen_by = models.ManyToManyField(User, related_name="+")

    assert ids(Visit) == ["privacy.E003", "privacy.E003"]

    @person(subject="contact", retention=None)
    class Said(Throwaway):
        contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
        seen_by = models.ManyToManyField(User, related_name="+")

        class Privacy:
            contact = PD(category="relation", erase=DeleteRow())
            seen_by = PD(category="log", erase=Null())

    assert ids(Said) == []


def test_a_name_that_is_no_field_is_refused():
    @person()
    class Typo(Throwaway):
        class Privacy:
            emial = PD(category="contact", erase=Null())

    assert ids(Typo) == ["privacy.E004"]


def test_something_else_than_a_declaration_is_refused():
    @no_personal_data("rien")
    class Odd(Throwaway):
        email = models.EmailField()
        note = models.TextField()
        phone = models.CharField(max_length=9)

        class Privacy:
            email = "oui"
            note = NotPersonal("")
            phone = PD(category="contact", erase=Null())  # in a model that holds nothing personal

    assert ids(Odd) == ["privacy.E005", "privacy.E005", "privacy.E005", "privacy.E007"]


@pytest.mark.parametrize(
    "word",
    [{"basis": "because"}, {"origin": "nowhere"}, {"match": "smell"}, {"audit": "some"}, {"sensitivity": "very"}],
)
def test_unknown_words_are_refused(word):
    @person()
    class Worded(Throwaway):
        email = models.EmailField(blank=True)

        class Privacy:
            email = PD(category="contact", erase=Blank(), **word)

    assert ids(Worded) == ["privacy.E006"]


def test_what_the_database_would_refuse_on_the_day_is_refused_now():
    @person()
    class Strict(Throwaway):
        login = models.CharField(max_length=9, unique=True, blank=True)
        email = models.EmailField(blank=True)
        last_name = models.CharField(max_length=9)
        age = models.IntegerField()
        siret = models.CharField(max_length=14, blank=True)

        class Meta(Throwaway.Meta):
            abstract = False
            constraints: ClassVar = [
                models.UniqueConstraint(Lower("email"), name="strict_email"),
                models.UniqueConstraint(fields=["siret"], condition=~models.Q(siret=""), name="strict_siret"),
            ]

        class Privacy:
            login = PD(category="identity", erase=Blank())  # unique
            email = PD(category="contact", erase=Blank())  # unique by its constraint
            last_name = PD(category="identity", erase=Blank())  # required
            age = PD(category="identity", erase=Null())  # NOT NULL
            siret = PD(category="identity", erase=Blank())  # unique but for blanks: fine

    assert ids(Strict) == ["privacy.E007"] * 4


def test_a_tombstone_is_a_text():
    @person()
    class Stone(Throwaway):
        age = models.IntegerField()

        class Privacy:
            age = PD(category="identity", erase=Tombstone())

    assert ids(Stone) == ["privacy.E007"]


@pytest.mark.parametrize(
    "said",
    [
        {"subject": "nobody", "retention": None},
        {"subject": "amount", "retention": None},
        {"subject": "role", "retention": None},  # a model that holds nothing personal
        {"subject": ROW, "retention": None},  # without `model` and `object_id`
        {"retention": None},  # a person, kept for how long?
        {"processing": ""},
    ],
    ids=str,
)
def test_whose_and_what_for_must_be_said(said):
    @person(**said)
    class Unclear(Throwaway):
        amount = models.IntegerField()
        role = models.ForeignKey(Role, models.CASCADE, related_name="+")

    assert ids(Unclear) == ["privacy.E008"]


def test_a_subject_may_be_further_away():
    @person(subject="contact__company", retention=None)
    class Deal(Throwaway):
        contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")

        class Privacy:
            contact = PD(category="relation", erase=DeleteRow())

    assert ids(Deal) == []


@pytest.mark.parametrize("since", ["updated_at", "amount", "nothing", "contact__nothing", "contact__updated_at"])
def test_periods_run_from_a_business_date(since):
    @person(retention=Keep(years=3, since=since, then=After.DELETE))
    class Counted(Throwaway):
        amount = models.IntegerField()
        updated_at = models.DateTimeField(auto_now=True)
        contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")

        class Privacy:
            contact = PD(category="relation", erase=KeepUntil("C. com. L123-22", years=10, since=since))

    assert ids(Counted) == ["privacy.E009", "privacy.E009"]


def test_a_period_may_run_from_a_date_of_a_row_further_away():
    @person(retention=Keep(years=3, since="contact__created_at", then=After.DELETE))
    class Counted(Throwaway):
        contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")

        class Privacy:
            contact = PD(category="relation", erase=DeleteRow())

    assert ids(Counted) == []
