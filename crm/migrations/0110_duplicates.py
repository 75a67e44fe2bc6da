"""Indexes by which duplicates are found."""

import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0102_activities"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="company",
            index=models.Index(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="company_by_email",
            ),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True), fields=["phone"], name="company_by_phone"
            ),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(
                models.Func(models.F("name"), function="public.b2o_likeness", output_field=models.TextField()),
                name="company_by_likeness",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("mobile", ""), _negated=True), fields=["mobile"], name="contact_by_mobile"
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                models.Func(
                    models.Func(
                        models.F("first_name"),
                        models.F("last_name"),
                        arg_joiner=" || ' ' || ",
                        output_field=models.TextField(),
                        template="(%(expressions)s)",
                    ),
                    function="public.b2o_likeness",
                    output_field=models.TextField(),
                ),
                name="contact_by_likeness",
            ),
        ),
    ]
