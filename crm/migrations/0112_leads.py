"""What comes in by the forms of the client's own site."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
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
        ("crm", "0111_sites"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Lead",
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
                ("last_name", models.CharField(max_length=80, verbose_name="nom")),
                ("first_name", models.CharField(blank=True, max_length=80, verbose_name="prénom")),
                ("company_name", models.CharField(blank=True, max_length=200, verbose_name="société")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="téléphone")),
                ("message", models.TextField(blank=True, max_length=5000, verbose_name="message")),
                ("source", models.CharField(blank=True, help_text="utm_source", max_length=60, verbose_name="origine")),
                (
                    "campaign",
                    models.CharField(blank=True, help_text="utm_campaign", max_length=80, verbose_name="campagne"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "Nouvelle"),
                            ("qualified", "Qualifiée"),
                            ("converted", "Convertie"),
                            ("discarded", "Écartée"),
                        ],
                        default="new",
                        editable=False,
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                (
                    "discard_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Sans motif"),
                            ("spam", "Indésirable"),
                            ("duplicate", "Déjà reçue"),
                            ("scope", "Hors de notre activité"),
                            ("unreachable", "Injoignable"),
                        ],
                        default="",
                        editable=False,
                        max_length=12,
                        verbose_name="motif",
                    ),
                ),
                ("form", models.CharField(blank=True, editable=False, max_length=80, verbose_name="formulaire")),
                ("payload", models.JSONField(editable=False, null=True, verbose_name="reçu tel quel")),
                (
                    "idempotency_key",
                    models.CharField(blank=True, editable=False, max_length=120, verbose_name="clé d’envoi"),
                ),
                ("converted_at", models.DateTimeField(editable=False, null=True, verbose_name="convertie le")),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.Func(
                                models.Func(
                                    models.Func(
                                        models.F("last_name"),
                                        models.F("first_name"),
                                        models.F("company_name"),
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
                                        models.F("email"),
                                        models.F("phone"),
                                        arg_joiner=" || ' ' || ",
                                        output_field=models.TextField(),
                                        template="(%(expressions)s)",
                                    ),
                                    function="public.b2o_fold",
                                    output_field=models.TextField(),
                                ),
                                output_field=django.contrib.postgres.search.SearchVectorField(),
                                template="setweight(to_tsvector('pg_catalog.simple'::regconfig, %(expressions)s), 'B')",
                            ),
                            models.Func(
                                models.Func(
                                    models.Func(
                                        models.F("message"),
                                        arg_joiner=" || ' ' || ",
                                        output_field=models.TextField(),
                                        template="(%(expressions)s)",
                                    ),
                                    function="public.b2o_fold",
                                    output_field=models.TextField(),
                                ),
                                output_field=django.contrib.postgres.search.SearchVectorField(),
                                template="setweight(to_tsvector('pg_catalog.simple'::regconfig, %(expressions)s), 'D')",
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
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leads",
                        to="crm.company",
                        verbose_name="société créée",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leads",
                        to="crm.contact",
                        verbose_name="contact créé",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leads",
                        to="crm.deal",
                        verbose_name="affaire créée",
                    ),
                ),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="again",
                        to="crm.lead",
                        verbose_name="déjà reçue avec",
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
                "verbose_name": "demande entrante",
                "verbose_name_plural": "demandes entrantes",
            },
        ),
        core.operations.TrackHistory(
            model="Lead",
        ),
        crm.operations.KeepLead(
            model="Lead",
        ),
        migrations.AddIndex(
            model_name="lead",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="lead_search"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.Func(models.F("last_name"), function="public.b2o_fold", output_field=models.TextField()),
                models.F("id"),
                name="lead_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["created_at", "id"], name="lead_by_creation"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="lead_by_email",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True), fields=["phone"], name="lead_by_phone"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["state", "owner"], name="lead_facets"),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_name", ""), _negated=True), name="lead_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["new", "qualified", "converted", "discarded"])),
                name="lead_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("converted_at__isnull", False), ("state", "converted")),
                    models.Q(models.Q(("state", "converted"), _negated=True), ("converted_at__isnull", True)),
                    _connector="OR",
                ),
                name="lead_converted_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "discarded"), ("discard_reason", ""), _connector="OR"),
                name="lead_reason_of_discard",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.UniqueConstraint(
                condition=models.Q(("idempotency_key", ""), _negated=True),
                fields=("idempotency_key",),
                name="lead_received_once",
            ),
        ),
    ]
