"""Certificates: for which hosts one is asked for, and the one that an instance may demand of its visitors (R07)."""

import base64
import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.core.exceptions import ValidationError
from django.test import Client as HttpClient
from django.utils import timezone

from tenants.middleware import forget_hosts
from tenants.models import Client, State
from tests.conftest import visitor
from tests.tenants.conftest import behind_the_triggers


@pytest.fixture(autouse=True)
def _fresh():
    forget_hosts()
    yield
    forget_hosts()


def ask(domain: str, **headers: str) -> int:
    return HttpClient(headers={"host": "web:8000", **headers}).get("/tls/ask", {"domain": domain}).status_code


@pytest.mark.parametrize(
    "host", ["atelier.localhost", "ATELIER.localhost.", "ops.localhost", "www.localhost", "localhost"]
)
def test_a_certificate_is_asked_for_our_hosts_and_those_of_clients(atelier, host):
    assert ask(host) == 200


@pytest.mark.parametrize(
    "host", ["", "inconnu.localhost", "evil.example", "x.atelier.localhost", "b2o_template.localhost"]
)
def test_no_certificate_is_asked_for_an_unknown_host(atelier, host):
    assert ask(host) == 404


@pytest.mark.parametrize(("state", "status"), [(State.SUSPENDED, 200), (State.LEAVING, 200), (State.CLOSED, 404)])
def test_a_closed_client_has_no_certificate_any_more(atelier, state, status):
    with behind_the_triggers("client"):
        Client.objects.filter(pk=atelier.pk).update(state=state)
    assert ask("atelier.localhost") == status


def test_a_visitor_from_outside_is_not_told_who_our_clients_are(atelier):
    assert ask("atelier.localhost", x_forwarded_for="203.0.113.7") == 404
    assert ask("ops.localhost", x_forwarded_for="203.0.113.7") == 404


# --- the visitor's own ----------------------------------------------------------------------------------------------
class Authority:
    """An authority of a client, which makes certificates for its devices."""

    def __init__(self, name: str = "Autorité Morvan") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._made(self.name, self.key, ca=True)

    def device(
        self, *, days: tuple[int, int] = (-1, 30), usage=ExtendedKeyUsageOID.CLIENT_AUTH, ca: bool = False
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "poste-12")])
        return self._made(subject, ec.generate_private_key(ec.SECP256R1()), days=days, usage=usage, ca=ca)

    def _made(self, subject, key, *, days=(-1, 365), usage=None, ca=False) -> x509.Certificate:
        now = timezone.now()
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=days[0])).not_valid_after(now + dt.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )  # fmt: skip
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def shown(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


@pytest.fixture
def authority(atelier, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    authority = Authority()
    Client.objects.filter(pk=atelier.pk).update(demands_certificate=True, certificate_authorities=authority.pem)
    forget_hosts()
    return authority


def visit(client, header: str, address: str = "/account/login/", **options):
    return visitor(client).get(address, headers={"x-client-certificate": header}, **options)


def test_a_device_with_the_authoritys_certificate_comes_in(atelier, authority):
    assert visit(atelier, shown(authority.device())).status_code == 200


def test_without_a_certificate_a_page_says_where_to_get_one(atelier, authority):
    answer = visitor(atelier).get("/account/login/")
    assert answer.status_code == 403 and "demande un certificat" in answer.content.decode()
    assert visitor(atelier).get("/api/crm/companies/").status_code == 403


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (lambda one: Authority().device(), "n’ouvre pas"),  # the same name, another key
        (lambda one: one.device(days=(-30, -1)), "plus valable"),
        (lambda one: one.device(days=(1, 30)), "plus valable"),
        (lambda one: one.device(usage=ExtendedKeyUsageOID.SERVER_AUTH), "n’ouvre pas"),
        (lambda one: one.device(ca=True), "n’ouvre pas"),
    ],
)
def test_another_certificate_stays_outside(atelier, authority, device, words):
    answer = visit(atelier, shown(device(authority)))
    assert answer.status_code == 403 and words in answer.content.decode()


@pytest.mark.parametrize("header", ["x", "====", "AAAA", "A" * 20_000, "é"])
def test_what_is_no_certificate_stays_outside(atelier, authority, header):
    assert visit(atelier, header).status_code == 403


def test_the_header_of_anyone_but_the_proxy_counts_for_nothing(atelier, authority):
    answer = visit(atelier, shown(authority.device()), REMOTE_ADDR="203.0.113.7")
    assert answer.status_code == 403 and "demande un certificat" in answer.content.decode()


def test_a_certificate_can_be_accepted_by_its_fingerprint_alone(atelier, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1/32"]
    mine, other = Authority().device(), Authority().device()
    Client.objects.filter(pk=atelier.pk).update(
        demands_certificate=True, certificate_fingerprints=[mine.fingerprint(hashes.SHA256()).hex()]
    )
    forget_hosts()
    assert visit(atelier, shown(mine)).status_code == 200
    assert visit(atelier, shown(other)).status_code == 403


def test_another_client_demands_nothing(horizon, authority):
    assert visitor(horizon).get("/account/login/").status_code == 200


@pytest.mark.parametrize(
    "values",
    [{"certificate_authorities": "rien"}, {"certificate_authorities": ""}, {"certificate_fingerprints": ["AB:CD"]}],
)
def test_a_demand_that_nobody_could_meet_is_refused(atelier, values):
    client = Client.objects.get(pk=atelier.pk)
    client.demands_certificate = True
    for name, value in values.items():
        setattr(client, name, value)
    with pytest.raises(ValidationError):
        client.full_clean(exclude=["schema_name"])
    leaf = Authority().device().public_bytes(serialization.Encoding.PEM).decode()
    client.certificate_authorities, client.certificate_fingerprints = leaf, []
    with pytest.raises(ValidationError, match="autorité"):
        client.full_clean(exclude=["schema_name"])
