"""Duplicates and merges."""

import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0094_history_of_support"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=80, verbose_name="modèle")),
                ("object_id", models.BigIntegerField(verbose_name="fiche")),
                ("other_id", models.BigIntegerField(verbose_name="autre fiche")),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), size=None, verbose_name="ressemblances"
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(verbose_name="force")),
                (
                    "found_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="trouvée le"
                    ),
                ),
                ("dismissed_at", models.DateTimeField(editable=False, null=True, verbose_name="écartée le")),
                (
                    "dismissed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="écartée par",
                    ),
                ),
            ],
            options={
                "verbose_name": "doublon possible",
                "verbose_name_plural": "doublons possibles",
                "indexes": [
                    models.Index(
                        condition=models.Q(("dismissed_at", None)),
                        fields=["model", "-score", "-id"],
                        name="pair_to_look_at",
                    ),
                    models.Index(fields=["model", "-dismissed_at", "-id"], name="pair_dismissed"),
                    models.Index(fields=["model", "other_id"], name="pair_of_other"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("model", "object_id", "other_id"), name="pair_once"),
                    models.CheckConstraint(
                        condition=models.Q(("object_id__lt", models.F("other_id"))), name="pair_in_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=80, verbose_name="modèle")),
                ("object_id", models.BigIntegerField(verbose_name="fiche fusionnée")),
                ("into_id", models.BigIntegerField(verbose_name="fiche gardée")),
                ("title", models.CharField(max_length=300, verbose_name="fiche")),
                (
                    "content",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder, null=True, verbose_name="contenu"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="fusionnée le",
                    ),
                ),
                ("undone_at", models.DateTimeField(editable=False, null=True, verbose_name="défaite le")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fusionnée par",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="défaite par",
                    ),
                ),
            ],
            options={
                "verbose_name": "fusion",
                "verbose_name_plural": "fusions",
                "indexes": [
                    models.Index(fields=["model", "into_id"], name="merged_into"),
                    models.Index(fields=["model", "-id"], name="merges_of_model"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("model", "object_id"), name="merged_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("object_id", models.F("into_id")), _negated=True),
                        name="merged_into_another",
                    ),
                ],
            },
        ),
    ]
