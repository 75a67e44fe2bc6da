"""The pipeline that every instance is born with; and from here on, the history of pipelines.

The history begins after: what a client is born with is no event of theirs.
"""

from django.db import migrations

from core.operations import TrackHistory
from crm.operations import KeepStageKind

STAGES = [
    # name, kind, probability, days before it is to be followed up
    ("À qualifier", "open", 10, 14),
    ("Visite et métré", "open", 30, 21),
    ("Devis envoyé", "open", 50, 21),
    ("Négociation", "open", 75, 14),
    ("Gagnée", "won", 100, None),
    ("Perdue", "lost", 0, None),
]
REASONS = ["Prix", "Délai", "Concurrent retenu", "Projet abandonné", "Sans réponse", "Hors de notre métier", "Autre"]


def add(apps, schema_editor):
    pipeline = apps.get_model("crm", "Pipeline").objects.create(name="Ventes", position=1)
    stage, reason = apps.get_model("crm", "Stage"), apps.get_model("crm", "LostReason")
    stage.objects.bulk_create(
        [
            stage(pipeline=pipeline, name=name, kind=kind, probability=share, rotting_days=days, position=place)
            for place, (name, kind, share, days) in enumerate(STAGES, 1)
        ]
    )
    reason.objects.bulk_create([reason(name=name) for name in REASONS])


class Migration(migrations.Migration):
    dependencies = [("crm", "0100_deals")]
    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        # The keys of the new rows are judged now: a table with judgements pending takes no trigger.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        TrackHistory("Pipeline"),
        TrackHistory("Stage"),
        TrackHistory("LostReason"),
        KeepStageKind("Stage"),
    ]
