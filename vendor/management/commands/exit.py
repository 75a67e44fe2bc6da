"""`manage.py exit list|begin|export|sign|stop|destroy|certificate`: what ops' screens do, with the same checks."""

import datetime as dt
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backups.errors import BackupError
from tenants.documents import vendor_storage
from vendor import exits
from vendor.management.operators import acting, add_operator, client_of, document
from vendor.models import Exit


class Command(BaseCommand):
    help = "Conduit la sortie d’un client : export, reçu signé, destruction après son délai, certificat."

    def add_arguments(self, parser: Any) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="les sorties, et où elles en sont")
        begin = verbs.add_parser("begin", help="ferme l’instance et fait l’export")
        export = verbs.add_parser("export", help="refait l’export, tant que le reçu n’est pas signé")
        sign = verbs.add_parser("sign", help="enregistre le reçu signé : le délai commence")
        sign.add_argument("--signatory", required=True)
        sign.add_argument("--signed-on", required=True, type=dt.date.fromisoformat, help="AAAA-MM-JJ")
        sign.add_argument("--document", required=True, help="le reçu : PDF, PNG ou JPEG")
        stop = verbs.add_parser("stop", help="arrête la destruction et rouvre l’instance")
        stop.add_argument("--reason", required=True)
        destroy = verbs.add_parser("destroy", help="détruit ce dont le délai est passé")
        paper = verbs.add_parser("certificate", help="écrit le certificat de destruction")
        paper.add_argument("--to", required=True, type=Path, help="fichier PDF à écrire")
        for verb in (begin, export, sign, stop, destroy, paper):
            verb.add_argument("code", help="nom court du client")
            add_operator(verb)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        if verb == "list":
            for found in Exit.objects.select_related("client"):
                self.stdout.write(f"{found.client.code:<24} {_where(found)}")
            return
        with acting(options["by"]) as operator:
            getattr(self, verb)(**{**options, "by": str(operator)})

    def begin(self, *, code: str, **options: Any) -> None:
        found = exits.begin(client_of(code), by=options["by"])
        self.stdout.write(f"L’instance {code} est fermée.")
        self._export(found)

    def export(self, *, code: str, **options: Any) -> None:
        self._export(_running(code))

    def _export(self, found: Exit) -> None:
        try:
            exits.export(found)
        except (BackupError, OSError, psycopg.Error) as error:
            raise CommandError(f"L’export a échoué : {error}. Relancez « exit export ».") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Export : {found.rows} lignes, {found.files} fichiers, SHA-256 {found.archive_sha256}.")

    def sign(self, *, code: str, signatory: str, signed_on: dt.date, **options: Any) -> None:
        found = _running(code)
        found.receipt_signatory, found.receipt_signed_on = signatory, signed_on
        found.receipt_document = document(options["document"])
        exits.sign(found)
        self.stdout.write(f"Reçu enregistré : destruction à partir du {found.destroy_on}.")

    def stop(self, *, code: str, reason: str, **options: Any) -> None:
        exits.stop(_running(code), reason=reason, by=options["by"])
        self.stdout.write(f"La destruction de {code} est arrêtée ; l’instance est rouverte.")

    def destroy(self, *, code: str, **options: Any) -> None:
        found = _running(code)
        exits.destroy(found)
        self.stdout.write(f"{code} est détruit ; certificat SHA-256 {found.certificate_sha256}.")

    def certificate(self, *, code: str, to: Path, **options: Any) -> None:
        found = Exit.objects.filter(client=client_of(code)).exclude(certificate="").first()
        if found is None:
            raise CommandError(f"{code} n’est pas détruit : il n’y a pas de certificat.")
        with vendor_storage.open(found.certificate) as paper:
            to.write_bytes(paper.read())
        self.stdout.write(f"{to} écrit.")


def _running(code: str) -> Exit:
    found = Exit.objects.filter(client=client_of(code), stopped_at=None, destroyed_at=None).first()
    if found is None:
        raise CommandError(f"Aucune sortie de {code} n’est en cours : « exit begin {code} ».")
    return found


def _where(found: Exit) -> str:
    if found.destroyed_at:
        return f"détruit le {timezone.localdate(found.destroyed_at)}, certificat {found.certificate_sha256[:12]}…"
    if found.stopped_at:
        return f"arrêtée le {timezone.localdate(found.stopped_at)} : {found.stop_reason}"
    if found.destroy_on:
        return f"reçu signé le {found.receipt_signed_on}, destruction à partir du {found.destroy_on}"
    if found.exported_at:
        return f"export du {timezone.localdate(found.exported_at)}, reçu attendu"
    return f"export à faire ({found.error})" if found.error else "export à faire"
