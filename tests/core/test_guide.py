"""The guide "Ajouter un modèle" of core/README.md, followed to the letter in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from core.resource import Resource

ROOT = Path(settings.BASE_DIR)
GUIDE = (ROOT / "core" / "README.md").read_text(encoding="utf-8")
DATABASE = f"myb2o_guide_{os.getpid()}"

# What a user then does, in the copy. Runs there, on a client of its own.
VISIT = """
import django
django.setup()
from django.db import connection
from django.test import Client
from django_tenants.utils import schema_context, tenant_context
from core.accounts.models import Role, User
from core.models import Event
from config.celery import app
from tenants.provisioning import create_client

app.conf.broker_url = "memory://"  # jobs run when they are asked for
connection.set_schema_to_public()
client = create_client("guide", "Guide")
browser = Client(headers={"host": client.host})
with tenant_context(client):
    for role in ("sales", "reader"):
        person = User.objects.create_user(f"{role}@guide.example")
        person.roles.set(Role.objects.filter(code=role))
    browser.force_login(User.objects.get(email="sales@guide.example"))

def page(url, **params):
    answer = browser.get(url, params)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()

base = "/crm/competitors/"
assert "Nouveau concurrent" in page(base)
assert base in page("/"), "the menu shows it"
new = {"name": "Fenêtres Élan", "city": "Évry", "strength": "strong", "met_on": "2026-03-01"}
answer = browser.post(base + "new/", new)
assert answer.status_code == 302, answer.context["form"].errors
record = answer.headers["Location"]
for text in (page(base), page(base, q="elan evr"), page(base, strength="strong"), page("/palette/", q="elan"), page(record)):
    assert "Fenêtres Élan" in text
assert "Fenêtres Élan" not in page(base, q="autre")
assert "Fenêtres Élan" not in page(base, strength="weak")
assert browser.post(record + "edit/", {**new, "city": "Brest", "version": ""}).status_code in (200, 302)
from core.custom.actions import add_field
from crm.resources.competitor import CompetitorResource
with tenant_context(client):
    own = add_field(
        CompetitorResource, by=None, kind="text", label="Terrain", personal=False, reason="un lieu", in_list=True,
        sortable=True, filterable=True,
    ).key
assert browser.post(record + "edit/", {**new, "city": "Brest", own: "Qwertov"}).status_code == 302
for text in (page(record), page(base), page(base, q="qwertov"), page(base, sort="-" + own), page(base, **{own: "qwe"})):
    assert "Terrain" in text and "Qwertov" in text, "a client's own field, without a line more in the model"
with tenant_context(client):
    assert Event.objects.filter(model="crm.competitor", kind="created").count() == 1
assert "Concurrent" in page(record + "history/") or "Fenêtres" in page(record + "history/")
api = "/api/crm/competitors/"
assert "strength" in page("/api/docs/crm/competitors/") and api in browser.get("/api/schema").json()["paths"]
answer = browser.post(api, {"name": "Baies du Nord", "met_on": "2026-04-02"}, content_type="application/json")
assert answer.status_code == 201, answer.content
made = answer.json()
assert (made["strength"], made["met_on"], made["url"]) == ("weak", "2026-04-02", f"{base}{made['id']}/")
found = browser.get(api, {"q": "baies", "strength": "weak"}).json()
assert [row["id"] for row in found["results"]] == [made["id"]]
assert browser.patch(f"{api}{made['id']}/", {"strength": "huge"}, content_type="application/json").status_code == 400
assert browser.delete(f"{api}{made['id']}/").status_code == 204

from django.core.files.uploadedfile import SimpleUploadedFile
from core.models import Extraction, ImportBatch

exported = b"".join(browser.post(base + "export/", {"format": "csv", "columns": "all"}).streaming_content).decode("utf-8-sig")
assert "Terrain" in exported.splitlines()[0] and "Fenêtres Élan" in exported and "Qwertov" in exported
with tenant_context(client):
    assert Extraction.objects.get().resource == "crm.competitor"
lines = "Nom;Ville;Position;Rencontré le;Terrain;Étiquettes\\nVolets Pors;Quimper;Forte;12/05/2026;Lande;VIP\\n;Brest;Faible;;;\\n"
sent = browser.post(base + "import/", {"file": SimpleUploadedFile("concurrents.csv", lines.encode("cp1252"))})
assert sent.status_code == 302, "each field of the form, the client's own and the tags are found by their titles"
with tenant_context(client):
    batch = ImportBatch.objects.get()
plan = batch.plan
wanted = ["name", "city", "strength", "met_on", own, "tags"]
assert [column["target"] for column in plan["columns"]] == wanted, plan
form = {"key": plan["key"], "mode": "both", **{f"target-{place}": target for place, target in enumerate(wanted)}}
assert browser.post(f"/imports/{batch.pk}/columns/", form).status_code == 302
report = page(f"/imports/{batch.pk}/")
assert "Nom : cette valeur manque" in report, report
assert browser.post(f"/imports/{batch.pk}/commit/").status_code == 302
[row] = browser.get(api, {"q": "volets"}).json()["results"]
assert (row["strength"], row["met_on"], row["tags"], row["custom"]) == ("strong", "2026-05-12", ["VIP"], {own: "Lande"})
with tenant_context(client):
    assert Event.objects.get(model="crm.competitor", object_id=row["id"]).operation == f"import:{batch.pk}"
assert browser.post(f"/imports/{batch.pk}/undo/").status_code == 302
assert browser.get(api, {"q": "volets"}).json()["results"] == []
with tenant_context(client):
    browser.force_login(User.objects.get(email="reader@guide.example"))
assert browser.get(record).status_code == 200
assert browser.get(base + "new/").status_code == 403
print("GUIDE FOLLOWED")
"""


def blocks() -> list[tuple[str, str]]:
    """[(file, code)] of the guide's Python blocks that name their file."""
    return re.findall(r"^`([\w/]+\.py)`\n\n```python\n(.*?)```", GUIDE, re.M | re.S)


@pytest.fixture
def copy(tmp_path, committed):
    """A copy of the project as it is now, with a database of its own beside the tests'."""
    target = tmp_path / "projet"
    ignore = shutil.ignore_patterns(".git", ".venv", ".data", "node_modules", "build", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, target, ignore=ignore)
    (target / "build" / "vendor").mkdir(parents=True)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    yield target
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')


def run(copy: Path, *command: str) -> str:
    parameters = connection.settings_dict
    host = parameters["HOST"] or ""
    address = f"postgres://{parameters['USER']}:{parameters['PASSWORD']}@"
    address += f"/{host}/{DATABASE}" if host.startswith("/") else f"{host}:{parameters['PORT'] or 5432}/{DATABASE}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": address,
        "REDIS_URL": settings.CACHES["default"]["LOCATION"],
        "PYTHONPATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run([sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_model_takes_one_model_file_one_resource_file_and_one_line(copy):
    assert [name for name, _code in blocks()] == ["crm/models/competitor.py", "crm/resources/competitor.py"]
    for name, code in blocks():
        assert not (copy / name).exists()
        (copy / name).write_text(code, encoding="utf-8")
    line = re.search(r"^    path\(\"competitors/\".*$", GUIDE, re.M)[0]
    urls = copy / "crm" / "urls.py"
    urls.write_text(urls.read_text(encoding="utf-8").rstrip().removesuffix("]") + line + "\n]\n", encoding="utf-8")

    commands = re.search(r"```sh\n(.*?)```", GUIDE, re.S)[1].split("\n")
    for command in filter(None, commands):
        run(copy, *command.split()[1:])
    assert "GUIDE FOLLOWED" in run(copy, "-c", VISIT)
    run(copy, "manage.py", "makemigrations", "--check", "--dry-run")


def test_a_resource_has_fewer_than_fifteen_things_to_say():
    assert len(Resource.__annotations__) < 15
