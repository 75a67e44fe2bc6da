"""What goes out by itself: what is queued, what is in it, to whom it may go, and what becomes of a failure.

A real HTTP server receives; only the resolver's answer and the last step of the line to it are the tests' own.
"""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection, transaction
from django.test.utils import override_settings
from django.utils import timezone

from core import audit
from core.actions.bin import bin_rows
from crm.models import Company
from interfaces import actions, delivering, sending
from interfaces.delivering import PAUSES, deliver
from interfaces.models import Delivery, DeliveryState, Webhook
from interfaces.signing import secret_of
from interfaces.tasks import deliver_due
from tests.interfaces.test_screens import HOME

PUBLIC = "93.184.215.14"


class Receiver:
    """Somebody's server: keeps what it gets, and answers as it is told."""

    def __init__(self):
        self.got, self.answer, self.headers = [], 200, {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers), body))
                self.send_response(outer.answer)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"merci")

            do_GET = do_POST

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def bodies(self):
        return [json.loads(body) for _path, _headers, body in self.got]


@pytest.fixture
def receiver(monkeypatch):
    """Listens as erp.acme.fr at a public address; `asked` and `joined` tell what was looked up and connected to."""
    found = Receiver()
    found.addresses, found.asked, found.joined = [PUBLIC], [], []

    def resolve(host, port):
        found.asked.append((host, port))
        return found.addresses

    def connect(address, port):
        found.joined.append((address, port))
        import socket

        return socket.create_connection(found.server.server_address, timeout=5)

    monkeypatch.setattr(sending, "resolve", resolve)
    monkeypatch.setattr(sending, "connect", connect)
    with override_settings(WEBHOOK_SCHEMES=("http", "https")):
        yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def webhook(make_request):
    def make(resources=None, *, kinds=("created", "updated", "deleted"), url="http://erp.acme.fr/b2o", **fields):
        asked = resources or {"crm.company": {"read": ["name", "city"]}}
        return actions.add_webhook(make_request(asked, hosts=["erp.acme.fr"], **fields), url=url, kinds=list(kinds))

    return make


# --- what is told ---------------------------------------------------------------------------------------------------
def test_a_change_is_told_with_the_fields_of_the_request_and_a_signature(receiver, webhook, make_company):
    ours = webhook()
    row = make_company("Dupont", city="Brest", email="secret@dupont.example")
    assert Delivery.objects.get().state == DeliveryState.QUEUED and not receiver.got
    assert deliver() is False
    (path, headers, body), told = receiver.got[0], receiver.bodies[0]
    assert path == "/b2o" and told["type"] == "crm.company.created" and told["request"] == ours.request_id
    assert told["record"] == {"id": row.pk, "name": "Dupont", "city": "Brest"}
    assert "secret@" not in body.decode()
    moment, mark = (part.partition("=")[2] for part in headers["X-MyB2O-Signature"].split(","))
    wanted = hmac.new(secret_of(ours).encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert mark == wanted and abs(int(moment) - timezone.now().timestamp()) < 60
    assert headers["X-MyB2O-Delivery"] == told["id"] == str(Delivery.objects.get().uid)
    assert headers["Host"] == "erp.acme.fr" and receiver.joined == [(PUBLIC, 80)]
    assert Delivery.objects.get().state == DeliveryState.SENT


def test_only_changes_of_the_fields_that_it_reads_are_told(receiver, webhook, make_company):
    row = make_company("Dupont", city="Brest")
    webhook()
    Company.objects.filter(pk=row.pk).update(note="rien pour eux")
    assert not Delivery.objects.exists()
    Company.objects.filter(pk=row.pk).update(city="Lyon", note="encore")
    deliver()
    assert receiver.bodies[0]["changed"] == ["city"] and receiver.bodies[0]["record"]["city"] == "Lyon"


def test_an_event_is_queued_with_its_change_or_not_at_all(webhook, make_company):
    webhook()
    with pytest.raises(RuntimeError), transaction.atomic():
        make_company("Dupont")
        assert Delivery.objects.exists()
        raise RuntimeError
    assert not Delivery.objects.exists()


def test_sql_and_bulk_writes_are_told_too(webhook, make_company):
    for number in range(3):
        make_company(f"Société {number}")
    webhook()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_company SET city = 'Brest'")
    assert Delivery.objects.filter(kind="updated").count() == 3


def test_other_rows_lists_and_directions_are_not_told(receiver, webhook, make_company):
    from crm.models import Contact

    webhook({"crm.company": {"read": ["name"], "rows": "relation=customer"}})
    webhook({"crm.company": {"written": ["name"]}}, url="http://erp.acme.fr/in", direction="both", name="Écrit")
    make_company("Prospect", relation="prospect")
    Contact.objects.create(last_name="Le Goff")
    deliver()
    assert not receiver.got
    assert [one.state for one in Delivery.objects.all()] == [DeliveryState.DROPPED]
    make_company("Client", relation="customer")
    deliver()
    assert [told["record"]["name"] for told in receiver.bodies] == ["Client"]


def test_a_deletion_is_told_of_what_was_told_and_by_its_number_alone(receiver, webhook, make_company):
    before = make_company("Ancienne")
    webhook()
    after = make_company("Dupont")
    deliver()
    for row in (before, after):
        bin_rows(Company.objects.filter(pk=row.pk), by=None)
    deliver()
    assert [(told["type"], told["record"]) for told in receiver.bodies[1:]] == [
        ("crm.company.deleted", {"id": after.pk})
    ]


def test_an_interface_is_not_told_what_it_did_itself(receiver, webhook):
    ours = webhook({"crm.company": {"read": ["name"], "written": ["name"]}})
    with audit.by(None, operation=f"interface:{ours.request_id}"):
        Company.objects.create(name="De leur part")
    assert not Delivery.objects.exists()
    Company.objects.create(name="De la nôtre")
    assert Delivery.objects.count() == 1


# --- where it may go ------------------------------------------------------------------------------------------------
PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "192.0.2.1", "not an address",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_ever_connected_to(receiver, webhook, make_company, address):
    """Also when the name has a public address beside it."""
    webhook()
    make_company("Dupont")
    receiver.addresses = [PUBLIC, address]
    deliver()
    row = Delivery.objects.get()
    assert not receiver.joined and not receiver.got
    assert row.state == DeliveryState.QUEUED and "adresse privée" in row.error


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses_are(address):
    assert sending.is_public(address)


def test_the_line_goes_to_the_address_that_was_judged(receiver, webhook, make_company):
    """A name that answers differently the second time (DNS rebinding) is only asked once."""
    webhook()
    make_company("Dupont")

    class Turning(list):
        pass

    receiver.addresses = Turning([PUBLIC])
    deliver()
    assert receiver.asked == [("erp.acme.fr", 80)] and receiver.joined == [(PUBLIC, 80)]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed(receiver, webhook, make_company, status):
    webhook()
    make_company("Dupont")
    receiver.answer, receiver.headers = status, {"Location": "http://169.254.169.254/latest/meta-data/"}
    deliver()
    row = Delivery.objects.get()
    assert len(receiver.got) == len(receiver.joined) == 1
    assert row.state == DeliveryState.QUEUED and row.status == status and "redirection" in row.error


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://erp.acme.fr/x", "https://"),
        ("https://other.acme.fr/x", "parmi les hôtes"),
        ("https://erp.acme.fr.evil.example/x", "parmi les hôtes"),
        ("https://erp.acme.fr@evil.example/x", "Une adresse ne porte ni nom"),
        ("https://evil.example#@erp.acme.fr/", "parmi les hôtes"),
        ("https://127.0.0.1/x", "parmi les hôtes"),
        ("https://[::1]/x", "parmi les hôtes"),
        ("https://erp.acme.fr:22/x", "port"),
        ("ftp://erp.acme.fr/x", "https://"),
    ],
)
def test_an_address_outside_of_the_request_is_refused_when_it_is_typed(atelier, signed_in, make_request, url, said):
    request = make_request({"crm.company": {"read": ["name"]}}, hosts=["erp.acme.fr"])
    answer = signed_in(atelier, "administrator").post(
        f"{HOME}{request.pk}/webhooks/new/", {"url": url, "kinds": ["created"]}
    )
    assert answer.status_code == 200 and not Webhook.objects.exists()
    assert said in answer.content.decode() or "URL valide" in answer.content.decode()
    with pytest.raises(sending.Unsafe):
        sending.judged(url, request.hosts)


def test_in_production_nothing_goes_out_in_clear(settings):
    assert settings.WEBHOOK_SCHEMES == ("https",)
    with pytest.raises(sending.Unsafe):
        sending.post("http://erp.acme.fr/", b"{}", {}, hosts=["erp.acme.fr"])


# --- failures -------------------------------------------------------------------------------------------------------
def due_again():
    Delivery.objects.filter(state=DeliveryState.QUEUED).update(next_try_at=timezone.now())


def test_a_failure_is_tried_again_later_and_later_then_given_up_and_replayed(
    receiver, webhook, make_company, atelier, signed_in
):
    ours = webhook()
    make_company("Dupont")
    receiver.answer = 500
    for number, pause in enumerate(PAUSES, 1):
        before = timezone.now()
        deliver()
        row = Delivery.objects.get()
        assert (row.state, row.attempts, row.status) == (DeliveryState.QUEUED, number, 500)
        assert pause <= row.next_try_at - before < pause * 1.5
        assert deliver() is False and len(receiver.got) == number  # not before its time
        due_again()
    deliver()
    assert Delivery.objects.get().state == DeliveryState.DEAD
    due_again()
    deliver()
    assert len(receiver.got) == len(PAUSES) + 1
    page = f"{HOME}{ours.request_id}/webhooks/{ours.pk}/"
    admin = signed_in(atelier, "administrator")
    assert "Abandonné" in admin.get(page).content.decode() and "merci" in admin.get(page).content.decode()
    receiver.answer = 204
    assert admin.post(f"{page}replay/").status_code == 302
    deliver()
    assert Delivery.objects.get().state == DeliveryState.SENT
    # The same number each time: whoever received it already can tell.
    assert len({headers["X-MyB2O-Delivery"] for _path, headers, _body in receiver.got}) == 1


def test_one_that_does_not_answer_does_not_hold_up_another(receiver, webhook, make_company, monkeypatch):
    webhook()
    webhook(url="http://erp.acme.fr/other", name="Autre")
    make_company("Un")
    make_company("Deux")
    usual = delivering.sending.post

    def half(url, *args, **kwargs):
        if url.endswith("/b2o"):
            receiver.asked.append("tried")
            raise sending.Failed("TimeoutError")
        return usual(url, *args, **kwargs)

    monkeypatch.setattr(delivering.sending, "post", half)
    deliver()
    assert [told["record"]["name"] for told in receiver.bodies] == ["Un", "Deux"]
    assert receiver.asked.count("tried") == 1  # its second waits for the first


def test_after_the_revocation_nothing_more_goes_out(receiver, webhook, make_company, administrator):
    ours = webhook()
    make_company("Dupont")
    actions.revoke(ours.request, reason="Fin", by=administrator)
    make_company("Durand")
    deliver()
    assert not receiver.got and [row.state for row in Delivery.objects.all()] == [DeliveryState.DROPPED]
    Delivery.objects.update(state=DeliveryState.QUEUED, next_try_at=timezone.now())  # as if it had been on its way
    deliver()
    assert not receiver.got


def test_out_of_service_nothing_is_queued(receiver, webhook, make_company, atelier, signed_in):
    ours = webhook()
    make_company("Dupont")
    admin, page = signed_in(atelier, "administrator"), f"{HOME}{ours.request_id}/webhooks/{ours.pk}/"
    assert admin.post(f"{page}switch/").status_code == 302
    make_company("Durand")
    deliver()
    assert not receiver.got and Delivery.objects.count() == 1
    admin.post(f"{page}switch/")
    make_company("Morvan")
    deliver()
    assert [told["record"]["name"] for told in receiver.bodies] == ["Morvan"]


def test_the_secret_is_shown_once(atelier, signed_in, make_request):
    request = make_request({"crm.company": {"read": ["name"]}}, hosts=["erp.acme.fr"])
    admin = signed_in(atelier, "administrator")
    answer = admin.post(f"{HOME}{request.pk}/webhooks/new/", {"url": "https://erp.acme.fr/b2o", "kinds": ["created"]})
    ours = Webhook.objects.get()
    assert secret_of(ours) in answer.content.decode() and answer.headers["Cache-Control"] == "no-store"
    for page in (f"{HOME}{request.pk}/", f"{HOME}{request.pk}/webhooks/{ours.pk}/"):
        assert "whsec_" not in admin.get(page).content.decode()


def test_beat_wakes_the_clients_that_have_something_to_send(receiver, webhook, make_company):
    from django_tenants.utils import schema_context

    webhook()
    make_company("Dupont")
    with schema_context("public"):
        deliver_due.delay()
    assert [told["record"]["name"] for told in receiver.bodies] == ["Dupont"]
