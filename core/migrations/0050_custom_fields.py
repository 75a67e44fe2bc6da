"""Custom fields: their definitions, and the column for their values on the kernel's own models."""

import django.db.models.functions.datetime
from django.db import migrations, models

import core.custom.column
import core.operations


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0020_jobs"),
    ]

    operations = [
        migrations.AddField(
            model_name="calendarsettings",
            name="custom",
            field=core.custom.column.CustomColumn(verbose_name="champs propres"),
        ),
        migrations.AddField(
            model_name="closure",
            name="custom",
            field=core.custom.column.CustomColumn(verbose_name="champs propres"),
        ),
        migrations.AddField(
            model_name="openingwindow",
            name="custom",
            field=core.custom.column.CustomColumn(verbose_name="champs propres"),
        ),
        migrations.CreateModel(
            name="CustomField",
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
                ("resource", models.CharField(help_text="crm.company", max_length=80, verbose_name="fiche")),
                ("label", models.CharField(max_length=60, verbose_name="nom")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Texte"),
                            ("number", "Nombre"),
                            ("money", "Montant"),
                            ("date", "Date"),
                            ("choice", "Choix"),
                            ("choices", "Choix multiple"),
                            ("link", "Lien"),
                            ("checkbox", "Case à cocher"),
                        ],
                        max_length=8,
                        verbose_name="nature",
                    ),
                ),
                ("options", models.JSONField(blank=True, default=list, verbose_name="options")),
                ("unit", models.CharField(blank=True, max_length=12, verbose_name="unité")),
                ("help", models.CharField(blank=True, max_length=200, verbose_name="aide")),
                ("group", models.CharField(blank=True, max_length=60, verbose_name="groupe")),
                ("position", models.PositiveIntegerField(default=0, verbose_name="place")),
                ("required", models.BooleanField(default=False, verbose_name="obligatoire")),
                ("in_list", models.BooleanField(default=False, verbose_name="colonne d’origine")),
                ("sortable", models.BooleanField(default=False, verbose_name="trié")),
                ("filterable", models.BooleanField(default=False, verbose_name="filtré")),
                ("reserved_for", models.CharField(blank=True, default="", max_length=60, verbose_name="réservé à")),
                ("personal", models.BooleanField(default=False, verbose_name="donnée personnelle")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="raison")),
                ("category", models.CharField(blank=True, max_length=30, verbose_name="catégorie")),
                ("basis", models.CharField(blank=True, max_length=10, verbose_name="base légale")),
                ("origin", models.CharField(blank=True, max_length=10, verbose_name="origine")),
                ("sensitivity", models.CharField(blank=True, max_length=10, verbose_name="sensibilité")),
                ("portable", models.BooleanField(default=False, verbose_name="portable")),
                (
                    "erase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("null", "Vider la valeur"),
                            ("review", "Faire relire par une personne"),
                            ("keep", "Garder, la loi l’exige"),
                        ],
                        max_length=6,
                        verbose_name="effacement",
                    ),
                ),
                ("ground", models.CharField(blank=True, max_length=120, verbose_name="texte qui l’exige")),
                ("years", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="années")),
                (
                    "audit",
                    models.CharField(
                        choices=[("value", "Les valeurs, avant et après"), ("name", "Le seul fait du changement")],
                        default="value",
                        max_length=5,
                        verbose_name="historique",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archivé le")),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="supprimé le")),
            ],
            options={
                "verbose_name": "champ propre",
                "verbose_name_plural": "champs propres",
                "ordering": ("position", "id"),
                "indexes": [models.Index(fields=["resource"], name="custom_field_of_resource")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("resource"),
                        models.Func(models.F("label"), function="public.b2o_fold", output_field=models.TextField()),
                        condition=models.Q(("erased_at", None)),
                        name="custom_field_label_unique",
                        violation_error_message="Ces fiches ont déjà un champ de ce nom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("label", ""), _negated=True), name="custom_field_has_a_label"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["text", "number", "money", "date", "choice", "choices", "link", "checkbox"])
                        ),
                        name="custom_field_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("choice", "choices")), ("options", []), _connector="OR"),
                        name="custom_field_options_of_choices",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("personal", False), models.Q(("reason", ""), _negated=True)),
                            models.Q(
                                ("personal", True),
                                models.Q(("category", ""), _negated=True),
                                models.Q(("basis", ""), _negated=True),
                                models.Q(("origin", ""), _negated=True),
                                models.Q(("sensitivity", ""), _negated=True),
                                ("erase__in", ["null", "review", "keep"]),
                            ),
                            _connector="OR",
                        ),
                        name="custom_field_is_declared",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sensitivity__in", ("", "ordinary")),
                            models.Q(("reserved_for", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="custom_field_sensitive_is_reserved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("erase", "keep"), _negated=True),
                            models.Q(models.Q(("ground", ""), _negated=True), ("years__gte", 1)),
                            _connector="OR",
                        ),
                        name="custom_field_kept_for_a_ground",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("erased_at", None), ("archived_at__isnull", False), _connector="OR"),
                        name="custom_field_erased_is_archived",
                    ),
                ],
            },
        ),
        core.operations.TrackHistory(
            model="CustomField",
        ),
    ]
