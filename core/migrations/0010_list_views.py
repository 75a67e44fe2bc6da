import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_preset_rights"),
        ("core", "0004_formdraft"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("resource", models.CharField(help_text="crm.company", max_length=80, verbose_name="liste")),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
                (
                    "audience",
                    models.CharField(
                        choices=[("private", "Moi seulement"), ("team", "Mon équipe"), ("everyone", "Tout le monde")],
                        default="private",
                        max_length=8,
                        verbose_name="visible par",
                    ),
                ),
                ("params", models.JSONField(blank=True, default=dict, verbose_name="recherche, filtres et tri")),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=63),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="colonnes",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=50, verbose_name="place parmi les onglets")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="créée le"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="propriétaire",
                    ),
                ),
            ],
            options={
                "verbose_name": "vue",
                "ordering": ["position", "id"],
                "indexes": [models.Index(fields=["resource", "position"], name="saved_view_of_list")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("owner"),
                        models.F("resource"),
                        django.db.models.functions.text.Lower("name"),
                        name="saved_view_name_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("audience__in", ["private", "team", "everyone"])),
                        name="saved_view_audience_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="saved_view_has_a_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DefaultView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("resource", models.CharField(max_length=80, verbose_name="liste")),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.role",
                        verbose_name="rôle",
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="defaults",
                        to="core.savedview",
                        verbose_name="vue",
                    ),
                ),
            ],
            options={
                "verbose_name": "vue par défaut",
                "constraints": [models.UniqueConstraint(fields=("resource", "role"), name="one_default_view")],
            },
        ),
        migrations.CreateModel(
            name="ListColumns",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("resource", models.CharField(max_length=80, verbose_name="liste")),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=63), size=None, verbose_name="colonnes"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="personne",
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="core.savedview",
                        verbose_name="vue",
                    ),
                ),
            ],
            options={
                "verbose_name": "choix de colonnes",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "resource", "view"), nulls_distinct=False, name="one_choice_of_columns"
                    )
                ],
            },
        ),
    ]
