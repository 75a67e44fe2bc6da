"""Custom fields, and their words in the search. A generated column cannot be altered: it is made anew, with its index."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

import core.custom.column


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_facet_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="custom",
            field=core.custom.column.CustomColumn(verbose_name="champs propres"),
        ),
        migrations.AddField(
            model_name="contact",
            name="custom",
            field=core.custom.column.CustomColumn(verbose_name="champs propres"),
        ),
        migrations.RemoveIndex("company", "company_search"),
        migrations.RemoveField("company", "search"),
        migrations.AddField(
            model_name="company",
            name="search",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.Func(
                        models.Func(
                            models.Func(
                                models.F("name"),
                                models.F("siren"),
                                models.F("siret"),
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
                                models.F("legal_name"),
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
                        template="setweight(to_tsvector('pg_catalog.simple'::regconfig, %(expressions)s), 'C')",
                    ),
                    models.Func(
                        models.Func(
                            models.Func(
                                models.F("email"),
                                models.F("phone"),
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
                                models.F("custom"), function="public.b2o_custom_text", output_field=models.TextField()
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
        migrations.RemoveIndex("contact", "contact_search"),
        migrations.RemoveField("contact", "search"),
        migrations.AddField(
            model_name="contact",
            name="search",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.Func(
                        models.Func(
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
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                        template="setweight(to_tsvector('pg_catalog.simple'::regconfig, %(expressions)s), 'A')",
                    ),
                    models.Func(
                        models.Func(
                            models.Func(
                                models.F("email"),
                                models.F("phone"),
                                models.F("mobile"),
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
                                models.F("job"),
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
                                models.F("custom"), function="public.b2o_custom_text", output_field=models.TextField()
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
        migrations.AddIndex(
            "company", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="company_search")
        ),
        migrations.AddIndex(
            "contact", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="contact_search")
        ),
    ]
