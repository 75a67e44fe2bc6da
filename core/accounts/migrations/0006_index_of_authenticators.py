"""allauth's index, with its condition said in a form that PostgreSQL gives back: clones are like the template."""

from django.db import migrations

INDEX = """
    DROP INDEX unique_authenticator_type;
    CREATE UNIQUE INDEX unique_authenticator_type ON mfa_authenticator (user_id, type)
    WHERE type = 'totp' OR type = 'recovery_codes'
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_invitations"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [migrations.RunSQL(INDEX, migrations.RunSQL.noop)]
