"""The pages about accounts, in the states they can be in: see states.py."""

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone

from core.accounts.actions.inviting import invite
from core.accounts.actions.support import Staff, grant, visit
from core.accounts.models import Designation, DoorEvent, DoorEventKind, InvitationLink, Role, Team, User
from core.accounts.models.support import Step
from tests.browser.conftest import expected_failures
from tests.browser.states import State, press, then, walk
from tests.browser.worlds import LONG

SAFARI = "Safari sur iPhone"


def people_of_every_state(instance) -> tuple[User, User]:
    """Somebody with much to show, and somebody invited whose link is over."""
    today = timezone.localdate()
    admin, sales = (User.objects.get(email=f"{who}@{instance.client.code}.example") for who in ("admin", "sales"))
    User.objects.create_user("partie@vitrine.example", first_name="Une", last_name="Partie", is_active=False)
    late = invite(
        email="une.adresse.vraiment.tres.longue@charpentes-riou-et-fils.example", first_name="Marie-Bénédicte",
        last_name="de la Rochefoucauld-Montbazon", roles=Role.objects.filter(code="reader"), by=admin,
    )  # fmt: skip
    past = timezone.now() - dt.timedelta(hours=2)
    InvitationLink.objects.update(created_at=past, expires_at=past + dt.timedelta(minutes=30))
    invite(email="invitee@vitrine.example", by=admin)
    narrow = Role.objects.create(
        name=LONG[:80], levels={"crm": "read"}, scopes={"crm": "own"}, rights=["crm.export"], second_factor=True
    )
    sales.roles.add(narrow)
    Team.objects.create(name=LONG[:80]).members.set(User.objects.all())
    for kind in DoorEventKind.values:
        DoorEvent.objects.create(kind=kind, person=sales, means="webauthn", address="2001:db8::1:2:3:4", device=SAFARI)
    DoorEvent.objects.create(kind="failed", means="password", by_name="Admin Test")
    for domain, start, end in (("hr", 0, None), ("privacy", 30, None), ("hr", -90, -10)):
        Designation.objects.create(
            person=sales if domain == "hr" and end is None else admin, domain=domain, signed_by=LONG, signed_on=today,
            starts_on=today + dt.timedelta(days=start), recorded_by=admin,
            ends_on=None if end is None else today + dt.timedelta(days=end),
        )  # fmt: skip
    return sales, late


def fill_in(label: str, text: str):
    return lambda page: page.get_by_label(label).fill(text)


def pages(instance) -> Iterator[State]:
    with instance.rows():
        sales, late = people_of_every_state(instance)
        role, team = Role.objects.get(code="sales").pk, Team.objects.get().pk
    yield "people", "/people/", None
    yield "people, none", "/people/?state=nope", None
    yield "a person", f"/people/{sales.pk}/", None
    yield "a person whose link is over", f"/people/{late.pk}/", None
    yield "a person, changed", f"/people/{sales.pk}/edit/", None
    yield "inviting", "/people/invitation/", None
    yield "inviting, refused", "", press("Envoyer l’invitation")
    yield "teams", "/people/teams/", None
    yield "a team", f"/people/teams/{team}/", None
    yield "roles", "/people/roles/", None
    yield "a role", f"/people/roles/{role}/", None
    yield "who has a right", "/people/rights/?right=crm.export", None
    yield "référents", "/people/referents/", None
    yield "designating", "/people/referents/new/", None
    yield "journal", "/people/journal/", None
    yield "support, none", "/people/support/", None
    with instance.rows():
        access = grant(modules=["crm"], reason=LONG, hours=4, by=User.objects.get(email="admin@vitrine.example"))
        staff = Staff(1, "Équipe Ops", "ops@b2o.example", 0)
        for step in Step.values:
            visit(access, staff, Step(step), path=f"/crm/companies/{LONG}/", address="2001:db8::1:2:3:4", ticket=step)
    yield "support", "/people/support/", None
    yield "an access", f"/people/support/{access.pk}/", None
    yield "opening an access", "/people/support/new/", None
    yield "opening an access, refused", "", press("Ouvrir l’accès")
    yield "security", "/account/security/", None
    yield "one's company", "/settings/instance/", None
    yield "one's company, refused", "", then(fill_in("SIRET", "1"), press("Enregistrer"))
    yield "policy", "/confidentialite/", None


def at_the_door() -> Iterator[State]:
    yield "a link that is over", "/account/invitation/nope/", None
    yield "another link", "", press("Recevoir un autre lien")
    yield "sign-in", "/account/login/", None


def test_the_pages_about_accounts(instance):
    walk(instance, at_the_door())
    expected_failures(instance)
    instance.enter("administrator", "/")
    walk(instance, pages(instance))
