"""Rows for the tests of the kernel, in CRM's clothes."""

import pytest

from crm.models import Company
from tests.core.importing import Desk


@pytest.fixture
def make_company(atelier):
    """`make_company("Dupont", city="Lyon")` in atelier."""

    def make(name: str = "Menuiserie Dupont", **fields) -> Company:
        return Company.objects.create(name=name, **fields)

    return make


@pytest.fixture
def sales(atelier, signed_in):
    """A salesperson of atelier, signed in."""
    return signed_in(atelier, "sales")


@pytest.fixture
def reader(atelier, signed_in):
    return signed_in(atelier, "reader")


@pytest.fixture
def desk(atelier, signed_in, django_capture_on_commit_callbacks):
    return Desk(signed_in(atelier, "sales"), django_capture_on_commit_callbacks)


@pytest.fixture
def contacts(atelier, signed_in, django_capture_on_commit_callbacks):
    return Desk(signed_in(atelier, "sales"), django_capture_on_commit_callbacks, "crm-contact")
