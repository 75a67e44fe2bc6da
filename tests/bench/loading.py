"""The benchmark's data: deterministic, French-looking, skewed as in life. Made by SQL, kept between runs by a stamp."""

import hashlib
import time
from pathlib import Path

from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from tenants.models import Client
from tenants.provisioning import create_client, delete_client

HUNDRED, MILLION, CUSTOM = "bench-cent", "bench-million", "bench-champs"
ROWS = {HUNDRED: 100_000, MILLION: 1_000_000, CUSTOM: 100_000}
CONTACTS = {HUNDRED: 150_000, MILLION: 1_000_000, CUSTOM: 0}
DEALS = {HUNDRED: 100_000, MILLION: 1_000_000, CUSTOM: 0}
PASSWORD = "bench correct horse"

_NAMES = (
    (
        "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David Bertrand "
        "Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin "
        "Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu Gautier "
        "Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet "
        "Gaillard Barbier Arnaud Martínez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine "
        "Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq Guillaume Lecomte López "
        "Jean Dupuy Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin Louis Deschamps Huet Vasseur Perez Boucher Fleury Royer "
        "Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard Maillard Baron Bertin Bailly "
        "Hervé Schneider Fernández Le Goff Collet Léger Bouvier Julien Prévost Millet Perrot Daniel Le Roux Cousin Germain Breton "
        "Besson Langlois Rémy Le Gall Pelletier Lévêque Perrier Leblanc Barré Lebrun Marchal Weber Mallet Hamon Boulanger Jacob"
    )
    .replace("Le ", "Le_")
    .split()
)
_SYLLABLES = [
    "Bel",
    "Mont",
    "Char",
    "Vau",
    "Lan",
    "Cor",
    "Ker",
    "Tré",
    "Bou",
    "Gui",
    "Dar",
    "Fro",
    "Mar",
    "Pon",
    "Sau",
    "Vil",
]
_ENDINGS = [
    "bert",
    "rier",
    "meau",
    "let",
    "nier",
    "gnon",
    "dieu",
    "court",
    "fort",
    "vel",
    "quin",
    "zac",
    "ville",
    "thier",
    "clos",
]
_TRADES = [
    "Menuiserie",
    "Charpentes",
    "Boulangerie",
    "Maçonnerie",
    "Plomberie",
    "Garage",
    "Transports",
    "Cabinet",
    "Pharmacie",
    "Électricité",
    "Couverture",
    "Imprimerie",
    "Hôtel",
    "Restaurant",
    "Ateliers",
    "Établissements",
    "SCI",
    "Agence",
    "Pépinières",
    "Scierie",
    "Isolation",
    "Serrurerie",
    "Optique",
    "Fonderie",
]
_TOWNS = [
    "Paris",
    "75011",
    "Lyon",
    "69003",
    "Marseille",
    "13006",
    "Toulouse",
    "31000",
    "Nantes",
    "44000",
    "Bordeaux",
    "33000",
    "Lille",
    "59000",
    "Rennes",
    "35000",
    "Strasbourg",
    "67000",
    "Montpellier",
    "34000",
    "Nice",
    "06000",
    "Grenoble",
    "38000",
    "Brest",
    "29200",
    "Angers",
    "49000",
    "Dijon",
    "21000",
    "Le Havre",
    "76600",
    "Reims",
    "51100",
    "Saint-Étienne",
    "42000",
    "Le Mans",
    "72000",
    "Tours",
    "37000",
    "Limoges",
    "87000",
    "Clermont-Ferrand",
    "63000",
    "Amiens",
    "80000",
    "Metz",
    "57000",
    "Besançon",
    "25000",
    "Orléans",
    "45000",
    "Rouen",
    "76000",
    "Caen",
    "14000",
    "Nancy",
    "54000",
    "Perpignan",
    "66000",
    "Quimper",
    "29000",
    "Lorient",
    "56100",
    "Vannes",
    "56000",
    "Saint-Malo",
    "35400",
    "Chambéry",
    "73000",
    "Évreux",
    "27000",
]
_FIRST = [
    "Camille",
    "Hugo",
    "Inès",
    "Thomas",
    "Léa",
    "Antoine",
    "Claire",
    "Yanis",
    "Jeanne",
    "Mathis",
    "Élodie",
    "Karim",
    "Sophie",
    "Nolwenn",
    "Gaël",
    "Maëlle",
    "Pierre",
    "Zoé",
]
_JOBS = [
    "Gérant",
    "Directrice",
    "Comptable",
    "Acheteur",
    "Assistante",
    "Conducteur de travaux",
    "Architecte",
    "Responsable technique",
    "Secrétaire",
]

# Uniform draws in [0, 1) that only depend on the row and the column, and one skewed towards the first of a list.
_DRAW = "((hashint8extended({row}, {seed}) & 2147483647) / 2147483648.0)"
_PICK = "(%({list})s::text[])[1 + floor({size} * power({draw}, {skew}))::int]"


def _pick(name: str, row: str, seed: int, skew: float = 1) -> str:
    draw = _DRAW.format(row=row, seed=seed)
    return _PICK.format(list=name, size=len(_LISTS[name]), draw=draw, skew=skew)


_LISTS = {
    "names": [name.replace("_", " ") for name in _NAMES]
    + [first + second for second in _ENDINGS for first in _SYLLABLES],
    "trades": _TRADES,
    "towns": [f"{town}|{code}" for town, code in zip(_TOWNS[::2], _TOWNS[1::2], strict=True)],
    "first": _FIRST,
    "jobs": _JOBS,
    "forms": ["SARL", "SAS", "SA", "EURL"],
}

_COMPANIES = f"""
    INSERT INTO crm_company (name, legal_name, kind, relation, is_supplier, siren, siret, vat_number, naf, registry_state,
        address, postcode, city, phone, email, website, source, note, owner_id, created_at, updated_at)
    SELECT n.name, n.name || ' ' || {_pick("forms", "g", 5)},
        CASE WHEN u < 0.86 THEN 'business' WHEN u < 0.94 THEN 'person' ELSE 'public' END,
        CASE WHEN v < 0.63 THEN 'prospect' WHEN v < 0.95 THEN 'customer' ELSE 'none' END, w < 0.1,
        lpad((300000000 + g)::text, 9, '0'), lpad((300000000 + g)::text, 9, '0') || '00012', '',
        (10 + floor(80 * w))::int || '.' || (10 + floor(80 * u))::int || 'Z', CASE WHEN v < 0.9 THEN 'A' ELSE '' END,
        (1 + floor(140 * u))::int || ' rue ' || n.family, split_part(n.town, '|', 2), split_part(n.town, '|', 1),
        '+33 2 61 91 ' || lpad((g %% 100)::text, 2, '0') || ' ' || lpad((g / 100 %% 100)::text, 2, '0'),
        CASE WHEN w < 0.7 THEN 'contact' || g || '@exemple-' || (g %% 997) || '.example' ELSE '' END, '',
        CASE WHEN u < 0.3 THEN 'Salon' ELSE '' END, CASE WHEN w < 0.2 THEN repeat('Rappeler au printemps. ', 8) ELSE '' END,
        (%(people)s::bigint[])[1 + floor(12 * power(w, 2))::int],
        timestamptz '2026-11-01' - v * interval '1500 days', timestamptz '2026-11-20' - u * u * interval '400 days'
    FROM generate_series(%(start)s::bigint, %(stop)s::bigint) g
    CROSS JOIN LATERAL (SELECT {_DRAW.format(row="g", seed=1)} u, {_DRAW.format(row="g", seed=2)} v,
                               {_DRAW.format(row="g", seed=3)} w) d
    CROSS JOIN LATERAL (SELECT {_pick("names", "g", 4, 3)} family, {_pick("towns", "g", 6, 2.5)} town,
                               {_pick("trades", "g", 7, 1.5)} trade) p
    CROSS JOIN LATERAL (SELECT p.trade || ' ' || p.family || CASE WHEN u < 0.2 THEN ' & Fils' ELSE '' END AS name,
                               p.family, p.town) n
"""

_SOME = 50_000  # rows written at a time
_CONTACTS = f"""
    INSERT INTO crm_contact (company_id, first_name, last_name, job, email, phone, mobile, recipient_kind, owner_id, note,
        created_at, updated_at)
    SELECT c.id, {_pick("first", "g", 11)}, {_pick("names", "g", 12, 3)}, {_pick("jobs", "g", 13, 2)},
        'contact' || g || '@exemple.example', '', '+33 6 39 98 ' || lpad((g %% 100)::text, 2, '0') || ' 00',
        'professional', c.owner_id, '', c.created_at, c.updated_at
    FROM generate_series(%(start)s::bigint, %(stop)s::bigint) g JOIN crm_company c
        ON c.id = (SELECT min(id) FROM crm_company) + floor(%(companies)s * power({_DRAW.format(row="g", seed=14)}, 1.3))::bigint
"""

# Six in ten are open, as nowhere in life: a board that bears them bears those of a real client.
_DEALS = f"""
    INSERT INTO crm_deal (name, company_id, stage_id, amount, expected_on, owner_id, source, note, created_at, updated_at,
        stage_since, closed_at, rank)
    SELECT c.trade || ' ' || (g %% 997), c.id, (%(stages)s::bigint[])[CASE WHEN u < 0.6 THEN 1 + floor(u / 0.15)::int
            WHEN u < 0.82 THEN 5 ELSE 6 END], round((300 * power(120, v))::numeric, -1),
        date '2026-11-26' + (floor(w * 200) - 40)::int, c.owner_id, CASE WHEN w < 0.3 THEN 'Salon' ELSE '' END, '',
        c.created_at, c.updated_at, timestamptz '2026-11-26' - w * interval '40 days',
        timestamptz '2026-11-26' - v * interval '1500 days', hashint8extended(g, 23) %% 1000000
    FROM generate_series(%(start)s::bigint, %(stop)s::bigint) g
    CROSS JOIN LATERAL (SELECT {_DRAW.format(row="g", seed=20)} u, {_DRAW.format(row="g", seed=21)} v,
                               {_DRAW.format(row="g", seed=22)} w) d
    JOIN LATERAL (SELECT o.*, split_part(o.name, ' ', 1) AS trade FROM crm_company o
        WHERE o.id = (SELECT min(id) FROM crm_company) + g - 1) c ON true
"""


def load(data_dir: Path, codes: list[str]) -> None:
    """Make the clients that are absent, or made by other statements than these."""
    stamp = hashlib.sha256(repr((_COMPANIES, _CONTACTS, _DEALS, _LISTS, ROWS, CONTACTS, DEALS)).encode()).hexdigest()[
        :16
    ]
    for code in codes:
        path = data_dir / f"{code}.stamp"
        with schema_context("public"):
            client = Client.objects.filter(code=code).first()
            if client and path.exists() and path.read_text() == stamp:
                continue
            if client:
                delete_client(client)
            started = time.monotonic()
            print(f"→ {code} : {ROWS[code]:,} sociétés…".replace(",", " "), end=" ", flush=True)
            client = create_client(code, code.replace("-", " ").title())
        with tenant_context(client):
            _fill(code, _people(code))
        path.write_text(stamp)
        print(f"{time.monotonic() - started:.0f} s")


def _people(code: str) -> list[int]:
    from core.accounts.models import Role, User

    people = []
    for number in range(12):
        user = User.objects.create_user(
            f"personne{number}@{code}.example", first_name=_FIRST[number], last_name=_NAMES[number]
        )
        people.append(user.pk)
    admin = User.objects.create_user(f"admin@{code}.example", first_name="Claire", last_name="Dumas")
    admin.roles.set(Role.objects.filter(code="administrator"))
    return people


def _fill(code: str, people: list[int]) -> None:
    rows = ROWS[code]
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "WHERE i.indrelid IN ('crm_company'::regclass, 'crm_contact'::regclass, 'crm_deal'::regclass) AND NOT i.indisprimary "
            "AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)"
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        # The history of a hundred thousand births serves its own measurements; that of all others would only cost time.
        silent = ["crm_contact", "crm_deal", *(["crm_company"] if code != HUNDRED else [])]
        for table in silent:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER history_insert")
        _insert(cursor, _COMPANIES, rows, people=people, **_LISTS)
        _insert(cursor, _CONTACTS, CONTACTS[code], companies=rows, **_LISTS)
        cursor.execute("SELECT array_agg(id ORDER BY position) FROM crm_stage")
        _insert(cursor, _DEALS, DEALS[code], stages=cursor.fetchone()[0])
        for table in silent:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER history_insert")
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("VACUUM ANALYZE crm_company, crm_contact, crm_deal, core_event, core_eventvalues")


def _insert(cursor, statement: str, rows: int, **parameters) -> None:
    for start in range(1, rows + 1, _SOME):
        cursor.execute(statement, {"start": start, "stop": start + _SOME - 1, **parameters})
