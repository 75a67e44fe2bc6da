"""The certificates of our hosts and of accepted authorities are watched: seen by ops, told in time, once (R07)."""

import datetime as dt
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.models import Client, Domain
from vendor import tasks
from vendor.certificates import our_hosts, probe
from vendor.models import HostCertificate
from vendor.reminders import remind

HOST = "atelier.localhost"


def certificate(name: str, days: int, *, issuer=None, ca=False):
    """(certificate, key) that holds `days` more days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    own, signer = issuer or (None, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(own.subject if own else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(timezone.now() - dt.timedelta(days=400))
        .not_valid_after(timezone.now() + dt.timedelta(days=days, hours=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(signer, hashes.SHA256()), key


def pem(*found) -> str:
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in found)


@pytest.fixture
def proxy(tmp_path, settings):
    """`proxy(certificate, key)`: something that shows this certificate to whoever asks, as the proxy of production."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings.CERTIFICATE_PROBE = f"127.0.0.1:{listener.getsockname()[1]}"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def answer() -> None:
        while True:
            try:
                plain, _address = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:  # whoever refuses the certificate hangs up
                plain.close()

    def show(shown, key) -> None:
        file = tmp_path / "shown.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        file.write_text(pem(shown) + secret)
        context.load_cert_chain(file)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield show
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_a_host_is_asked_as_a_browser_asks_it(proxy):
    authority = certificate("Autorité", 900, ca=True)
    proxy(*certificate(HOST, 30, issuer=authority))
    trusting = ssl.create_default_context(cadata=pem(authority[0]))
    ends_at, error = probe(HOST, trusting)
    assert error == "" and (ends_at - timezone.now()).days == 30
    ends_at, error = probe("autre.localhost", trusting)
    assert "Hostname mismatch" in error and ends_at
    assert probe(HOST)[1] != ""  # nobody vouches for that authority


def test_a_host_that_does_not_answer_is_a_fault(settings):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        settings.CERTIFICATE_PROBE = f"127.0.0.1:{closed.getsockname()[1]}"
    assert probe(HOST)[0] is None and "refused" in probe(HOST)[1]


def test_the_hosts_of_clients_that_are_open_are_asked_and_those_of_ours(atelier, horizon):
    with schema_context("public"):
        Client.objects.filter(pk=horizon.pk).update(state="suspended")
        Domain.objects.create(domain="gestion.morvan.example", tenant=atelier, is_primary=False)
        assert our_hosts() == {
            "localhost": None, "www.localhost": None, "ops.localhost": None, "dpo.localhost": None,
            HOST: atelier.pk, "gestion.morvan.example": atelier.pk,
        }  # fmt: skip


def test_what_is_wrong_is_on_the_first_page_of_ops_and_told_once(proxy, ops, atelier, settings):
    settings.OPS_EMAILS = ["ops@b2o.example"]
    proxy(*certificate(HOST, 5))
    with schema_context("public"):
        tasks.watch_certificates.apply(throw=True)
        kept = HostCertificate.objects.get(host=HOST)
    assert kept.client_id == atelier.pk and "self-signed" in kept.error and (kept.ends_at - timezone.now()).days == 5
    page = ops.get("/admin/").content.decode()
    assert f"{HOST} : self-signed" in page
    with schema_context("public"):
        tasks.remind.apply(throw=True)
        tasks.remind.apply(throw=True)
    (message,) = mail.outbox
    assert f"Certificat de {HOST} (Atelier Morvan) : en défaut" in message.body and "il finit le" in message.body


def test_an_end_is_told_at_three_weeks_one_week_and_a_day(atelier, settings):
    settings.OPS_EMAILS = ["ops@b2o.example"]
    end = timezone.now() + dt.timedelta(days=60)
    last = timezone.localdate(end)
    with schema_context("public"):
        HostCertificate.objects.create(host=HOST, client=atelier, checked_at=timezone.now(), ends_at=end)
        told = [len(remind(last - dt.timedelta(days=days))) for days in (30, 22, 21, 20, 8, 7, 2, 1, 0)]
    assert told == [0, 0, 1, 0, 0, 1, 0, 1, 0]


def test_the_end_of_an_accepted_authority_is_told_and_seen(ops, atelier):
    authority, _key = certificate("Autorité de Morvan", 10, ca=True)
    with schema_context("public"):
        Client.objects.filter(pk=atelier.pk).update(certificate_authorities=pem(authority))
        assert remind() == []  # nothing is demanded
        Client.objects.filter(pk=atelier.pk).update(demands_certificate=True)
        (due,) = remind()
    assert "Autorité « Autorité de Morvan » acceptée par Atelier Morvan" in due.text
    assert due.on == timezone.localdate(authority.not_valid_after_utc)
    assert "Autorité de Morvan : " in ops.get("/admin/").content.decode()


def test_a_fault_has_a_beginning(atelier):
    with schema_context("public"), pytest.raises(IntegrityError), transaction.atomic():
        HostCertificate.objects.create(host=HOST, checked_at=timezone.now(), error="expired")
