"""A file that cannot be imported is refused at once, in one message that says what to do, and leaves nothing."""

import csv
import io
import re
import zipfile

import pytest

from core.importing.reading.delimited import MAX_LINE
from core.models import ImportBatch
from crm.models import Company
from tests.core.importing import Desk, words
from tests.crm.sirene import SAMPLES, establishments, header, legal_units, siren, siret

ONE, TWO, THREE = siren(92000001), siren(92000002), siren(92000003)
TITLES = ",".join(header("etablissements.csv"))


@pytest.fixture
def desk(atelier, signed_in, django_capture_on_commit_callbacks):
    return Desk(signed_in(atelier, "sales"), django_capture_on_commit_callbacks)


def sample() -> bytes:
    return (SAMPLES / "etablissements.csv").read_bytes()


def workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


def without(column: str) -> bytes:
    columns = [name for name in header("etablissements.csv") if name != column]
    return establishments({"siret": siret(ONE)}, columns=columns)


REFUSED = {
    "empty": (b"", "Le fichier est vide"),
    "only spaces": (b"\xef\xbb\xbf \r\n\r\n", "Le fichier est vide"),
    "an archive": (workbook(), "une archive, pas un classeur"),
    "a broken workbook": (b"PK\x03\x04" + bytes(100), "Ce classeur est refusé"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "ancien classeur Excel"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "un document PDF"),
    "program": (b"\x7fELF\x02\x01\x01" + bytes(50), "un programme"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "une image PNG"),
    "binary": (b"\x02\x01\x01" + bytes(50), "pas du texte"),
    "missing column": (
        without("etatAdministratifEtablissement"),
        "Colonnes manquantes : etatAdministratifEtablissement",
    ),
    "the same column twice": (f"{TITLES},siret\n".encode(), "« siret » figure deux fois"),
    "unclosed quote in the header": (b'siren,"siret\n', "ligne de titres"),
    "huge header": (b"siren," + b"x" * (MAX_LINE + 1), "trop longue"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_file_is_refused_where_it_is_sent(desk, content, message):
    response = desk.send(content)
    assert response.status_code == 200
    assert message in words(response)
    assert not ImportBatch.objects.exists()


def spoiled(line: int, old: bytes, new: bytes) -> bytes:
    lines = sample().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(old, new)
    return b"".join(lines)


SPOILED = {
    "only a header": (TITLES.encode() + b"\n", "qu’une ligne de titres"),
    "NUL bytes": (spoiled(3, b"Toitures", b"Toi\x00tures"), "La ligne 3 contient des octets nuls"),
    "unclosed quote": (spoiled(5, b"VANNES", b'"VANNES') + b"a,b\n" * 3, "Le guillemet ouvert à la ligne 5"),
    "a field of ten megabytes": (spoiled(4, b"RENNES", b"R" * 10_000_000), "La ligne 4 est trop longue"),
    "a field of 200 KB": (spoiled(4, b"RENNES", b"R" * 200_000), "La ligne 4 est trop longue"),
}


@pytest.mark.parametrize("far", [False, True], ids=["near", "far"])
@pytest.mark.parametrize(("content", "message"), SPOILED.values(), ids=SPOILED)
def test_a_spoiled_file_is_refused_as_a_whole(desk, content, message, far):
    """Where it is sent when its first lines show it, else by the check: nothing of it is ever imported."""
    if far:
        head, *lines = content.split(b"\n")
        blank = b"\n".join([head, *[b""] * 300])
        content = b"\n".join([blank, *lines])
        message = re.sub(r"ligne (\d)", lambda found: f"ligne {int(found[1]) + 300}", message)
    page = words(desk.send(content))
    assert message in page
    assert desk.state in ("", "failed")
    assert not Company.objects.exists()


def test_other_encodings_are_read(desk):
    for encoding in ("cp1252", "utf-16", "utf-16-be", "iso8859-15", "mac_roman", "utf-8-sig"):
        desk.send(sample().decode().encode(encoding))
        assert (desk.batch.state, desk.batch.layout["kind"]) == ("ready", "csv"), encoding


def test_a_file_that_is_too_big_for_the_screen_is_refused(desk, settings):
    settings.IMPORT_MAX_BYTES = 1024
    assert "trop gros" in words(desk.send(sample()))
    assert not ImportBatch.objects.exists()


def test_no_file_at_all_is_said(desk):
    response = desk.browser.post("/crm/companies/import/", {})
    assert response.status_code == 200
    assert "obligatoire" in words(response)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + establishments({"siret": siret(ONE)}),
        establishments({"siret": siret(ONE)}, separator=";"),
        establishments({"siret": siret(ONE)}).replace(b"\r\n", b"\n"),
        b"\n" + establishments({"siret": siret(ONE)}).rstrip(),
        establishments({"siret": siret(ONE)}, columns=header("etablissements.csv")[::-1]),
        establishments({"siret": siret(ONE)}, columns=["inconnue", *header("etablissements.csv"), ""]),
    ],
    ids=["BOM", "semicolons", "unix", "blank lines", "another order", "more columns"],
)
def test_a_file_in_another_guise_is_taken(desk, content):
    desk.send(content)
    assert (desk.batch.state, desk.batch.created) == ("ready", 1)


def test_absent_optional_columns_are_told(desk):
    desk.send(without("libelleCommuneEtablissement"))
    assert "donc non importées : libelleCommuneEtablissement" in words(desk.page())


def test_a_ragged_line_and_a_stray_quote_are_refused_alone(desk):
    good = establishments({"siret": siret(ONE), "enseigne1": "BON"}).decode()
    quote = (
        establishments({"siret": siret(TWO), "enseigne1": "QUOTE"}).decode().splitlines()[1].replace("QUOTE", '"A"B')
    )
    after = establishments({"siret": siret(THREE), "enseigne1": "APRÈS"}).decode().splitlines()[1]
    desk.send(f"{good}{ONE},seul\r\n{quote}\r\n\r\n{after}\r\n".encode())
    refusals = desk.refusals()
    assert "2 valeurs au lieu de" in refusals[3]
    assert "Guillemet mal placé" in refusals[4]
    desk.confirm()
    assert {company.name for company in Company.objects.all()} == {"BON", "APRÈS"}


def test_refused_lines_can_be_downloaded_corrected_and_sent_again(desk):
    row = {"siret": siret(ONE), "enseigne1": '=HYPERLINK("http://x")', "libelleVoie": "-RUE; DU PORT"}
    desk.send(
        establishments({**row, "etatAdministratif": "Z"}, {"siret": siret(TWO), "enseigne1": "BON"}, separator=";")
    )
    response = desk.browser.get(f"/imports/{desk.batch.pk}/refused/")
    assert response["Content-Type"].startswith("text/csv")
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    line = next(csv.DictReader(io.StringIO(content), delimiter=";"))
    assert line["enseigne1Etablissement"].startswith("'=")
    assert line["libelleVoieEtablissement"].startswith("'-")
    assert "Ligne 2 : État administratif « Z »" in line["Motif du refus"]
    desk.send(content.replace(";Z;", ";A;").encode())
    assert (desk.batch.created, desk.batch.refused) == (1, 0)


def test_a_file_of_unlike_formats_is_named(desk):
    desk.send(legal_units({"siren": ONE, "denomination": "X"}))
    assert desk.batch.format_label == "SIRENE StockUniteLegale"


def test_the_report_keeps_five_hundred_lines_at_most(desk):
    rows = [{"siret": siret(siren(93000000 + number)), "etatAdministratif": "AZ"[number % 2]} for number in range(1500)]
    page = desk.send(establishments(*rows))
    assert (desk.batch.created, desk.batch.refused) == (750, 750)
    assert len(desk.batch.lines) <= 500
    content = b"".join(desk.browser.get(f"/imports/{desk.batch.pk}/refused/").streaming_content)
    assert content.count(b"\n") == 751
    assert len(page.content) < 300_000
