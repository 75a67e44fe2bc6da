import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_seals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FormDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.UUIDField(
                        help_text="celle du formulaire ouvert : deux onglets, deux brouillons", verbose_name="clé"
                    ),
                ),
                ("resource", models.CharField(max_length=80, verbose_name="liste")),
                ("object_id", models.BigIntegerField(null=True, verbose_name="fiche")),
                ("data", models.JSONField(verbose_name="contenu")),
                ("saved_at", models.DateTimeField(auto_now=True, verbose_name="gardé le")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="form_drafts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="personne",
                    ),
                ),
            ],
            options={
                "verbose_name": "brouillon",
                "verbose_name_plural": "brouillons",
                "indexes": [
                    models.Index(fields=["user", "resource", "object_id", "-saved_at"], name="form_draft_of_form"),
                    models.Index(fields=["saved_at"], name="form_draft_by_age"),
                ],
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="form_draft_once")],
            },
        ),
    ]
