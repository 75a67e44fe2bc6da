# ruff: noqa: N999 - the command is called "import"
"""`manage.py import <client> crm.company FILE`: the same import as on screen, for the vendor and for big files."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_tenant_model, tenant_context

from core.display import number
from core.importing import actions
from core.importing.engine import Progress
from core.importing.importer import Draft
from core.importing.keys import keys_for
from core.importing.mapped import targets_for
from core.importing.plan import Mode, Plan
from core.importing.reading import FileError
from core.importing.report import refusals
from core.importing.undo import Entangled
from core.models import ImportBatch, ImportState
from core.registry import registry
from core.resource import Resource
from core.text import fold

_SCREEN = "manage.py import"


class Command(BaseCommand):
    help = "Importe un fichier chez un client, en une fois ou pas du tout ; ou annule un import."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client", help="nom court du client, avec - ou _")
        parser.add_argument("resource", nargs="?", help="ce qu’on importe : crm.company")
        parser.add_argument("file", nargs="?", help="fichier CSV ou XLSX")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="TITRE=CHAMP",
            help="ce que remplit une colonne ; auto : deviné",
        )
        parser.add_argument("--key", metavar="CHAMP", help="ce qui reconnaît une fiche ; vide : rien")
        parser.add_argument(
            "--mode", choices=Mode.values, default=Mode.BOTH.value, help="créer, mettre à jour, ou les deux"
        )
        parser.add_argument("--dry-run", action="store_true", help="vérifie seulement, sans rien écrire")
        parser.add_argument("--skip-refused", action="store_true", help="importe les lignes valides malgré les refus")
        parser.add_argument("--request", default="", metavar="REF", help="demande écrite du client (R01), gardée")
        parser.add_argument("--undo", type=int, metavar="N", help="annule l’import n° N")

    def handle(self, *args: Any, client: str, **options: Any) -> None:
        with tenant_context(self._client(client)):
            try:
                if options["undo"]:
                    self._undo(options["undo"])
                else:
                    self._import(**options)
            except FileError as error:
                raise CommandError(f"{options['file']} : {error}") from error

    def _import(
        self, *, resource: str, file: str, dry_run: bool, skip_refused: bool, request: str, **rest: Any
    ) -> None:
        target, path = self._resource(resource), self._path(file)
        with path.open("rb") as opened:
            batch = actions.receive(target, File(opened, name=path.name), path.name, by=None, request_ref=request)
        try:
            self._map(batch, target, rest["map"], rest["key"], rest["mode"])
            report = actions.check_now(batch, progress=self._progress("vérification"), heard=self._hear)
            for warning in report.warnings:
                self.stderr.write(warning)
            self._count("À faire" if not dry_run else "À blanc", report.counts)
            if report.counts["refused"] and not skip_refused:
                raise CommandError(
                    f"{number(report.counts['refused'])} ligne(s) refusée(s) : rien n’a été importé. Corrigez le "
                    "fichier, ou importez le reste avec --skip-refused."
                )
        except (FileError, CommandError):
            actions.discard(batch)
            raise
        if dry_run:
            actions.discard(batch)
        else:
            self._commit(batch)

    def _map(self, batch: ImportBatch, target: type[Resource], given: list[str], key: str | None, mode: str) -> None:
        """Which column goes where: what the titles and values suggest, and what --map says over it."""
        if not batch.plan:
            if given:
                raise CommandError("Ce format se reconnaît de lui-même : --map ne s’y applique pas.")
            return
        plan, known = Plan.of(batch.plan), targets_for(target, ())
        by_title = {fold(column.name): column for column in plan.columns}
        for text in given:
            title, _equals, name = text.rpartition("=")
            if text == "auto":
                continue
            if fold(title) not in by_title or (name and name not in known):
                raise CommandError(
                    f"--map {text} : donnez « Titre=champ ». Titres : {', '.join(c.name for c in plan.columns)}. "
                    f"Champs : {', '.join(known)}."
                )
            for column in plan.columns:
                column.target = "" if column.target == name else column.target
            by_title[fold(title)].target = name
        if not given:
            lines = "\n".join(f'  --map "{column.name}={column.target}"' for column in plan.columns)
            raise CommandError(f"Dites ce que contient chaque colonne, ou acceptez ceci par --map auto :\n{lines}")
        keys = keys_for(target, {name: known[name] for name in plan.targets})
        if key is not None and key not in keys and key:
            raise CommandError(f"--key {key} : les fiches se reconnaissent ici par {', '.join(keys) or 'rien'}.")
        plan.key, plan.mode = next(iter(keys), "") if key is None else key, mode
        batch.plan = plan.as_json()

    def _commit(self, batch: ImportBatch) -> None:
        batch.save()
        try:
            actions.commit_now(batch, None, screen=_SCREEN, progress=self._progress("import"))
        except actions.Changed as error:
            raise CommandError(
                "La base a changé pendant l’import, ou refuse d’autres lignes : rien n’a été importé.\n"
                + "\n".join(refusals(error.report.lines)[:20])
            ) from error
        counts = {name: getattr(batch, name) for name in ("created", "updated", "skipped", "refused")}
        self._count(f"Import n° {batch.pk} fait", counts)

    def _undo(self, pk: int) -> None:
        batch = ImportBatch.objects.filter(pk=pk).first()
        if batch is None or batch.state != ImportState.DONE:
            state = f" : il est « {batch.get_state_display()} »" if batch else " : il n’existe pas"
            raise CommandError(f"L’import n° {pk} ne peut pas être annulé{state}.")
        try:
            actions.take_back_now(batch, None, screen=_SCREEN)
        except Entangled as error:
            raise CommandError(actions.entangled_message(error, None)) from error
        self.stdout.write(f"L’import n° {pk} est annulé.")

    def _hear(self, draft: Draft) -> None:
        if draft.outcome == "refused":
            self.stdout.write(f"ligne {draft.line.number} : {' '.join(draft.reasons)}")

    def _count(self, title: str, counts: Any) -> None:
        self.stdout.write(
            f"{title} : {number(counts['created'])} créées, {number(counts['updated'])} mises à jour, "
            f"{number(counts['skipped'])} inchangées, {number(counts['refused'])} refusées."
        )

    def _progress(self, title: str) -> Progress:
        """A line on stderr at each tenth of a big file; on a terminal, one line that moves."""
        said = 0

        def tell(percents: int, lines: int) -> None:
            nonlocal said
            if percents - said >= 10 and percents < 100:
                said = percents - percents % 10
                ending = "\r" if sys.stderr.isatty() else "\n"
                self.stderr.write(f"{title} : {said} %", ending=ending)

        return tell

    def _client(self, code: str) -> Any:
        clients = get_tenant_model().objects
        found = clients.filter(code=code.replace("_", "-")).first()
        if found is None:
            known = ", ".join(clients.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Aucun client « {code} ». Clients : {known}.")
        return found

    def _resource(self, label: str | None) -> type[Resource]:
        found = registry.by_label.get((label or "").lower())
        if found is None:
            known = ", ".join(resource.key() for resource in registry)
            raise CommandError(f"« {label or ''} » ne s’importe pas. Ce qui s’importe : {known}.")
        return found

    def _path(self, file: str | None) -> Path:
        path = Path(file or "")
        if path.exists() and not path.is_file():
            raise CommandError(f"« {file} » n’est pas un fichier : donnez un fichier CSV ou XLSX.")
        if path.is_file() and not os.access(path, os.R_OK):
            raise CommandError(f"Le fichier « {file} » ne vous est pas lisible : vérifiez ses droits.")
        if not path.is_file():
            raise CommandError(f"Le fichier « {file or ''} » n’existe pas : vérifiez son chemin.")
        return path
