"""The named rights of the preset roles. No preset is narrowed: each reaches all rows of its modules."""

from django.db import migrations

RIGHTS = {"administrator": ["crm.export", "crm.view_credit"]}


def add(apps, schema_editor):
    role = apps.get_model("accounts", "Role")
    for preset in role.objects.filter(code__in=RIGHTS):
        preset.rights = sorted({*preset.rights, *RIGHTS[preset.code]})
        preset.save(update_fields=["rights"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_team_scopes_rights")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
