"""A mailing in a browser: who gets it and why not the others, sent, its figures; and the way out of it, for anybody."""

import pytest
from playwright.sync_api import expect

from core.accounts.models import User
from core.models import SavedView
from crm.actions.consents import suppress, withdraw
from crm.addresses import digest_of
from crm.models import Contact, Mailing, MailingList, Message, ProspectingSettings, Suppression
from crm.prospecting import SuppressionReason
from crm.unsubscribing import token_of
from tests.browser.judging import problems_of

URL = "/crm/mailings/"


@pytest.fixture
def draft(instance) -> Mailing:
    """To a professional, a consumer without consent and somebody who left."""
    with instance.rows():
        ProspectingSettings.objects.create(sender_identity="Essai, 3 rue Haute, 29200 Brest")
        for name, kind in (("Anne", "professional"), ("Odile", "consumer"), ("Solène", "professional")):
            Contact.objects.create(
                first_name=name,
                last_name="Riou",
                email=f"{name.lower().replace('è', 'e')}@exemple.fr",
                recipient_kind=kind,
            )
        suppress(digest_of("email", "solene@exemple.fr"), SuppressionReason.UNSUBSCRIBED)
        withdraw(channel="phone", address="+33639980102", source="Appel")
        owner = User.objects.get(email=f"sales@{instance.client.code}.example")
        view = SavedView.objects.create(resource="crm.contact", name="Rencontrés au salon", owner=owner)
        return Mailing.objects.create(
            name="Portes ouvertes", purpose="prospecting", mailing_list=MailingList.objects.get(), segment=view, owner=owner,
            subject="{{prenom}}, l’atelier vous ouvre ses portes", text="Bonjour {{prenom}},\n\nVenez samedi.",
        )  # fmt: skip


def test_it_is_sent_to_whom_it_may_go_and_anybody_leaves_by_the_link(instance, draft):
    page = instance.page
    instance.sign_in("sales", f"{URL}{draft.pk}/recipients/")
    expect(page.locator(".mailing-foreseen")).to_contain_text("1 personne le recevrait aujourd’hui, 2 sont écartées")
    page.get_by_role("link", name="Aperçu").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Bonjour Anne,")).to_be_visible()
    assert page.locator("#preview-contact").evaluate("one => parseFloat(getComputedStyle(one).paddingRight)") >= 28
    page.get_by_role("link", name="Envoyer ou programmer").click()
    expect(page.get_by_text("Ces messages ne seront pas signés")).to_be_visible()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator(".badge", has_text="Envoyé")).to_be_visible()
    expect(page.locator(".mailing-figures")).to_contain_text("1 Envoyé")
    with instance.rows():
        sent = Message.objects.get(state="sent")
        assert sent.address == "anne@exemple.fr"
        token = token_of(digest_of("email", sent.address), mailing_list=draft.mailing_list_id, message=sent.pk)
    # In another browser than that of the person who sent it: nobody is signed in.
    page.context.clear_cookies()
    instance.open(f"/d/{token}")
    page.get_by_role("radio", name="Tous les messages").check()
    page.get_by_role("button", name="Me désabonner").click()
    expect(page.get_by_role("heading", name="C’est fait")).to_be_visible()
    assert page.context.cookies() == []
    with instance.rows():
        assert Suppression.objects.filter(digest=digest_of("email", sent.address), scope="all").exists()


def test_the_pages_of_mailings_are_fit_for_everybody(instance, draft):
    page, found = instance.page, []
    with instance.rows():
        contact = Contact.objects.get(first_name="Solène")
        token = token_of(digest_of("email", "anne@exemple.fr"), mailing_list=draft.mailing_list_id)
    instance.enter("administrator", URL)
    record = f"{URL}{draft.pk}/"
    for path in (
        record, f"{record}recipients/", f"{record}preview/", f"{record}departure/", f"{URL}settings/", "/mail/signature/",
        f"/crm/contacts/{contact.pk}/prospecting/", f"/d/{token}", "/d/retour/x",
    ):  # fmt: skip
        instance.open(path)
        if path == "/mail/signature/":
            page.get_by_role("button", name="Créer une clé").click()
        if path.endswith("/prospecting/"):
            page.locator(".word-form > summary").click()
        found += problems_of(page, path)
        if path.startswith("/d/v1"):
            page.get_by_role("button", name="Me désabonner").click()
            found += problems_of(page, f"{path}, done")
    assert found == []
