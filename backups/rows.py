"""Rows of a client in a backup and in the instance, side by side: what the two ways of bringing them back share."""

from functools import cache

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from psycopg import sql

from backups.errors import BackupError
from backups.models import Backup
from tenants.models import Client

Model = type[models.Model]


def check_owner(client: Client, backup: Backup) -> None:
    """Raises BackupError when the backup is another client's."""
    if backup.client_id != client.pk:
        raise BackupError(_("La sauvegarde n° %(seq)s n’est pas de ce client.") % {"seq": backup.seq})


@cache
def ours() -> frozenset[Model]:
    """The models whose rows are a client's, many-to-many tables too. Accounts are not: nobody gets one back so."""
    clients_only = [name for name in settings.TENANT_APPS if name not in settings.SHARED_APPS]
    return frozenset(
        model
        for config in apps.get_app_configs()
        if config.name in clients_only
        for model in config.get_models(include_auto_created=True)
    )


def model_named(label: str) -> Model:
    """Raises BackupError for a model that is no client's."""
    try:
        found = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise BackupError(_("« %(label)s » n’est pas une table du client.") % {"label": label}) from error
    if found not in ours():
        raise BackupError(_("« %(label)s » n’est pas une table du client.") % {"label": label})
    return found


def key_of(model: Model) -> str:
    """The column of its primary key."""
    return str(model._meta.pk.column)


def table_of(schema: str, model: Model) -> sql.Identifier:
    return sql.Identifier(schema, model._meta.db_table)


def value_of(column: models.Field, live: str) -> sql.Composable:
    """A column of the backed-up row `b` as it was; a link to an account that is gone is left empty, where it may be."""
    value = sql.SQL("b.{}").format(sql.Identifier(str(column.column)))
    target = column.related_model
    if not isinstance(column, models.ForeignKey) or not column.null or target in ours():
        return value
    return sql.SQL("(SELECT o.{key} FROM {live} o WHERE o.{key} = {value})").format(
        key=sql.Identifier(str(column.target_field.column)),
        live=table_of(live, column.related_model),
        value=value,
    )


def reason(error: Exception) -> str:
    """Why PostgreSQL refused a row, for people."""
    cause = getattr(error.__cause__, "diag", None)
    if cause is not None and cause.sqlstate == "23505":
        return _("une autre fiche a pris sa place (%(constraint)s)") % {"constraint": cause.constraint_name}
    if cause is not None and cause.sqlstate == "23503":
        return _("elle renvoie à une fiche qui n’est plus là : faites d’abord revenir celle-ci")
    return (cause.message_primary if cause is not None else "") or str(error)
