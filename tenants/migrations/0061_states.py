"""States with their steps, a legal identity, a logo. A client in service without a contract is on trial again."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import tenants.documents
import tenants.identity

SQL = (Path(__file__).parents[1] / "sql" / "states.sql").read_text(encoding="utf-8")
# No contract was known before 0060: whoever was in service is on trial until theirs is entered.
BACK_TO_TRIAL = (
    "UPDATE public.tenants_client c SET state = 'trial' WHERE state = 'live' AND NOT EXISTS ("
    "SELECT FROM public.b2o_granted(c.id, public.b2o_today()) g WHERE NOT g.over)"
)
TRIGGER = (
    "CREATE TRIGGER steps BEFORE INSERT OR UPDATE OF state, destroyed_at ON public.tenants_client "
    "FOR EACH ROW EXECUTE FUNCTION public.b2o_client_steps()"
)


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0100_deals"),
    ]

    operations = [
        migrations.RunSQL(BACK_TO_TRIAL, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="StateChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "before",
                    models.CharField(
                        choices=[
                            ("trial", "À l’essai"),
                            ("live", "En service"),
                            ("suspended", "Suspendu"),
                            ("maintenance", "En maintenance"),
                            ("leaving", "Sur le départ"),
                            ("closed", "Fermé"),
                        ],
                        max_length=12,
                        verbose_name="avant",
                    ),
                ),
                (
                    "after",
                    models.CharField(
                        choices=[
                            ("trial", "À l’essai"),
                            ("live", "En service"),
                            ("suspended", "Suspendu"),
                            ("maintenance", "En maintenance"),
                            ("leaving", "Sur le départ"),
                            ("closed", "Fermé"),
                        ],
                        max_length=12,
                        verbose_name="après",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="le")),
                ("actor", models.CharField(blank=True, max_length=160, verbose_name="par")),
            ],
            options={
                "verbose_name": "changement d’état",
                "verbose_name_plural": "changements d’état",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="client",
            name="client_state_known",
        ),
        migrations.AddField(
            model_name="client",
            name="city",
            field=models.CharField(blank=True, max_length=100, verbose_name="ville"),
        ),
        migrations.AddField(
            model_name="client",
            name="destroyed_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="données détruites le"),
        ),
        migrations.AddField(
            model_name="client",
            name="logo",
            field=models.FileField(
                blank=True,
                help_text="PNG, JPEG ou WebP, 1 Mo au plus",
                storage=tenants.documents.VendorStorage(),
                upload_to=tenants.documents.place_of,
                validators=[tenants.documents.validate_logo],
                verbose_name="logo",
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="postcode",
            field=models.CharField(blank=True, max_length=10, verbose_name="code postal"),
        ),
        migrations.AddField(
            model_name="client",
            name="siret",
            field=models.CharField(
                blank=True, max_length=14, validators=[tenants.identity.validate_siret], verbose_name="SIRET"
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="street",
            field=models.CharField(blank=True, max_length=200, verbose_name="rue"),
        ),
        migrations.AddField(
            model_name="client",
            name="vat_number",
            field=models.CharField(
                blank=True, max_length=14, validators=[tenants.identity.validate_vat], verbose_name="n° de TVA"
            ),
        ),
        migrations.AlterField(
            model_name="client",
            name="state",
            field=models.CharField(
                choices=[
                    ("trial", "À l’essai"),
                    ("live", "En service"),
                    ("suspended", "Suspendu"),
                    ("maintenance", "En maintenance"),
                    ("leaving", "Sur le départ"),
                    ("closed", "Fermé"),
                ],
                default="trial",
                editable=False,
                max_length=12,
                verbose_name="état",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["trial", "live", "suspended", "maintenance", "leaving", "closed"])),
                name="client_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(("siret__regex", "^([0-9]{14})?$")),
                name="client_siret_digits",
                violation_error_message="Un SIRET a quatorze chiffres.",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(("destroyed_at__isnull", True), ("state", "closed"), _connector="OR"),
                name="client_destroyed_is_closed",
            ),
        ),
        migrations.AddField(
            model_name="statechange",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="changes",
                to="tenants.client",
                verbose_name="client",
            ),
        ),
        migrations.RunSQL(SQL + TRIGGER, migrations.RunSQL.noop),
    ]
