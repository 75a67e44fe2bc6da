"""Contacts of one last name follow each other by first name. PostgreSQL cannot change what a generated column is made of:
it is made anew, and the indexes on it. The history's triggers know the column by its name, and need nothing."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0154_intake_defaults"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="contact", name="contact_by_name"),
        migrations.RemoveIndex(model_name="contact", name="contact_behind"),
        migrations.RemoveField(model_name="contact", name="sort_key"),
        migrations.AddField(
            model_name="contact",
            name="sort_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.Func(
                        models.F("last_name"),
                        models.F("first_name"),
                        arg_joiner=" || ' ' || ",
                        output_field=models.TextField(),
                        template="(%(expressions)s)",
                    ),
                    function="public.b2o_fold",
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="contact", index=models.Index(fields=["sort_key", "id"], name="contact_by_name")
        ),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.F("search"),
                    models.F("sort_key"),
                    arg_joiner=", split_part(",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                    template="ts_delete(%(expressions)s, ' ', 1))",
                ),
                name="contact_behind",
            ),
        ),
    ]
