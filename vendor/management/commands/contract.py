"""`manage.py contract list|add|amend|terminate`: what ops' screens do, with the same checks."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from tenants.contracts import granted, seats_taken
from tenants.middleware import forget_hosts
from tenants.models import Contract
from tenants.states import follow_contract
from vendor.admin.contracts import AmendmentForm, ContractForm, TerminationForm
from vendor.management.operators import acting, add_operator, client_of, document


class Command(BaseCommand):
    help = "Liste, enregistre, amende ou résilie des contrats, documents signés à l’appui."

    def add_arguments(self, parser: Any) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="les contrats et ce qu’ils donnent").add_argument("code", nargs="?", default="")
        add = verbs.add_parser("add", help="un contrat signé")
        add.add_argument("code", help="nom court du client")
        add.add_argument("--starts-on", required=True, help="mise en service, AAAA-MM-JJ")
        add.add_argument("--notice-months", required=True, help="préavis, tel que le contrat le dit")
        amend = verbs.add_parser("amend", help="un avenant signé ; ce qui n’est pas dit reste")
        amend.add_argument("contract", help="numéro du contrat")
        amend.add_argument("--effective-on", required=True, help="prend effet le, AAAA-MM-JJ")
        amend.add_argument("--purpose", required=True)
        for verb, needed in ((add, True), (amend, False)):
            verb.add_argument("--number", required=True)
            verb.add_argument("--signed-on", required=True, help="AAAA-MM-JJ")
            verb.add_argument("--seats", required=needed, help="utilisateurs, en tout")
            verb.add_argument("--modules", required=needed, help="séparés par des virgules, tous")
            verb.add_argument("--fee", required=needed, help="redevance annuelle hors taxes, en euros")
        end = verbs.add_parser("terminate", help="la lettre recommandée qui met fin au contrat")
        end.add_argument("contract", help="numéro du contrat")
        end.add_argument("--letter", required=True, help="numéro du recommandé")
        end.add_argument("--received-on", required=True, help="date de l’avis de réception, AAAA-MM-JJ")
        end.add_argument("--party", choices=("client", "vendor"), default="client")
        for verb in (add, amend, end):
            verb.add_argument("--document", required=True, help="l’acte signé : PDF, PNG ou JPEG")
            add_operator(verb)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        getattr(self, verb)(**options)

    def list(self, *, code: str, **options: Any) -> None:
        found = Contract.objects.select_related("client").order_by("client__code", "starts_on")
        for contract in found.filter(client=client_of(code)) if code else found:
            client, given = contract.client, granted(contract.client_id)
            ends = f"finit le {contract.ends_on}" if contract.ends_on else "se reconduit"
            line = f"{client.code:<24} {contract.number:<16} du {contract.starts_on}, {ends}"
            if given is not None and given.contract_id == contract.pk and client.destroyed_at is None:
                line += f" ; places {seats_taken(client)}/{given.seats}, modules {', '.join(sorted(given.modules))}"
            self.stdout.write(line)

    def add(self, *, code: str, **options: Any) -> None:
        client = client_of(code)
        self._record(ContractForm, {**_figures(options), "client": client.pk}, options)
        self.stdout.write(
            f"Contrat {options['number']} de {client} enregistré ; {client_of(code).get_state_display()}."
        )

    def amend(self, *, contract: str, **options: Any) -> None:
        found = _contract(contract)
        self._record(AmendmentForm, {**_figures(options), "contract": found.pk}, options)
        self.stdout.write(f"Avenant {options['number']} au contrat {found} enregistré.")

    def terminate(self, *, contract: str, **options: Any) -> None:
        found = _contract(contract)
        data = {"contract": found.pk, "letter_number": options["letter"]}
        self._record(TerminationForm, data, options)
        found.refresh_from_db()
        self.stdout.write(f"Contrat {found} résilié : il finit le {found.ends_on}.")

    def _record(self, form_class: Any, data: dict[str, Any], options: dict[str, Any]) -> None:
        sent = {**{name: value for name, value in options.items() if value is not None}, **data}
        with acting(options["by"]), transaction.atomic():
            form = form_class(sent, {"document": document(options["document"])})
            if not form.is_valid():
                raise ValidationError({name: list(errors) for name, errors in form.errors.items()})
            made = form.save()
            follow_contract(made.client if isinstance(made, Contract) else made.contract.client)
        forget_hosts()


def _figures(options: dict[str, Any]) -> dict[str, Any]:
    """What the forms call otherwise."""
    figures: dict[str, Any] = {}
    if options["modules"] is not None:
        figures["modules"] = [name.strip() for name in options["modules"].split(",") if name.strip()]
    if options["fee"] is not None:
        figures["yearly_fee"] = options["fee"]
    return figures


def _contract(number: str) -> Contract:
    found = Contract.objects.select_related("client").filter(number=number).first()
    if found is None:
        raise CommandError(f"Aucun contrat « {number} ».")
    return found
