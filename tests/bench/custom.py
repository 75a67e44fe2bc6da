"""Custom fields: a list of 100,000 with five columns of them, sorted, filtered and searched by them; and what they add."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django_tenants.utils import schema_context, tenant_context

from core.custom.indexes import reconcile
from crm.models import Company
from crm.resources import CompanyResource
from tenants.models import Client
from tenants.provisioning import create_client, delete_client
from tests.bench import loading, measuring
from tests.bench.measuring import Browser
from tests.bench.report import Line, Report
from tests.core.custom_fields import make_field

CODE = loading.CUSTOM
LIST = "/crm/companies/"
WRITTEN = 10_000
SHOWN = ("text", "money", "date", "choice", "choices")
# Some rows have none: a third of the texts, a tenth of the rest.
VALUES = {
    "text": "CASE WHEN id % 3 > 0 THEN (ARRAY['Salon de Lyon','Réseau','Bouche à oreille','Site'])[1 + id % 4] || ' ' || id % 997 END",
    "number": "CASE WHEN id % 10 > 0 THEN (id * 7919) % 5000 END",
    "money": "CASE WHEN id % 10 > 1 THEN round(((id * 104729) % 9999999) / 100.0, 2) END",
    "date": "CASE WHEN id % 10 > 2 THEN (date '2020-01-01' + (id * 31 % 2400)::int)::text END",
    "choice": "CASE WHEN id % 10 > 3 THEN (ARRAY['o1','o1','o1','o2','o2','o3'])[1 + id % 6] END",
    "choices": "CASE WHEN id % 10 > 4 THEN to_jsonb((ARRAY['{o1}','{o1,o2}','{o3}']::text[])[1 + id % 3]::text[]) END",
}


def custom(report: Report, *, quick: bool) -> None:
    keys = _load()
    with schema_context("public"):
        client = Client.objects.get(code=CODE)
    browser = Browser(client, f"admin@{CODE}.example")

    def get(path: str) -> Callable[[int], Any]:
        return lambda number: browser.request(path)

    with schema_context(client.schema_name):
        pk = Company.objects.order_by("pk")[50_000].pk
    k = keys
    paths = {
        "liste, cinq champs propres": LIST,
        "tri par montant, décroissant": f"{LIST}?sort=-{k['money']}",
        "tri par texte": f"{LIST}?sort={k['text']}",
        "tri par choix": f"{LIST}?sort={k['choice']}",
        "choix fréquent": f"{LIST}?{k['choice']}=o1",
        "choix rare et montant borné": f"{LIST}?{k['choice']}=o3&{k['money']}_min=90000",
        "choix multiple": f"{LIST}?{k['choices']}=o2",
        "sans valeur": f"{LIST}?{k['choice']}=none",
        "texte, commence par": f"{LIST}?{k['text']}=salon+de+lyon+12",
        "dates bornées": f"{LIST}?{k['date']}_min=2025-01-01&{k['date']}_max=2025-01-31",
        "recherche dans un texte": f"{LIST}?q=bouche+oreille+42",
        "fiche": f"{LIST}{pk}/",
        "formulaire": f"{LIST}{pk}/edit/",
    }
    samples = measuring.measure(client.schema_name, [get(path) for path in paths.values()], times=24 if quick else 48)
    for name, sample in zip(paths, samples, strict=True):
        report.add(f"champs propres : {name}", sample, 30 if name == "formulaire" else 25)
    _writes(report, client)


def _writes(report: Report, client: Client) -> None:
    """What six values add to PostgreSQL's work for a row: their check, the words of the search, the history."""
    columns = ", ".join(
        f'"{field.column}"' for field in Company._meta.concrete_fields
        if not field.generated and not field.primary_key and field.column not in ("custom", "siret")
    )  # fmt: skip
    insert = (
        f"INSERT INTO crm_company ({columns}, siret, custom) SELECT {columns}, '', {{}} FROM crm_company "  # SIRET: one each
        f"WHERE custom <> '{{{{}}}}' ORDER BY id LIMIT {WRITTEN}"
    )
    costs: dict[str, float] = {}
    with schema_context(client.schema_name):
        for custom_ in ("'{}'::jsonb", "custom", "'{}'::jsonb", "custom"):  # the first round warms
            with transaction.atomic(), connection.cursor() as cursor:
                before = measuring.backend_ms(pids := measuring.backend_pids())
                cursor.execute(insert.format(custom_))
                assert cursor.rowcount == WRITTEN, cursor.rowcount
                costs[custom_] = measuring.backend_ms(pids) - before
                transaction.set_rollback(True)
    without, with_ = costs.values()
    report.line(
        Line(
            f"champs propres : insérer {WRITTEN} fiches avec leurs valeurs", 100 * (with_ - without) / without,
            "% en plus", detail=f"{without:.0f} → {with_:.0f} ms, {1000 * (with_ - without) / WRITTEN:.0f} µs par fiche",
        )
    )  # fmt: skip


def _load() -> dict[str, str]:
    """{kind: key}; the client is made when it is absent or half made."""
    from core.models import CustomField

    with schema_context("public"):
        client = Client.objects.filter(code=CODE).first()
    if client:
        with tenant_context(client):
            found = {field.kind: field.key for field in CustomField.objects.exclude(label="")}
        if set(found) == set(VALUES):
            return found
        with schema_context("public"):
            delete_client(client)
    with schema_context("public"):
        client = create_client(CODE, "Bench Champs")
    with tenant_context(client):
        loading._fill(CODE, loading._people(CODE))
        fields = {
            kind: make_field(CompanyResource, kind, in_list=kind in SHOWN, sortable=kind != "choices", filterable=True)
            for kind in VALUES
        }
        pairs = ", ".join(f"'{field.key}', {VALUES[kind]}" for kind, field in fields.items())
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE crm_company DISABLE TRIGGER history_update")
            cursor.execute(f"UPDATE crm_company SET custom = jsonb_strip_nulls(jsonb_build_object({pairs}))")
            cursor.execute("ALTER TABLE crm_company ENABLE TRIGGER history_update")
        reconcile(Company)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE crm_company")
        return {kind: field.key for kind, field in fields.items()}
