"""Keys that sign mails, and mails that were excluded at the last moment."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0110_merging"),
    ]

    operations = [
        migrations.CreateModel(
            name="DkimKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(max_length=253, verbose_name="domaine")),
                ("selector", models.CharField(max_length=63, verbose_name="sélecteur")),
                ("private", models.TextField(verbose_name="clé privée, chiffrée")),
                ("public", models.TextField(verbose_name="clé publique")),
                ("active", models.BooleanField(default=False, verbose_name="signe")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="créée le"
                    ),
                ),
                ("seen_at", models.DateTimeField(null=True, verbose_name="vue dans le DNS le")),
            ],
            options={
                "verbose_name": "clé de signature",
                "verbose_name_plural": "clés de signature",
                "ordering": ["-id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="outgoingmail",
            name="mail_state_known",
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "En attente"),
                    ("sending", "En cours d’envoi"),
                    ("sent", "Envoyé"),
                    ("failed", "Refusé"),
                    ("abandoned", "Abandonné"),
                    ("uncertain", "À vérifier"),
                    ("excluded", "Écarté"),
                ],
                default="queued",
                max_length=9,
                verbose_name="état",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingmail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["queued", "sending", "sent", "failed", "abandoned", "uncertain", "excluded"])
                ),
                name="mail_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="dkimkey",
            constraint=models.UniqueConstraint(fields=("domain", "selector"), name="dkim_selector_once"),
        ),
        migrations.AddConstraint(
            model_name="dkimkey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True)), fields=("active",), name="one_dkim_key_signs"
            ),
        ),
        migrations.AddConstraint(
            model_name="dkimkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("domain__regex", "^[a-z0-9-]+(\\.[a-z0-9-]+)+$")), name="dkim_domain_is_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="dkimkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("selector__regex", "^[a-z0-9]+$")), name="dkim_selector_is_one"
            ),
        ),
    ]
