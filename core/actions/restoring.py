"""Back from the bin, or out of it for good."""

import uuid
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import audit
from core.accounts.models import User
from core.actions.bin import expired
from core.attachments.actions import discard
from core.models import Attachment, BinnedRow, Note, Tagging

_CHUNK = 500


class NotRestored(Exception):
    """Why a row cannot come back as things are, in people's words. Nothing was done."""


@transaction.atomic
def restore_rows(binned: QuerySet[BinnedRow]) -> list[BinnedRow]:
    """Put rows back under their own keys, with what went along, and attach again what is still unattached.

    Everything or nothing. Returns what was restored. Raises NotRestored.
    """
    found = list(binned.select_for_update().order_by("pk"))
    for row in found:
        with audit.operation(f"restore:{row.pk}"):
            _restore(row)
    for row in found:  # once all are back: a subsidiary may have come before its parent
        with audit.operation(f"restore:{row.pk}"):
            _attach(row)
    BinnedRow.objects.filter(pk__in=[row.pk for row in found]).delete()
    return found


def restore_operation(operation: uuid.UUID, *, by: User) -> list[BinnedRow]:
    """Undo one's own gesture. Raises NotRestored, also when nothing of it is left in the bin."""
    found = restore_rows(BinnedRow.objects.filter(operation=operation, by=by))
    if not found:
        raise NotRestored(_("Cette suppression n’est plus à annuler : elle l’a été, ou la corbeille a été vidée."))
    return found


@transaction.atomic
def destroy_rows(binned: QuerySet[BinnedRow]) -> int:
    """Empty rows out of the bin, with their notes, files and tags. Nothing brings them back. Returns how many."""
    found = list(binned.select_for_update().only("pk", "model", "object_id", "title"))
    by_model: dict[str, list[int]] = {}
    for row in found:
        by_model.setdefault(row.model, []).append(row.object_id)
    for label, pks in by_model.items():
        for start in range(0, len(pks), _CHUNK):
            part = {"model": label, "object_id__in": pks[start : start + _CHUNK]}
            Note.objects.filter(**part).delete()
            Tagging.objects.filter(**part).delete()
            discard(Attachment.objects.filter(**part))
    BinnedRow.objects.filter(pk__in=[row.pk for row in found]).delete()
    return len(found)


def empty_expired() -> int:
    """The daily task's work."""
    return destroy_rows(expired())


def _restore(binned: BinnedRow) -> None:
    for label, content in binned.content["rows"]:
        try:
            model = apps.get_model(label)
        except LookupError as error:
            raise NotRestored(
                _("« %s » ne peut plus revenir : ce type de fiche n’existe plus.") % binned.title
            ) from error
        put_back(model, content, binned)


def put_back(model: type[models.Model], content: dict[str, Any], binned: BinnedRow) -> None:
    """One row into its table under its own key, as its table now wants it. Raises NotRestored, naming `binned`."""
    try:
        with transaction.atomic():
            _insert(model, _completed(model, content, binned))
            _check_now()
    except IntegrityError as error:
        raise NotRestored(_reason(model, binned, error)) from error


def _completed(model: type[models.Model], content: dict[str, Any], binned: BinnedRow) -> dict[str, Any]:
    """The row as its table now wants it: fields added since, and keys to rows that are no longer there."""
    values = dict(content)
    for field in model._meta.concrete_fields:
        column = str(field.column)
        if isinstance(field, models.ForeignKey):
            key = values.get(column)
            target = field.related_model._base_manager.filter(**{field.target_field.attname: key})
            if key is not None and not target.exists():
                if not field.null:
                    raise NotRestored(
                        _("« %(title)s » ne peut pas revenir seule : restaurez d’abord « %(field)s » dont elle dépend.")
                        % {"title": binned.title, "field": field.verbose_name}
                    )
                values[column] = None
        elif column not in values and not field.generated and not field.has_db_default() and field.has_default():
            values[column] = field.get_default()
        elif column not in values and not field.null and isinstance(field, models.CharField | models.TextField):
            values[column] = ""
    return values


def _insert(model: type[models.Model], values: dict[str, Any]) -> None:
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(
        quote(str(f.column)) for f in model._meta.concrete_fields if not f.generated and str(f.column) in values
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "  # noqa: S608 - names of our own columns
            f"SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)",
            [DjangoJSONEncoder().encode(values)],
        )


def _check_now() -> None:
    """Foreign keys are checked at the end of a transaction, too late to say what is wrong."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _reason(model: type[models.Model], binned: BinnedRow, error: IntegrityError) -> str:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    fields = next((c.fields for c in model._meta.constraints if c.name == name and hasattr(c, "fields")), ())
    labels = ", ".join(str(model._meta.get_field(field).verbose_name) for field in fields)  # type: ignore[union-attr]
    if labels:
        return _(
            "« %(title)s » ne peut pas revenir : une autre fiche porte maintenant la même valeur (%(fields)s)."
        ) % {
            "title": binned.title,
            "fields": labels,
        }
    if name == f"{model._meta.db_table}_pkey":
        return _("« %s » est déjà revenue.") % binned.title
    return _("« %s » ne peut pas revenir : ses valeurs contredisent ce qui a été enregistré depuis.") % binned.title


def _attach(binned: BinnedRow) -> None:
    for label, column, key, pks in binned.content["detached"]:
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        name = next((f.attname for f in model._meta.concrete_fields if f.column == column), None)
        if name:
            model._base_manager.filter(pk__in=pks, **{f"{name}__isnull": True}).update(**{name: key})
