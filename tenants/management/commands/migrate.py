"""`manage.py migrate`: the public schema, the template, then every client that is late."""

from collections.abc import Callable

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connection
from django.utils.translation import gettext as _

from tenants import migrating, replaying
from tenants.autodetector import Autodetector
from tenants.provisioning import compile_template


class Command(DjangoMigrate):
    autodetector = Autodetector
    help = "Met à niveau le schéma public, le modèle, puis chaque client en retard."

    def handle(self, *args, **options):
        if options["app_label"] or options["plan"] or options["check_unapplied"] or options["prune"]:
            return super().handle(*args, **options)  # Django's own business, in the public schema
        self._migrate(settings.PUBLIC_SCHEMA_NAME, options)
        if self._migrate(settings.TEMPLATE_SCHEMA, options) or not self._compiled():
            compile_template()
        failed = replaying.migrate_all(self._schemas(), self._told(options))
        for schema, error in failed.items():
            self.stderr.write(f"{schema} : {error}")
        if failed:
            raise CommandError(
                f"{len(failed)} client(s) non migrés ({', '.join(failed)}) ; les autres le sont. "
                "Corrigez puis relancez."
            )
        return None

    def _told(self, options: dict) -> Callable[[str], None]:
        if options["verbosity"] < 1:
            return lambda line: None
        return lambda line: self.stdout.write(_("Clients migrés : %s") % line)

    def _migrate(self, schema: str, options: dict) -> bool:
        """Whether there was something to do."""
        migrating.ensure_schema(schema)
        if migrating.is_current(schema):
            return False
        with migrating.in_schema(schema):
            # Django's command would start in the search path of public for the template: run it inside the schema.
            super().handle(**options)
        return True

    def _compiled(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM public.b2o_template_ddl)")
            return cursor.fetchone()[0]

    def _schemas(self) -> list[str]:
        from tenants.models import Client

        return list(Client.objects.filter(destroyed_at=None).order_by("code").values_list("schema_name", flat=True))
