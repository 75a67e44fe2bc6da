"""A field's values taken off every row, for good. Its definition stays, so that the history still names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core import audit
from core.custom.column import NAME
from core.custom.definitions import changed
from core.custom.indexes import follow
from core.custom.writing import written
from core.display import number
from core.jobs import Result, Running, job_kind, start_job
from core.models import CustomField

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.models import Job

_BATCH = 5_000  # rows of a statement: the history's trigger runs once for each


def holding(field: CustomField) -> models.QuerySet:
    """The rows that have a value."""
    return apps.get_model(field.resource)._base_manager.filter(**{f"{NAME}__has_key": field.key})


@transaction.atomic
def erase_field(field: CustomField, *, by: User) -> Job | None:
    """Archive the field, then take its values away: at once when there are none, else as a job."""
    field.archived_at = field.archived_at or timezone.now()
    there = holding(field).exists()
    if not there:
        _out_of_the_bin(field)
        field.erased_at = timezone.now()
    field.save(update_fields=["archived_at", "erased_at", "updated_at"])
    changed()
    follow(apps.get_model(field.resource))
    if not there:
        return None
    return start_job(
        "custom-erase", label=str(_("Suppression du champ « %s »")) % field, by=by, args={"field": field.pk}
    )


@job_kind("custom-erase", label=_("Suppression d’un champ"), restart=True, atomic=False)
def run_erase(job: Running, *, field: int) -> Result:
    """By batches that are each committed: nobody waits long for a row, and what was done stays done."""
    said = CustomField.objects.get(pk=field)
    rows = holding(said)
    job.total(rows.count())
    done = 0
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic(), audit.operation(f"field:{said.pk}"):
            done += rows.filter(pk__in=pks).update(**{NAME: written({said.key: None})}, updated_at=Now())
        job.advance(len(pks))
    _out_of_the_bin(said)
    with transaction.atomic():
        CustomField.objects.filter(pk=said.pk).update(erased_at=timezone.now())
        changed()
    return Result(message=ngettext("%s fiche vidée.", "%s fiches vidées.", done) % number(done))


def _out_of_the_bin(field: CustomField) -> None:
    """A row that comes back from the bin must not bring the value back."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_binnedrow b SET content = jsonb_set(b.content, '{rows}', (
                SELECT jsonb_agg(CASE WHEN r -> 1 -> 'custom' ? %(key)s AND r ->> 0 = %(model)s
                                      THEN r #- ARRAY['1', 'custom', %(key)s] ELSE r END ORDER BY place)
                FROM jsonb_array_elements(b.content -> 'rows') WITH ORDINALITY x(r, place)))
            WHERE EXISTS (SELECT FROM jsonb_array_elements(b.content -> 'rows') r
                          WHERE r ->> 0 = %(model)s AND r -> 1 -> 'custom' ? %(key)s)
            """,
            {"key": field.key, "model": field.resource},
        )
