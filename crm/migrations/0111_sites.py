"""Where companies are; no circle among parent companies."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import core.custom.column
import core.operations
import crm.identifiers
import crm.operations


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0110_duplicates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Site",
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
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("head", "Siège"),
                            ("billing", "Facturation"),
                            ("delivery", "Livraison"),
                            ("worksite", "Chantier"),
                        ],
                        default="worksite",
                        max_length=8,
                        verbose_name="usage",
                    ),
                ),
                ("is_default_billing", models.BooleanField(default=False, verbose_name="facturation par défaut")),
                (
                    "siret",
                    models.CharField(
                        blank=True, max_length=14, validators=[crm.identifiers.validate_siret], verbose_name="SIRET"
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="adresse")),
                (
                    "postcode",
                    models.CharField(
                        blank=True,
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9A-Z -]+$", "Un code postal n’a que chiffres et majuscules."
                            )
                        ],
                        verbose_name="code postal",
                    ),
                ),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="ville")),
                (
                    "insee_code",
                    models.CharField(
                        blank=True,
                        max_length=5,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^([0-9]{2}|2[AB])[0-9]{3}$", "Cinq chiffres, ou 2A… et 2B… en Corse."
                            )
                        ],
                        verbose_name="code INSEE de la commune",
                    ),
                ),
                (
                    "latitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=8,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="latitude",
                    ),
                ),
                (
                    "longitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=9,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                        verbose_name="longitude",
                    ),
                ),
                (
                    "access_notes",
                    models.TextField(
                        blank=True,
                        help_text="Portail, horaires, interlocuteur sur place…",
                        max_length=2000,
                        verbose_name="accès",
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
                                        models.F("city"),
                                        models.F("postcode"),
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
                                        models.F("address"),
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
                                        models.F("siret"),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sites",
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
                        related_name="sites",
                        to="crm.contact",
                        verbose_name="contact sur place",
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
                "verbose_name": "site",
                "verbose_name_plural": "sites",
            },
        ),
        core.operations.TrackHistory(
            model="Site",
        ),
        migrations.AddField(
            model_name="deal",
            name="site",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="deals",
                to="crm.site",
                verbose_name="site",
            ),
        ),
        migrations.AddIndex(
            model_name="site",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="site_search"),
        ),
        migrations.AddIndex(
            model_name="site",
            index=models.Index(
                models.Func(models.F("name"), function="public.b2o_fold", output_field=models.TextField()),
                models.F("id"),
                name="site_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="site",
            index=models.Index(
                models.Func(models.F("city"), function="public.b2o_fold", output_field=models.TextField()),
                models.F("id"),
                name="site_by_city",
            ),
        ),
        migrations.AddIndex(
            model_name="site",
            index=models.Index(fields=["updated_at", "id"], name="site_by_update"),
        ),
        migrations.AddIndex(
            model_name="site",
            index=models.Index(fields=["role", "owner"], name="site_facets"),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default_billing", True)),
                fields=("company",),
                name="site_default_billing_once",
                violation_error_message="Cette société a déjà un site de facturation par défaut.",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_default_billing", False), ("company__isnull", False), _connector="OR"),
                name="site_billing_of_a_company",
                violation_error_message="Un site de facturation par défaut est celui d’une société.",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="site_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["head", "billing", "delivery", "worksite"])), name="site_role_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(("siret__regex", "^([0-9]{14})?$")), name="site_siret_digits"
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(("insee_code__regex", "^(([0-9]{2}|2[AB])[0-9]{3})?$")), name="site_insee_code_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude", None), ("longitude", None)),
                    models.Q(
                        ("latitude__isnull", False),
                        ("longitude__isnull", False),
                        ("latitude__range", (-90, 90)),
                        ("longitude__range", (-180, 180)),
                    ),
                    _connector="OR",
                ),
                name="site_is_on_earth",
                violation_error_message="Donnez la latitude et la longitude, ou aucune des deux.",
            ),
        ),
        crm.operations.KeepTree(model="company"),
    ]
