"""Numbers are taken as people have them before their eyes, with spaces, dots and the name of a tax."""

import re

import pytest

from crm.models import Company
from tests.contract.conftest import filled

NEW = "/crm/companies/new/"


def created(seller, **typed) -> Company:
    answer = seller.post(NEW, {**filled(seller.get(NEW)), "name": "Essai", **typed})
    assert answer.status_code == 302, answer.context["form"].errors
    return Company.objects.get(name="Essai")


def refused(seller, **typed) -> dict[str, list[str]]:
    answer = seller.post(NEW, {**filled(seller.get(NEW)), "name": "Essai", **typed})
    assert answer.status_code in (200, 422) and not Company.objects.exists()
    return dict(answer.context["form"].errors)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("siret", "732 829 320 00074", "73282932000074"),
        ("siret", "356\u202f000\u202f000 09075", "35600000009075"),
        ("siren", "732 829 320", "732829320"),
        ("vat_number", "FR 40 303 265 045", "FR40303265045"),
        ("vat_number", "BE 0428.759.497", "BE0428759497"),
        ("vat_number", "GB 980 7806 84", "GB980780684"),
        ("vat_number", "CHE-107.787.577 TVA", "CHE107787577"),
        ("vat_number", "CHE-107.787.577 MWST", "CHE107787577"),
        ("naf", "4332A", "43.32A"),
        ("naf", "43.32a", "43.32A"),
        ("naf", "57.10", "57.10"),
        ("postcode", "sw1a 1aa", "SW1A 1AA"),
    ],
)
def test_a_number_is_kept_in_one_way_however_it_is_typed_or_pasted(seller, field, typed, kept):
    page = seller.get(NEW).content.decode()
    [room] = re.findall(rf'<input[^>]*name="{field}"[^>]*maxlength="(\d+)"', page) or re.findall(
        rf'<input[^>]*maxlength="(\d+)"[^>]*name="{field}"', page
    )
    assert len(typed) <= int(room), "the browser cuts what is pasted"
    assert getattr(created(seller, **{field: typed}), field) == kept


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("siret", "732 829 320 00075", "est faux"),
        ("siret", "732 829 320 00074 12", "au plus 14"),
        ("vat_number", "GB 980 7806 85", "est faux"),
        ("vat_number", "CHE-107.787.578 TVA", "est faux"),
        ("vat_number", "XX 12345", "est faux"),
        ("naf", "menuiserie", "au plus 6"),
        ("naf", "4A", "s’écrit comme 43.32A"),
    ],
)
def test_what_is_wrong_is_told_once_and_nothing_is_lost(seller, field, typed, words):
    errors = refused(seller, **{field: typed})
    assert list(errors) == [field] and len(errors[field]) == 1 and words in errors[field][0]
