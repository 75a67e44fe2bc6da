"""The roles that every instance is born with."""

from django.db import migrations

PRESETS = [
    ("administrator", "Administrateur", {"crm": "manage", "settings": "manage"}),
    ("sales", "Commercial", {"crm": "write"}),
    ("reader", "Lecture seule", {"crm": "read"}),
]


def add(apps, schema_editor):
    role = apps.get_model("accounts", "Role")
    for code, name, levels in PRESETS:
        role.objects.get_or_create(code=code, defaults={"name": name, "levels": levels})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
