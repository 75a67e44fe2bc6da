"""Files in the register's layout, with numbers that pass their keys and belong to nobody."""

import csv
import io
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "data" / "sirene"
REAL = Path(__file__).parents[3] / "shared" / "data" / "sirene"


def _key(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def siren(number: int) -> str:
    digits = f"{number:08d}"
    return digits + _key(digits)


def siret(of: str, number: int = 1) -> str:
    digits = f"{of}{number:04d}"
    return digits + _key(digits)


def header(sample: str) -> list[str]:
    return (SAMPLES / sample).read_text().splitlines()[0].split(",")


def establishments(*rows: dict, columns: list[str] | None = None, separator: str = ",") -> bytes:
    """Each row names columns without "Etablissement"; siren, siret and a state are there unless it says otherwise."""
    full = [
        {"etatAdministratif": "A", "statutDiffusion": "O", "siren": row["siret"][:9], "nic": row["siret"][9:], **row}
        for row in rows
    ]
    return _file(full, "Etablissement", columns or header("etablissements.csv"), separator)


def legal_units(*rows: dict, columns: list[str] | None = None, separator: str = ",") -> bytes:
    """Each row names columns without "UniteLegale"."""
    full = [{"etatAdministratif": "A", "statutDiffusion": "O", "categorieJuridique": "5710", **row} for row in rows]
    return _file(full, "UniteLegale", columns or header("unites_legales.csv"), separator)


def _file(rows: list[dict], suffix: str, columns: list[str], separator: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(column, row.get(column.removesuffix(suffix), "")) for column in columns])
    return text.getvalue().encode()
