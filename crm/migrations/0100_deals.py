"""Pipelines, stages, reasons and deals."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import core.custom.column
import core.operations
import crm.operations


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0060_by_creation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LostReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="motif")),
                (
                    "archived",
                    models.BooleanField(default=False, help_text="N’est plus proposé.", verbose_name="archivé"),
                ),
            ],
            options={
                "verbose_name": "motif de perte",
                "verbose_name_plural": "motifs de perte",
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Pipeline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="place")),
                (
                    "archived",
                    models.BooleanField(
                        default=False, help_text="Plus aucune affaire n’y entre.", verbose_name="archivé"
                    ),
                ),
            ],
            options={
                "verbose_name": "circuit de vente",
                "verbose_name_plural": "circuits de vente",
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
                (
                    "kind",
                    models.CharField(
                        choices=[("open", "En cours"), ("won", "Gagnée"), ("lost", "Perdue")],
                        default="open",
                        max_length=4,
                        verbose_name="les affaires y sont",
                    ),
                ),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        default=50,
                        help_text="Ce que les prévisions comptent d’une affaire à cette étape.",
                        validators=[django.core.validators.MaxValueValidator(100, "De 0 à 100 %%.")],
                        verbose_name="probabilité (%)",
                    ),
                ),
                (
                    "rotting_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Sans changement d’étape pendant ce temps, l’affaire est signalée ; vide : jamais.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="à relancer après (jours)",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="place")),
            ],
            options={
                "verbose_name": "étape",
                "verbose_name_plural": "étapes",
                "ordering": ["pipeline__position", "pipeline_id", "position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Deal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="créé le"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("custom", core.custom.column.CustomColumn(verbose_name="champs propres")),
                ("name", models.CharField(max_length=160, verbose_name="affaire")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "En cours"), ("won", "Gagnée"), ("lost", "Perdue")],
                        default="open",
                        editable=False,
                        max_length=4,
                        verbose_name="état",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="montant HT",
                    ),
                ),
                (
                    "expected_on",
                    models.DateField(
                        db_default=models.Func(output_field=models.DateField(), template="(CURRENT_DATE + 30)"),
                        help_text="Quand vous pensez conclure.",
                        verbose_name="échéance",
                    ),
                ),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Vide : celle de l’étape.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(100, "De 0 à 100 %%.")],
                        verbose_name="probabilité (%)",
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="origine")),
                ("note", models.TextField(blank=True, max_length=5000, verbose_name="note")),
                (
                    "stage_since",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="à cette étape depuis le",
                    ),
                ),
                ("closed_at", models.DateTimeField(editable=False, null=True, verbose_name="conclue le")),
                (
                    "rank",
                    models.DecimalField(
                        db_default=models.Func(
                            output_field=models.DecimalField(decimal_places=20, max_digits=40),
                            template="(- EXTRACT(EPOCH FROM clock_timestamp()))",
                        ),
                        decimal_places=20,
                        editable=False,
                        max_digits=40,
                    ),
                ),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.Func(
                                models.Func(
                                    models.Func(
                                        models.F("name"),
                                        arg_joiner=" || ' ' || ",
                                        output_field=models.TextField(),
                                        template="(%(expressions)s)",
                                    ),
                                    function="public.b2o_fold",
                                    output_field=models.TextField(),
                                ),
                                output_field=django.contrib.postgres.search.SearchVectorField(),
                                template="setweight(to_tsvector('pg_catalog.simple'::regconfig, %(expressions)s), 'A')",
                            ),
                            models.Func(
                                models.Func(
                                    models.Func(
                                        models.F("source"),
                                        arg_joiner=" || ' ' || ",
                                        output_field=models.TextField(),
                                        template="(%(expressions)s)",
                                    ),
                                    function="public.b2o_fold",
                                    output_field=models.TextField(),
                                ),
                                output_field=django.contrib.postgres.search.SearchVectorField(),
                                template="setweight(to_tsvector('pg_catalog.simple'::regconfig, %(expressions)s), 'C')",
                            ),
                            models.Func(
                                models.Func(
                                    models.Func(
                                        models.F("custom"),
                                        function="public.b2o_custom_text",
                                        output_field=models.TextField(),
                                    ),
                                    function="public.b2o_fold",
                                    output_field=models.TextField(),
                                ),
                                output_field=django.contrib.postgres.search.SearchVectorField(),
                                template="setweight(to_tsvector('pg_catalog.simple'::regconfig, %(expressions)s), 'D')",
                            ),
                            arg_joiner=" || ",
                            output_field=django.contrib.postgres.search.SearchVectorField(),
                            template="(%(expressions)s)",
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deals",
                        to="crm.company",
                        verbose_name="société",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deals",
                        to="crm.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="responsable",
                    ),
                ),
            ],
            options={
                "verbose_name": "affaire",
                "verbose_name_plural": "affaires",
            },
        ),
        core.operations.TrackHistory(
            model="Deal",
            derived=("rank", "stage_since"),
        ),
        crm.operations.FollowStage(
            model="Deal",
        ),
        migrations.AddConstraint(
            model_name="lostreason",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                name="lost_reason_unique",
                violation_error_message="Ce motif existe déjà.",
            ),
        ),
        migrations.AddConstraint(
            model_name="lostreason",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="lost_reason_has_a_name"
            ),
        ),
        migrations.AddField(
            model_name="deal",
            name="lost_reason",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="crm.lostreason",
                verbose_name="motif de perte",
            ),
        ),
        migrations.AddConstraint(
            model_name="pipeline",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                name="pipeline_name_unique",
                violation_error_message="Un circuit porte déjà ce nom.",
            ),
        ),
        migrations.AddConstraint(
            model_name="pipeline",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="pipeline_has_a_name"
            ),
        ),
        migrations.AddField(
            model_name="deal",
            name="pipeline",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="crm.pipeline",
                verbose_name="circuit",
            ),
        ),
        migrations.AddField(
            model_name="stage",
            name="pipeline",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="stages",
                to="crm.pipeline",
                verbose_name="circuit",
            ),
        ),
        migrations.AddField(
            model_name="deal",
            name="stage",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deals",
                to="crm.stage",
                verbose_name="étape",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("pipeline", "position"),
                name="stage_place_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.UniqueConstraint(
                models.F("pipeline"),
                django.db.models.functions.text.Lower("name"),
                name="stage_name_unique",
                violation_error_message="Une étape de ce circuit porte déjà ce nom.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["open", "won", "lost"])), name="stage_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.CheckConstraint(
                condition=models.Q(("probability__lte", 100)), name="stage_probability_is_a_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "open"),
                    models.Q(("kind", "won"), ("probability", 100)),
                    models.Q(("kind", "lost"), ("probability", 0)),
                    _connector="OR",
                ),
                name="stage_over_is_certain",
                violation_error_message="Gagnée vaut 100 %, perdue 0 %.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.CheckConstraint(
                condition=models.Q(("rotting_days__isnull", True), ("rotting_days__gte", 1), _connector="OR"),
                name="stage_rots_after_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="stage_has_a_name"),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="deal_search"),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                models.Func(models.F("name"), function="public.b2o_fold", output_field=models.TextField()),
                models.F("id"),
                name="deal_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(fields=["amount", "id"], name="deal_by_amount"),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(fields=["expected_on", "id"], name="deal_by_date"),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(fields=["updated_at", "id"], name="deal_by_update"),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(fields=["state", "stage", "owner"], name="deal_facets"),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(fields=["stage", "rank", "id"], include=("amount",), name="deal_board"),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)),
                fields=["stage", "-closed_at", "id"],
                include=("amount",),
                name="deal_board_closed",
            ),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["expected_on"],
                include=("amount", "probability", "stage"),
                name="deal_forecast",
            ),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)), fields=["closed_at"], name="deal_by_closing"
            ),
        ),
        migrations.AddConstraint(
            model_name="deal",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="deal_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="deal",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)),
                name="deal_amount_is_no_debt",
                violation_error_message="Un montant n’est pas négatif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="deal",
            constraint=models.CheckConstraint(
                condition=models.Q(("probability__isnull", True), ("probability__lte", 100), _connector="OR"),
                name="deal_probability_is_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="deal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("state", "open")),
                    models.Q(("state__in", ("won", "lost")), ("closed_at__isnull", False)),
                    _connector="OR",
                ),
                name="deal_closed_exactly_when_over",
            ),
        ),
    ]
