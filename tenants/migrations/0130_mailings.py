"""Who left a client's mailings, append-only; and the function of mailings' steps."""

from pathlib import Path

import django.db.models.functions.datetime
from django.db import migrations, models

SQL = Path(__file__).parents[1] / "sql"
GUARD = "CREATE TRIGGER {} BEFORE {} ON tenants_optout FOR EACH STATEMENT EXECUTE FUNCTION public.b2o_append_only()"


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0117_leads"),
    ]

    operations = [
        migrations.CreateModel(
            name="OptOut",
            fields=[
                ("seq", models.BigAutoField(primary_key=True, serialize=False, verbose_name="numéro")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="date"
                    ),
                ),
                ("client_id", models.BigIntegerField(verbose_name="identifiant du client")),
                ("digest", models.CharField(max_length=64, verbose_name="empreinte")),
                ("scope", models.CharField(max_length=30, verbose_name="portée")),
                ("channel", models.CharField(max_length=5, verbose_name="voie")),
                ("reason", models.CharField(max_length=12, verbose_name="raison")),
            ],
            options={
                "verbose_name": "opposition",
                "ordering": ["seq"],
                "indexes": [models.Index(fields=["client_id", "at"], name="optout_of_client")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="optout_is_a_digest"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            [GUARD.format("append_only", "UPDATE OR DELETE"), GUARD.format("append_only_truncate", "TRUNCATE")],
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL((SQL / "mailings.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
