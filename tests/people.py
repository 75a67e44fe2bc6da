"""People with exactly the rights that a test gives them: a plugin of the top conftest.py."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from core.accounts.models import Role, Team, User


@dataclass
class Person:
    user: User
    browser: Browser

    def get(self, *args, **kwargs):
        return self.browser.get(*args, **kwargs)

    def post(self, *args, **kwargs):
        return self.browser.post(*args, **kwargs)


@pytest.fixture
def person(atelier) -> Callable[..., Person]:
    """`person(crm="write", scope="own", rights=["crm.view_credit"])`: somebody of atelier, signed in."""
    from tests.conftest import visitor

    numbers = itertools.count()

    def make(*, scope: str = "all", rights=(), teams=(), **levels) -> Person:
        name = f"p{next(numbers)}"
        role = Role.objects.create(
            name=f"Rôle {name}", levels=levels, scopes=dict.fromkeys(levels, scope), rights=list(rights)
        )
        user = User.objects.create_user(f"{name}@atelier.example", first_name=name.title(), last_name="Contrat")
        user.roles.add(role)
        for team in teams:
            Team.objects.get_or_create(name=team)[0].members.add(user)
        browser = visitor(atelier)
        with tenant_context(atelier):
            browser.force_login(user)
        return Person(user, browser)

    return make


@pytest.fixture
def seller(person) -> Person:
    return person(crm="write")
