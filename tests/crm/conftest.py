"""A mailing to a segment, and the SMTP server of the tests of mail."""

import pytest

from core.accounts.models import User
from core.models import SavedView
from crm.actions.consents import suppress
from crm.addresses import digest_of
from crm.models import Company, Contact, Mailing, MailingList, ProspectingSettings, Stage
from crm.prospecting import SuppressionReason

URL = "/crm/mailings/"


@pytest.fixture
def segment(atelier) -> SavedView:
    """Six contacts of one company: a professional, two who cannot be written to, one who left, one twice, one dead."""
    ProspectingSettings.objects.create(sender_identity="Atelier Morvan, 3 rue Haute, 29200 Brest")
    company = Company.objects.create(name="Hamon & Fils", city="Brest")

    def make(name: str, kind: str = "professional", **given) -> Contact:
        fields = {"first_name": name.title(), "last_name": "Test", "email": f"{name}@exemple.fr", "company": company}
        return Contact.objects.create(**{**fields, "recipient_kind": kind, **given})

    make("pro"), make("consumer", "consumer"), make("nobody", email=""), make("left"), make("dead")
    make("twice", email="Pro@exemple.fr")
    suppress(digest_of("email", "left@exemple.fr"), SuppressionReason.UNSUBSCRIBED)
    suppress(digest_of("email", "dead@exemple.fr"), SuppressionReason.BOUNCE)
    owner = User.objects.get(email="sales@atelier.example")
    return SavedView.objects.create(
        resource="crm.contact", name="Brest", owner=owner, params={"company": [str(company.pk)]}
    )


@pytest.fixture
def draft(segment) -> Mailing:
    return Mailing.objects.create(
        name="Printemps", purpose="prospecting", mailing_list=MailingList.objects.get(), segment=segment,
        subject="Nouveautés pour {{societe}}", text="Bonjour {{prenom|Madame, Monsieur}},\n\nVenez : https://atelier.example",
    )  # fmt: skip


@pytest.fixture
def leave(draft, signed_in, atelier, django_capture_on_commit_callbacks):
    """`leave()`: sent by its page, and the workers have done their part."""

    def leave(mailing=draft, **data) -> Mailing:
        with django_capture_on_commit_callbacks(execute=True):
            answer = signed_in(atelier).post(f"{URL}{mailing.pk}/departure/", data)
        assert answer.status_code == 302, answer.context["form"].errors
        mailing.refresh_from_db()
        return mailing

    return leave


@pytest.fixture
def stages(atelier) -> dict[str, Stage]:
    return {stage.name: stage for stage in Stage.objects.all()}
