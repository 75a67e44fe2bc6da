"""`manage.py backup full|increment|list|verify|restore|undo|prune|hold|release|drill|keys|head|status`."""

import time
from argparse import ArgumentParser
from collections.abc import Iterable
from functools import partial

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backups import catalogue, drill, heads, retention, status
from backups.actions import back_up, verify
from backups.errors import BackupError
from backups.keyring import keyring
from backups.models import Backup, Kind, Trigger
from backups.restoring import put_back, restore_as, restore_over
from core.templatetags.french import num, size
from tenants.management.commands.client import typed
from tenants.models import Client


class Command(BaseCommand):
    help = "Sauvegarde les clients, vérifie les sauvegardes et les restaure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        full = verbs.add_parser("full", help="sauvegarde complète, vérifiée par une restauration")
        full.add_argument("client", nargs="?", help="nom court")
        full.add_argument("--all", dest="everyone", action="store_true", help="tous les clients")
        increment = verbs.add_parser("increment", help="ce qui a changé depuis la dernière complète, vérifié de même")
        increment.add_argument("client", nargs="?", help="nom court")
        increment.add_argument("--all", dest="everyone", action="store_true", help="tous les clients")
        shown = verbs.add_parser("list", help="les sauvegardes")
        shown.add_argument("client", nargs="?")
        check = verbs.add_parser("verify", help="relit chaque octet et restaure à côté")
        check.add_argument("backup", nargs="+", help="numéro, ou « latest » : la dernière de chaque client")
        restore = verbs.add_parser("restore", help="remet un client comme il était, ou en fait un nouveau")
        restore.add_argument("client")
        restore.add_argument("--backup", help="numéro (par défaut : la dernière)")
        restore.add_argument("--as", dest="name", help="nom court d’un nouveau client")
        restore.add_argument("--yes", action="store_true", help="ne pas demander de confirmation")
        restore.add_argument("--other-functions", action="store_true", help="accepter d’autres fonctions de la base")
        undo = verbs.add_parser("undo", help="annule la dernière restauration d’un client")
        undo.add_argument("client")
        undo.add_argument("--yes", action="store_true", help="ne pas demander de confirmation")
        prune = verbs.add_parser("prune", help="détruit ce qui a fait son temps (six jours ouvrés)")
        prune.add_argument("--clock-is-right", action="store_true", help="les sauvegardes en doute sont ordinaires")
        held = verbs.add_parser("hold", help="garde une sauvegarde au-delà de son terme")
        held.add_argument("backup")
        held.add_argument("reason", help="motif")
        released = verbs.add_parser("release", help="ne la garde plus")
        released.add_argument("backup")
        tried = verbs.add_parser("drill", help="restaure à l’essai l’échantillon de la nuit")
        tried.add_argument("--clients", type=int, help="combien de clients (par défaut : un sur cinq)")
        verbs.add_parser("keys", help="crée le trousseau des clés, une fois")
        head = verbs.add_parser("head", help="copie la tête du catalogue près des sauvegardes")
        head.add_argument("--accept", action="store_true", help="même plus courte que la copie : après un sinistre")
        verbs.add_parser("status", help="où en est chaque client ; échoue s’il en manque un")

    def handle(self, *args, verb: str, **options) -> None:
        try:
            getattr(self, f"_run_{verb}")(**options)
        except BackupError as error:
            raise CommandError(str(error)) from error

    def _run_full(self, **options):
        self._back_up(Kind.FULL, **options)

    def _run_increment(self, **options):
        self._back_up(Kind.INCREMENT, **options)

    def _back_up(self, kind: Kind, *, client, everyone, **options):
        if bool(client) == everyone:
            raise CommandError("Donnez un client, ou --all pour tous.")
        clients = list(Client.objects.all()) if everyone else [self._client(client)]
        self._each(clients, partial(self._one, kind))

    def _run_list(self, *, client, **options):
        rows = Backup.objects.filter(client_code=client) if client else Backup.objects.all()
        if not rows.exists():
            self.stdout.write("Aucune sauvegarde.")
        for row in rows:
            when = timezone.localtime(row.started_at).strftime("%d/%m/%Y %H:%M")
            self.stdout.write(
                f"{row.seq:>6}  {row.client_code:<24} {when}  {row.get_kind_display():<9}  {size(row.size):>9}  "
                f"{row.get_state_display()}{' : ' + row.error if row.error else ''}"
                f"{'  gardée : ' + row.hold if row.hold else ''}"
            )

    def _run_verify(self, *, backup, **options):
        wanted: dict[int, Backup] = {}
        for word in backup:
            found = self._latest_of_each() if word == "latest" else [self._backup(word)]
            wanted |= {row.seq: row for row in found}
        if not wanted:
            raise CommandError("Aucune sauvegarde à vérifier.")
        self._each(wanted.values(), self._verify)

    def _run_restore(self, *, client, backup, name, yes, other_functions, **options):
        target = Client.objects.filter(code=client).first()
        chosen = self._chosen(client, target, backup)
        started = time.perf_counter()
        if name or target is None:
            done = restore_as(name or client, chosen, other_functions=other_functions)
        else:
            self._confirm(
                yes, target, f"Remplacer les données de « {target.name} » par la sauvegarde n° {chosen.seq} ?"
            )
            done = restore_over(target, chosen, other_functions=other_functions)
        self.stdout.write(
            f"{done.client.code} restauré de la sauvegarde n° {chosen.seq} en {_seconds(started)} : "
            f"{num(done.rows)} lignes identiques, {done.files_written} fichier(s) remis, sur {done.client.host}."
        )
        if done.previous:
            self.stdout.write(f"L’état d’avant est gardé dans « {done.previous} » : « backup undo {client} » le remet.")
        for remark in done.remarks:
            self.stdout.write(f"À noter : {remark}")

    def _run_undo(self, *, client, yes, **options):
        target = self._client(client)
        self._confirm(yes, target, f"Annuler la dernière restauration de « {target.name} » ?")
        previous = put_back(target)
        self.stdout.write(
            f"{client} est comme avant sa restauration. Ce qu’il contenait est gardé dans « {previous} »."
        )

    def _run_prune(self, *, clock_is_right, **options):
        if clock_is_right:
            self.stdout.write(f"{retention.trust_clock()} sauvegarde(s) en doute sont ordinaires.")
        self.stdout.write(f"{retention.prune_all()} sauvegarde(s) détruites.")

    def _run_hold(self, *, backup, reason, **options):
        retention.hold(self._backup(backup), reason)
        self.stdout.write(f"La sauvegarde n° {backup} est gardée : {reason}")

    def _run_release(self, *, backup, **options):
        retention.release(self._backup(backup))
        self.stdout.write(f"La sauvegarde n° {backup} expire comme les autres.")

    def _run_drill(self, *, clients, **options):
        done = drill.drill(clients)
        for row, error in done.items():
            self.stdout.write(f"{row.client_code} : sauvegarde n° {row.seq} {error or 'restaurée à l’essai'}")
        if any(done.values()):
            raise CommandError("Un essai a échoué.")

    def _run_keys(self, **options):
        ring = keyring()
        ring.create()
        self.stdout.write(
            f"Trousseau créé dans {ring.folder}. Gardez-en deux copies hors d’ici : sans lui, rien ne s’ouvre. "
            f"{ring.kek} ne doit rester que là où l’on restaure."
        )

    def _run_status(self, **options):
        report = status.report()
        for line in report.lines:
            self.stdout.write(line)
        if report.alarms:
            raise CommandError(" ".join(report.alarms))

    def _run_head(self, *, accept, **options):
        length = heads.copy(accept=accept)
        if length is None:
            raise CommandError("Rien n’est copié : le catalogue est vide, rompu ou raccourci (backup status).")
        self.stdout.write(f"Catalogue : {num(length)} chaînon(s), la tête est copiée.")

    def _one(self, kind: Kind, client: Client) -> None:
        started = time.perf_counter()
        done = back_up(client, trigger=Trigger.MANUAL, kind=kind)
        over = f" sur la n° {done.parent_id}" if done.parent_id else ""
        self.stdout.write(
            f"{client.code} : sauvegarde n° {done.seq}{over} vérifiée en {_seconds(started)}, {num(done.rows)} lignes, "
            f"{done.files} fichier(s), {size(done.size)}"
        )
        if done.note:
            self.stdout.write(f"À noter : {done.note}")

    def _verify(self, row: Backup) -> None:
        started = time.perf_counter()
        verify(row)
        self.stdout.write(f"{row.client_code} : sauvegarde n° {row.seq} intacte, vérifiée en {_seconds(started)}")

    def _each(self, items: Iterable, work) -> None:
        """One that fails is told and the others go on; the command fails at the end."""
        failed = 0
        for item in items:
            try:
                work(item)
            except BackupError as error:
                failed += 1
                self.stderr.write(f"{item} : {error}")
        if failed:
            raise CommandError(f"{failed} échec(s).")

    def _chosen(self, code: str, target: Client | None, seq: str | None) -> Backup:
        if seq and seq != "latest":
            chosen = self._backup(seq)
            if chosen.client_code != code:
                raise CommandError(f"La sauvegarde n° {seq} est de « {chosen.client_code} », pas de « {code} ».")
            return chosen
        last = Backup.objects.restorable().filter(client_code=code).first()
        found = catalogue.newest(target.pk) if target else last
        if found is None:
            raise CommandError(f"Aucune sauvegarde de « {code} » ne peut être restaurée.")
        return found

    def _backup(self, seq: str) -> Backup:
        found = Backup.objects.filter(pk=seq).first() if seq.isdecimal() and len(seq) < 19 else None
        if found is None:
            raise CommandError(f"Aucune sauvegarde n° {seq} : « backup list » les montre.")
        return found

    def _latest_of_each(self) -> list[Backup]:
        ids = Client.objects.values_list("pk", flat=True)
        return [row for row in map(catalogue.newest, ids) if row]

    def _client(self, code: str) -> Client:
        found = Client.objects.filter(code=code).first()
        if found is None:
            raise CommandError(f"Aucun client « {code} ».")
        return found

    def _confirm(self, yes: bool, client: Client, question: str) -> None:
        if not yes and typed(f"{question} Tapez {client.code} : ") != client.code:
            raise CommandError("Rien n’a été changé.")


def _seconds(started: float) -> str:
    return f"{time.perf_counter() - started:.1f} s".replace(".", ",")
