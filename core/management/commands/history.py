"""`manage.py history verify|seal [client…] [--all]`: the chain of each client's history."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_tenant_model, schema_context

from core.display import number
from core.sealing import seal_all
from core.verification import Report, verify


class Command(BaseCommand):
    help = "Scelle l’historique des clients, ou vérifie que rien n’y a été changé (code de sortie 1 sinon)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["verify", "seal"], help="verify : vérifie, puis scelle ; seal : scelle")
        parser.add_argument("clients", nargs="*", help="noms courts")
        parser.add_argument("--all", action="store_true", help="tous les clients")

    def handle(self, *args: Any, verb: str, clients: list[str], **options: Any) -> None:
        schemas = self._schemas(clients, every=options["all"])
        if verb == "seal":
            sealed = seal_all(schemas.values())
            for code, schema in schemas.items():
                self.stdout.write(f"{code:<24} {number(sealed.get(schema, 0))} événement(s) scellé(s)")
            return
        # Verified before it is sealed: what is damaged is told while the seals are as they were found.
        reports = {}
        for code, schema in schemas.items():
            with schema_context(schema):
                reports[code] = verify()
        sealed = seal_all(schema for code, schema in schemas.items() if reports[code].intact)
        for code, report in reports.items():
            self._show(code, report, sealed.get(schemas[code], 0))
        damaged = sum(not report.intact for report in reports.values())
        if damaged:
            raise CommandError(f"Historique endommagé chez {damaged} client(s).", returncode=1)

    def _show(self, code: str, report: Report, sealed: int) -> None:
        parts = [f"{number(report.events)} événement(s)", f"scellé jusqu’au n° {report.sealed_up_to}"]
        if sealed:
            parts.append(f"{number(sealed)} scellé(s) à l’instant")
        if report.forgotten:
            parts.append(f"{number(report.forgotten)} effacé(s)")
        if report.uncommitted:
            parts.append(f"{number(report.uncommitted)} sans engagement (avant le scellement)")
        state = "intact" if report.intact else f"ENDOMMAGÉ ({number(report.damages)})"
        self.stdout.write(f"{code:<24} {state} : {', '.join(parts)}")
        for text in report.found:
            self.stdout.write(f"    {text}")

    def _schemas(self, clients: list[str], *, every: bool) -> dict[str, str]:
        """{short name: schema} of the clients that were named. Raises CommandError."""
        if every == bool(clients):
            raise CommandError("Nommez des clients, ou dites --all.")
        known = dict(get_tenant_model().objects.order_by("code").values_list("code", "schema_name"))
        wanted = known if every else dict.fromkeys(code.replace("_", "-") for code in clients)
        unknown = [code for code in wanted if code not in known]
        if unknown:
            raise CommandError(f"Aucun client « {unknown[0]} ». Clients : {', '.join(known) or 'aucun'}.")
        return {code: known[code] for code in wanted}
