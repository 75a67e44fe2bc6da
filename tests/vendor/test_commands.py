"""Contracts and exits by command: the same checks as on screen, in the operator's name."""

import io

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import schema_context

from tenants.contracts import granted
from tenants.models import Client, Contract, State, Termination
from tests.tenants.conftest import PDF, today
from vendor import demo
from vendor.models import Exit


@pytest.fixture
def scan(tmp_path) -> str:
    (tmp_path / "acte.pdf").write_bytes(PDF)
    return str(tmp_path / "acte.pdf")


@pytest.fixture(autouse=True)
def _public(atelier, horizon):
    with schema_context("public"):
        yield


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_contract_is_signed_amended_and_ended_by_command(atelier, scan):
    day = today().isoformat()
    said = run(
        "contract", "add", "atelier", "--number", "C-1", "--signed-on", day, "--starts-on", day, "--seats", "5",
        "--modules", "crm", "--fee", "2400", "--notice-months", "3", "--document", scan, "--by", "Anne Ops",
    )  # fmt: skip
    assert "En service" in said
    change = Client.objects.get(pk=atelier.pk).changes.get()
    assert (change.after, change.actor) == ("live", "Anne Ops (commande)")
    run(
        "contract", "amend", "C-1", "--number", "1", "--signed-on", day, "--effective-on", day, "--seats", "8",
        "--purpose", "Trois de plus", "--document", scan,
    )  # fmt: skip
    assert granted(atelier.pk).seats == 8 and "places 3/8" in run("contract", "list", "atelier")
    run("contract", "terminate", "C-1", "--letter", "1A 234", "--received-on", day, "--document", scan)
    assert Termination.objects.get().letter_number == "1A 234"
    assert Client.objects.get(pk=atelier.pk).state == State.LEAVING
    assert "finit le" in run("contract", "list")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("--modules", "lune"), "lune"),
        (("--seats", "0"), "seats"),
        (("--document", "/nulle/part.pdf"), "ne se lit pas"),
        (("--starts-on", "hier"), "starts_on"),
    ],
)
def test_what_is_wrong_with_a_contract_is_said_by_field_and_nothing_is_kept(scan, change, words):
    day = today().isoformat()
    options = {
        "--number": "C-1", "--signed-on": day, "--starts-on": day, "--seats": "5", "--modules": "crm", "--fee": "2400",
        "--notice-months": "3", "--document": scan, change[0]: change[1],
    }  # fmt: skip
    with pytest.raises(CommandError, match=words):
        run("contract", "add", "atelier", *(word for pair in options.items() for word in pair))
    assert not Contract.objects.exists()


def test_an_exit_is_led_by_command_and_nothing_is_destroyed_before_its_time(atelier, scan, tmp_path):
    with pytest.raises(CommandError, match="départ"):
        run("exit", "begin", "atelier")
    with pytest.raises(CommandError, match="Aucune sortie"):
        run("exit", "destroy", "atelier")
    Client.objects.filter(pk=atelier.pk).update(state=State.LEAVING)
    Exit.objects.create(client=atelier, begun_by="Anne Ops")
    for words, refusal in (
        (("sign", "--signatory", "A", "--signed-on", today().isoformat(), "--document", scan), "pas encore d’export"),
        (("destroy",), "Rien ne se détruit"),
        (("certificate", "--to", str(tmp_path / "c.pdf")), "pas de certificat"),
    ):
        with pytest.raises(CommandError, match=refusal):
            run("exit", words[0], "atelier", *words[1:])
    assert "export à faire" in run("exit", "list")


def test_the_demo_has_contracts_and_windows_once(atelier, horizon):
    clients = list(Client.objects.filter(code__in=("atelier", "horizon")))
    demo.fill(clients, "Équipe Exploitation")
    demo.fill(clients, "Équipe Exploitation")
    assert Contract.objects.count() == 2 and granted(atelier.pk).seats == 15
    assert {client.state for client in Client.objects.all()} == {State.LIVE}
    for contract in Contract.objects.all():
        assert contract.document.read().startswith(b"%PDF-") and contract.client.insurances.count() == 1
