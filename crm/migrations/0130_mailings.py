"""Consents, suppressions, templates, mailings and their messages."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import core.custom.column
import core.operations
import crm.operations


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0130_dkim"),
        ("crm", "0112_leads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Mailing",
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
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("prospecting", "Prospection"), ("service", "Information de service")],
                        max_length=11,
                        verbose_name="finalité",
                    ),
                ),
                (
                    "similar_products",
                    models.BooleanField(
                        default=False,
                        help_text="Alors vos clients particuliers peuvent le recevoir sans accord préalable (CPCE L. 34-5).",
                        verbose_name="produits analogues à ceux déjà fournis",
                    ),
                ),
                (
                    "segment_params",
                    models.JSONField(default=dict, editable=False, verbose_name="destinataires retenus"),
                ),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="objet")),
                (
                    "text",
                    models.TextField(
                        blank=True,
                        help_text="Variables : {{prenom}}, {{nom}}, {{fonction}}, {{societe}}, {{ville}} ; à défaut : {{prenom|Madame, Monsieur}}.",
                        max_length=20000,
                        verbose_name="texte",
                    ),
                ),
                ("html", models.TextField(blank=True, max_length=50000, verbose_name="mise en forme (HTML)")),
                (
                    "per_hour",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Vide : le rythme de tous vos courriels.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="messages par heure, au plus",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Brouillon"),
                            ("scheduled", "Programmé"),
                            ("sending", "En cours d’envoi"),
                            ("paused", "En pause"),
                            ("sent", "Envoyé"),
                            ("cancelled", "Annulé"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                ("scheduled_at", models.DateTimeField(editable=False, null=True, verbose_name="programmé pour le")),
                ("started_at", models.DateTimeField(editable=False, null=True, verbose_name="commencé le")),
                ("finished_at", models.DateTimeField(editable=False, null=True, verbose_name="fini le")),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.Func(
                                models.Func(
                                    models.Func(
                                        models.F("name"),
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
                                        models.F("subject"),
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
                                        models.F("custom"),
                                        function="public.b2o_custom_text",
                                        output_field=models.TextField(),
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
            ],
            options={
                "verbose_name": "envoi",
                "verbose_name_plural": "envois",
            },
        ),
        migrations.CreateModel(
            name="MailingList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="nom")),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="Ce que reçoivent les abonnés ; lu à la désinscription.",
                        max_length=200,
                        verbose_name="description",
                    ),
                ),
                (
                    "archived",
                    models.BooleanField(
                        default=False, help_text="N’est plus proposée aux envois.", verbose_name="archivée"
                    ),
                ),
            ],
            options={
                "verbose_name": "liste d’envoi",
                "verbose_name_plural": "listes d’envoi",
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="MailTemplate",
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
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                ("subject", models.CharField(max_length=200, verbose_name="objet")),
                (
                    "text",
                    models.TextField(
                        help_text="Variables : {{prenom}}, {{nom}}, {{fonction}}, {{societe}}, {{ville}} ; à défaut : {{prenom|Madame, Monsieur}}.",
                        max_length=20000,
                        verbose_name="texte",
                    ),
                ),
                (
                    "html",
                    models.TextField(
                        blank=True,
                        help_text="Facultatif : sans elle, le texte est mis en paragraphes. Ce qui est dangereux en est retiré.",
                        max_length=50000,
                        verbose_name="mise en forme (HTML)",
                    ),
                ),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.Func(
                                models.Func(
                                    models.Func(
                                        models.F("name"),
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
                                        models.F("subject"),
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
                                        models.F("custom"),
                                        function="public.b2o_custom_text",
                                        output_field=models.TextField(),
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
            ],
            options={
                "verbose_name": "modèle de message",
                "verbose_name_plural": "modèles de messages",
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=320, verbose_name="adresse")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "À envoyer"),
                            ("queued", "Dans la boîte d’envoi"),
                            ("sent", "Envoyé"),
                            ("excluded", "Écarté"),
                            ("failed", "Refusé"),
                            ("uncertain", "À vérifier"),
                            ("bounced", "Non remis"),
                            ("complained", "Signalé indésirable"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no-address", "Sans adresse"),
                            ("dead-address", "Adresse qui n’existe plus"),
                            ("opted-out", "Opposé à toute prospection"),
                            ("opted-out-of-list", "Désabonné de cette liste"),
                            ("complained", "A signalé un message comme indésirable"),
                            ("withdrawn", "Accord retiré"),
                            ("works", "Travaux dont la prospection est interdite"),
                            ("no-consent", "Particulier sans accord"),
                            ("no-consent-to-calls", "Particulier sans accord pour être appelé"),
                            ("cancelled", "Envoi annulé"),
                        ],
                        max_length=20,
                        verbose_name="raison",
                    ),
                ),
                ("error", models.TextField(blank=True, verbose_name="explication")),
                ("bounce_code", models.CharField(blank=True, max_length=12, verbose_name="code de retour")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="retenu le"
                    ),
                ),
                ("queued_at", models.DateTimeField(null=True, verbose_name="mis en file le")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="envoyé le")),
                ("unsubscribed_at", models.DateTimeField(null=True, verbose_name="désabonné le")),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
            },
        ),
        migrations.CreateModel(
            name="ProspectingSettings",
            fields=[
                ("id", models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "energy_works",
                    models.BooleanField(
                        default=False,
                        help_text="Si vous en proposez : la prospection des particuliers est interdite hors d’un contrat en cours.",
                        verbose_name="travaux de rénovation énergétique ou d’adaptation du logement",
                    ),
                ),
                (
                    "sender_identity",
                    models.CharField(
                        blank=True,
                        help_text="Raison sociale et adresse postale, en pied de chaque envoi (LCEN art. 20).",
                        max_length=200,
                        verbose_name="qui écrit",
                    ),
                ),
            ],
            options={
                "verbose_name": "règles de prospection",
                "verbose_name_plural": "règles de prospection",
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, verbose_name="empreinte")),
                ("scope", models.CharField(default="all", max_length=30, verbose_name="portée")),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "SMS"), ("phone", "Téléphone"), ("post", "Courrier")],
                        default="email",
                        max_length=5,
                        verbose_name="voie",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("unsubscribed", "Désabonnement"),
                            ("objection", "Opposition"),
                            ("complaint", "Signalé comme indésirable"),
                            ("bounce", "Adresse qui n’existe plus"),
                        ],
                        max_length=12,
                        verbose_name="raison",
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=120, verbose_name="origine")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="date")),
            ],
            options={
                "verbose_name": "opposition",
                "verbose_name_plural": "oppositions",
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "SMS"), ("phone", "Téléphone"), ("post", "Courrier")],
                        max_length=5,
                        verbose_name="voie",
                    ),
                ),
                ("address", models.CharField(max_length=320, verbose_name="adresse")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("prospecting", "Prospection"), ("service", "Information de service")],
                        default="prospecting",
                        max_length=11,
                        verbose_name="finalité",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("granted", "Accord donné"), ("withdrawn", "Accord retiré")],
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                ("basis", models.CharField(blank=True, max_length=120, verbose_name="fondement")),
                (
                    "source",
                    models.CharField(
                        help_text="Où et comment : formulaire du site, salon…", max_length=120, verbose_name="origine"
                    ),
                ),
                ("wording", models.CharField(blank=True, max_length=64, verbose_name="empreinte du texte accepté")),
                ("proof", models.JSONField(default=dict, verbose_name="preuve")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="date")),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="noté par",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="consents",
                        to="crm.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "consentement",
                "verbose_name_plural": "consentements",
            },
        ),
        core.operations.AppendOnly(
            model="Consent",
        ),
        migrations.AddField(
            model_name="mailing",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="responsable",
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="segment",
            field=models.ForeignKey(
                blank=True,
                help_text="Une vue enregistrée de la liste des contacts.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="core.savedview",
                verbose_name="destinataires",
            ),
        ),
        core.operations.TrackHistory(model="Mailing", derived=("segment_params",)),
        crm.operations.FollowSteps(
            model="Mailing",
        ),
        migrations.AddConstraint(
            model_name="mailinglist",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="mailinglist_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailinglist",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                name="mailinglist_name_unique",
                violation_error_message="Une liste porte déjà ce nom.",
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="mailing_list",
            field=models.ForeignKey(
                blank=True,
                help_text="Ce que les destinataires peuvent quitter sans quitter le reste.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="mailings",
                to="crm.mailinglist",
                verbose_name="liste d’envoi",
            ),
        ),
        migrations.AddIndex(
            model_name="mailtemplate",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="mailtemplate_search"),
        ),
        migrations.AddIndex(
            model_name="mailtemplate",
            index=models.Index(
                models.Func(models.F("name"), function="public.b2o_fold", output_field=models.TextField()),
                models.F("id"),
                name="mailtemplate_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="mailtemplate",
            index=models.Index(fields=["updated_at", "id"], name="mailtemplate_by_update"),
        ),
        migrations.AddConstraint(
            model_name="mailtemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="mailtemplate_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailtemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(("subject__regex", "^[^\\r\\n]*$")), name="mailtemplate_subject_is_a_line"
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="template",
            field=models.ForeignKey(
                blank=True,
                help_text="Donne l’objet et le texte s’ils sont laissés vides.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="mailings",
                to="crm.mailtemplate",
                verbose_name="modèle",
            ),
        ),
        core.operations.TrackHistory(
            model="MailTemplate",
        ),
        migrations.AddField(
            model_name="message",
            name="contact",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="messages",
                to="crm.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="mailing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="crm.mailing",
                verbose_name="envoi",
            ),
        ),
        migrations.AddConstraint(
            model_name="prospectingsettings",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="one_prospecting_settings"),
        ),
        core.operations.TrackHistory(
            model="ProspectingSettings",
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.UniqueConstraint(fields=("digest", "scope"), name="suppression_once"),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="suppression_is_a_digest"
            ),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(("scope__regex", "^(all|list:[0-9]+)$")), name="suppression_scope_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["unsubscribed", "objection", "complaint", "bounce"])),
                name="suppression_reason_known",
            ),
        ),
        core.operations.TrackHistory(
            model="Suppression",
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(fields=["address", "channel", "purpose", "-id"], name="consent_of_address"),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("address", ""), _negated=True), models.Q(("source", ""), _negated=True)),
                name="consent_says_whose_and_whence",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["email", "sms", "phone", "post"])), name="consent_channel_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["prospecting", "service"])), name="consent_purpose_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["granted", "withdrawn"])), name="consent_status_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "granted"), _negated=True),
                    models.Q(("proof", {}), _negated=True),
                    _connector="OR",
                ),
                name="consent_granted_with_proof",
            ),
        ),
        migrations.AddIndex(
            model_name="mailing",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="mailing_search"),
        ),
        migrations.AddIndex(
            model_name="mailing",
            index=models.Index(
                models.Func(models.F("name"), function="public.b2o_fold", output_field=models.TextField()),
                models.F("id"),
                name="mailing_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="mailing",
            index=models.Index(fields=["created_at", "id"], name="mailing_by_creation"),
        ),
        migrations.AddIndex(
            model_name="mailing",
            index=models.Index(fields=["updated_at", "id"], name="mailing_by_update"),
        ),
        migrations.AddIndex(
            model_name="mailing",
            index=models.Index(fields=["state", "purpose", "owner"], name="mailing_facets"),
        ),
        migrations.AddIndex(
            model_name="mailing",
            index=models.Index(
                condition=models.Q(("state", "scheduled"), ("state", "sending"), _connector="OR"),
                fields=["scheduled_at"],
                name="mailing_under_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="mailing_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["prospecting", "service"])), name="mailing_purpose_required"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "scheduled", "sending", "paused", "sent", "cancelled"])),
                name="mailing_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(("subject__regex", "^[^\\r\\n]*$")), name="mailing_subject_is_a_line"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(("per_hour__gte", 1)), name="mailing_rate_lets_some_leave"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "draft"),
                    models.Q(
                        models.Q(("subject", ""), _negated=True),
                        models.Q(("text", ""), _negated=True),
                        ("scheduled_at__isnull", False),
                        models.Q(("purpose", "service"), ("mailing_list__isnull", False), _connector="OR"),
                    ),
                    _connector="OR",
                ),
                name="mailing_is_complete_before_it_leaves",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["mailing", "state", "id"], name="message_of_mailing"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("queued_at__isnull", False)), fields=["mailing", "queued_at"], name="message_pace"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["contact", "-id"], name="message_of_contact"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["created_at"], name="message_by_age"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("mailing", "address"), name="message_once_per_address"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["waiting", "queued", "sent", "excluded", "failed", "uncertain", "bounced", "complained"],
                    )
                ),
                name="message_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("sent", "bounced", "complained")), ("sent_at__isnull", False)),
                    models.Q(
                        models.Q(("state__in", ("sent", "bounced", "complained")), _negated=True), ("sent_at", None)
                    ),
                    _connector="OR",
                ),
                name="message_sent_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "excluded"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("state", "excluded"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="message_excluded_for_a_reason",
            ),
        ),
    ]
