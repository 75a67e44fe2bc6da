"""Contracts, amendments, terminations, and what the database says of them."""

from pathlib import Path

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import tenants.documents

SQL = (Path(__file__).parents[1] / "sql" / "contracts.sql").read_text(encoding="utf-8")
TRIGGERS = """
CREATE TRIGGER contract_stands BEFORE INSERT OR UPDATE OR DELETE ON public.tenants_contract
    FOR EACH ROW EXECUTE FUNCTION public.b2o_contract_stands();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON public.tenants_amendment
    FOR EACH ROW EXECUTE FUNCTION public.b2o_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON public.tenants_termination
    FOR EACH ROW EXECUTE FUNCTION public.b2o_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0050_custom_fields"),
    ]

    operations = [
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, verbose_name="numéro")),
                ("signed_on", models.DateField(verbose_name="signé le")),
                (
                    "starts_on",
                    models.DateField(
                        help_text="premier jour du contrat, et de chaque année qui suit", verbose_name="mise en service"
                    ),
                ),
                (
                    "ends_on",
                    models.DateField(
                        blank=True,
                        editable=False,
                        help_text="premier jour hors contrat ; vide : se reconduit",
                        null=True,
                        verbose_name="fin",
                    ),
                ),
                (
                    "notice_months",
                    models.PositiveSmallIntegerField(
                        help_text="avant la date anniversaire, tel que le contrat le dit",
                        verbose_name="préavis, en mois",
                    ),
                ),
                (
                    "yearly_fee",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="en euros",
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="redevance annuelle hors taxes",
                    ),
                ),
                (
                    "seats",
                    models.PositiveIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)], verbose_name="utilisateurs"
                    ),
                ),
                (
                    "modules",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None, verbose_name="modules"
                    ),
                ),
                (
                    "document",
                    models.FileField(
                        storage=tenants.documents.VendorStorage(),
                        upload_to=tenants.documents.place_of,
                        validators=[tenants.documents.validate_scan],
                        verbose_name="contrat signé",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="saisi le")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="tenants.client",
                        verbose_name="client",
                    ),
                ),
            ],
            options={
                "verbose_name": "contrat",
                "ordering": ["-starts_on"],
            },
        ),
        migrations.CreateModel(
            name="Amendment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="avenant n°")),
                ("signed_on", models.DateField(verbose_name="signé le")),
                ("effective_on", models.DateField(verbose_name="prend effet le")),
                (
                    "seats",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="le nouveau total ; vide : inchangé",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="utilisateurs",
                    ),
                ),
                (
                    "modules",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        null=True,
                        size=None,
                        verbose_name="modules",
                    ),
                ),
                (
                    "yearly_fee",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="la nouvelle, en euros ; vide : inchangée",
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="redevance annuelle hors taxes",
                    ),
                ),
                ("purpose", models.CharField(max_length=200, verbose_name="objet")),
                (
                    "document",
                    models.FileField(
                        storage=tenants.documents.VendorStorage(),
                        upload_to=tenants.documents.place_of,
                        validators=[tenants.documents.validate_scan],
                        verbose_name="avenant signé",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="saisi le")),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amendments",
                        to="tenants.contract",
                        verbose_name="contrat",
                    ),
                ),
            ],
            options={
                "verbose_name": "avenant",
                "ordering": ["-effective_on", "-number"],
            },
        ),
        migrations.CreateModel(
            name="Termination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "party",
                    models.CharField(
                        choices=[("client", "Le client"), ("vendor", "B2O")],
                        default="client",
                        max_length=6,
                        verbose_name="à l’initiative de",
                    ),
                ),
                ("letter_number", models.CharField(max_length=40, verbose_name="numéro du recommandé")),
                ("received_on", models.DateField(help_text="date de l’avis de réception", verbose_name="reçu le")),
                (
                    "document",
                    models.FileField(
                        storage=tenants.documents.VendorStorage(),
                        upload_to=tenants.documents.place_of,
                        validators=[tenants.documents.validate_scan],
                        verbose_name="lettre numérisée",
                    ),
                ),
                ("effective_on", models.DateField(editable=False, verbose_name="fin du contrat")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="saisie le")),
                (
                    "contract",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="termination",
                        to="tenants.contract",
                        verbose_name="contrat",
                    ),
                ),
            ],
            options={
                "verbose_name": "résiliation",
                "ordering": ["-received_on"],
            },
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(fields=("number",), name="contract_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("number", ""), _negated=True), models.Q(("document", ""), _negated=True)),
                name="contract_is_written",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(("notice_months__lte", 12), ("seats__gt", 0), ("yearly_fee__gte", 0)),
                name="contract_figures",
                violation_error_message="Il faut au moins un utilisateur, et un préavis de douze mois au plus.",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__isnull", True), ("ends_on__gt", models.F("starts_on")), _connector="OR"),
                name="contract_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        models.Func(models.F("client"), models.F("client"), models.Value("[]"), function="int8range"),
                        "&&",
                    ),
                    (
                        models.Func(
                            models.F("starts_on"), models.F("ends_on"), models.Value("[)"), function="daterange"
                        ),
                        "&&",
                    ),
                ],
                name="contracts_apart",
                violation_error_message="Ce client a déjà un contrat à ces dates : faites un avenant, ou résiliez d’abord.",
            ),
        ),
        migrations.AddConstraint(
            model_name="amendment",
            constraint=models.UniqueConstraint(fields=("contract", "number"), name="amendment_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="amendment",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("document", ""), _negated=True), models.Q(("purpose", ""), _negated=True)),
                name="amendment_is_written",
            ),
        ),
        migrations.AddConstraint(
            model_name="amendment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("seats__isnull", True), ("seats__gt", 0), _connector="OR"), ("number__gt", 0)
                ),
                name="amendment_figures",
            ),
        ),
        migrations.AddConstraint(
            model_name="termination",
            constraint=models.UniqueConstraint(fields=("letter_number",), name="termination_letter_unique"),
        ),
        migrations.AddConstraint(
            model_name="termination",
            constraint=models.CheckConstraint(
                condition=models.Q(("party__in", ["client", "vendor"])), name="termination_party_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="termination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("letter_number", ""), _negated=True), models.Q(("document", ""), _negated=True)
                ),
                name="termination_is_written",
            ),
        ),
        migrations.AddConstraint(
            model_name="termination",
            constraint=models.CheckConstraint(
                condition=models.Q(("effective_on__gte", models.F("received_on"))),
                name="termination_ends_after_its_letter",
            ),
        ),
        migrations.RunSQL(SQL + TRIGGERS, migrations.RunSQL.noop),
    ]
