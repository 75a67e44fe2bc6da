"""Activities, and the secret addresses of calendars."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import core.custom.column
import core.operations
import crm.models.activity


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0101_first_pipeline"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="empreinte")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="créée le"
                    ),
                ),
                ("read_at", models.DateTimeField(editable=False, null=True, verbose_name="lue le")),
            ],
            options={
                "verbose_name": "adresse d’agenda",
                "verbose_name_plural": "adresses d’agenda",
            },
        ),
        migrations.CreateModel(
            name="Activity",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("task", "Tâche"),
                            ("call", "Appel"),
                            ("meeting", "Rendez-vous"),
                            ("visit", "Visite"),
                            ("email", "E-mail"),
                        ],
                        default="task",
                        max_length=8,
                        verbose_name="nature",
                    ),
                ),
                ("subject", models.CharField(max_length=160, verbose_name="objet")),
                (
                    "due_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=crm.models.activity.this_minute,
                        verbose_name="échéance",
                    ),
                ),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="0 : une échéance, sans durée.",
                        validators=[django.core.validators.MaxValueValidator(1440)],
                        verbose_name="durée (minutes)",
                    ),
                ),
                (
                    "remind_before",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "À l’heure"),
                            (15, "15 minutes avant"),
                            (60, "1 heure avant"),
                            (1440, "La veille"),
                        ],
                        null=True,
                        verbose_name="rappel",
                    ),
                ),
                ("location", models.CharField(blank=True, max_length=200, verbose_name="lieu")),
                ("note", models.TextField(blank=True, max_length=5000, verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "À faire"), ("done", "Faite")],
                        default="planned",
                        editable=False,
                        max_length=7,
                        verbose_name="état",
                    ),
                ),
                ("done_at", models.DateTimeField(editable=False, null=True, verbose_name="faite le")),
                ("reminded_for", models.DateTimeField(editable=False, null=True, verbose_name="rappelée pour le")),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.Func(
                                models.Func(
                                    models.Func(
                                        models.F("subject"),
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
                                        models.F("location"),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="crm.company",
                        verbose_name="société",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="crm.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="crm.deal",
                        verbose_name="affaire",
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
                "verbose_name": "activité",
                "verbose_name_plural": "activités",
            },
        ),
        core.operations.TrackHistory(
            model="Activity",
        ),
        migrations.AddField(
            model_name="calendarfeed",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="personne",
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="activity_search"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                models.Func(models.F("subject"), function="public.b2o_fold", output_field=models.TextField()),
                models.F("id"),
                name="activity_by_subject",
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["due_at", "id"], name="activity_by_date"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["updated_at", "id"], name="activity_by_update"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["state", "kind", "owner"], name="activity_facets"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["owner", "due_at"], name="activity_of_person"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)), fields=["deal", "due_at"], name="activity_next_of_deal"
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True), ("remind_before__isnull", False)),
                fields=["due_at"],
                name="activity_remind",
            ),
        ),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(("subject", ""), _negated=True), name="activity_has_a_subject"
            ),
        ),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "task"),
                    ("company__isnull", False),
                    ("contact__isnull", False),
                    ("deal__isnull", False),
                    _connector="OR",
                ),
                name="activity_is_about_somebody",
                violation_error_message="Dites avec qui : une société, un contact ou une affaire.",
            ),
        ),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(condition=models.Q(("minutes__lte", 1440)), name="activity_within_a_day"),
        ),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), ("state", "planned")),
                    models.Q(("done_at__isnull", False), ("state", "done")),
                    _connector="OR",
                ),
                name="activity_done_at_a_time",
            ),
        ),
    ]
