"""The pages about interfaces, in the states they can be in: see states.py."""

from collections.abc import Iterator

from django.utils import timezone

from core.accounts.models import User
from interfaces import actions
from interfaces.models import Call, Delivery, DeliveryState, WrittenRequest
from tests.browser.conftest import expected_failures
from tests.browser.states import State, press, then, walk
from tests.browser.worlds import LONG
from tests.interfaces.conftest import signed_request

HOME = "/settings/interfaces/"
HOST = "www.atelier-morvan-menuiserie-charpente-et-escaliers.example"


def requests_of_every_state(admin: User) -> tuple[WrittenRequest, WrittenRequest]:
    """A draft; one in force with keys, forms, webhooks and calls; one revoked."""
    lists = {
        "crm.company": {"read": ["name", "siren", "city"], "written": ["name", "city"], "rows": "relation=customer"},
        "crm.lead": {"read": ["last_name"], "written": ["last_name", "email", "message"]},
    }
    draft = signed_request(lists, name=LONG[:80], hosts=[HOST])
    full = signed_request(
        lists, name="Comptabilité", hosts=[HOST], third_party=LONG[:80], country="US", contract="C-2026-11",
        security="Chiffré au repos.\n" * 4, legal_basis="clauses",
    )  # fmt: skip
    gone = signed_request(lists, name="Ancien site", hosts=[HOST])
    for one in (full, gone):
        actions.put_in_force(one, by=admin)
    key, _text = actions.add_key(full, label=LONG[:80], per_minute=60, expires_on=timezone.localdate())
    old, _text = actions.add_key(full, label="Essai", per_minute=60, expires_on=None)
    actions.revoke_key(old)
    actions.add_key(full, label="Devis", per_minute=30, expires_on=None, form_of="crm.lead", wording=LONG[:200])
    webhook = actions.add_webhook(full, url=f"https://{HOST}/recevoir/", kinds=["created", "updated"])
    for number, state in enumerate(DeliveryState.values, 1):
        Delivery.objects.create(
            webhook=webhook, event=number, kind="updated", model="crm.company", object_id=number, state=state,
            occurred_at=timezone.now(), sent_at=timezone.now() if state == DeliveryState.SENT else None, attempts=number, changed=["name"],
            status=500 if state == DeliveryState.DEAD else None, error=LONG if state == DeliveryState.DEAD else "",
        )  # fmt: skip
    for status, refusal in ((200, ""), (403, "fields"), (429, "rate")):
        Call.objects.create(
            request=full, key=key, method="GET", path="/api/crm/companies/", status=status, refusal=refusal,
            fields=["phone"] if refusal else [],
        )  # fmt: skip
    actions.revoke(gone, reason=LONG, by=admin)
    return draft, full


def pages(instance) -> Iterator[State]:
    yield "interfaces, none", HOME, None
    with instance.rows():
        admin = User.objects.get(email=f"admin@{instance.client.code}.example")
        draft, full = requests_of_every_state(admin)
        gone, webhook = WrittenRequest.objects.get(name="Ancien site"), full.webhooks.get()
    yield "interfaces", HOME, None
    yield "a request, new", f"{HOME}new/", None
    yield "a request, refused", "", press("Garder en brouillon")
    yield "a draft", f"{HOME}{draft.pk}/", None
    yield "a draft, corrected", f"{HOME}{draft.pk}/edit/", None
    yield "in force", f"{HOME}{full.pk}/", None
    yield "revoked", f"{HOME}{gone.pk}/", None
    yield "revoking", f"{HOME}{full.pk}/revocation/", None
    yield "a key", f"{HOME}{full.pk}/keys/new/", None
    yield "a key, refused", "", press("Créer la clé")
    yield (
        "a key, shown once",
        "",
        then(lambda page: page.get_by_label("Nom de la clé").fill("Paie"), press("Créer la clé")),
    )
    yield "a form of the site", f"{HOME}{full.pk}/forms/new/", None
    yield "a form of the site, refused", "", press("Créer le formulaire")
    yield (
        "a form of the site, shown once",
        "",
        then(lambda page: page.get_by_label("Nom du formulaire").fill("Contact"), press("Créer le formulaire")),
    )
    yield "what leaves", f"{HOME}{full.pk}/webhooks/{webhook.pk}/", None
    yield "what leaves, given up", f"{HOME}{full.pk}/webhooks/{webhook.pk}/?state=dead", None
    yield "what will leave", f"{HOME}{full.pk}/webhooks/new/", None


def test_the_pages_about_interfaces(instance):
    expected_failures(instance)
    instance.enter("administrator", "/")
    walk(instance, pages(instance))
