"""Any CSV or XLSX is read by its content; what cannot be read is refused or told by line, in French, and nothing is half done."""

import datetime as dt
import io
import subprocess
import sys
import zipfile

import pytest
import xlsxwriter
from django.http import HttpRequest
from django.test import override_settings

from core.importing.reading import FileError, Layout, open_source
from crm.models import Company
from tests.core.importing import words

FRENCH = "Nom;Ville;Note\nSociété Été;Orléans;« déjà » – l’œuvre à 12 €\nBâti;Angoulême;ça va\n"


def read(content: bytes, **layout):
    return open_source(io.BytesIO(content), len(content), Layout(**layout))


def rows(content: bytes, **layout) -> list[list[str]]:
    source = read(content, **layout)
    return [source.header, *[list(line.cells) for line in source]]


def workbook(*lines: list, sheets: dict[str, list[list]] | None = None) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "dd/mm/yyyy"})
    for name, content in (sheets or {"Feuille": list(lines)}).items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(content):
            sheet.write_row(number, 0, line)
    book.close()
    return out.getvalue()


# --- encodings ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_usual_encoding_gives_the_same_rows(encoding):
    assert rows(FRENCH.encode(encoding)) == [line.split(";") for line in FRENCH.splitlines()]


@pytest.mark.parametrize("encoding", ["iso8859-15", "mac_roman"])
def test_older_encodings_are_told_by_their_letters(encoding):
    text = "Nom;Note\nŒuvrée;30 € à l’été\nÉcole;çà et là\n".replace("’", "'")
    assert rows(text.encode(encoding))[1] == ["Œuvrée", "30 € à l'été"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_and_end_of_line(separator, end):
    lines = [["Nom", "Montant"], ["Riou", "1.5"], ["Bâti", "2.5"]]
    assert rows(end.join(separator.join(line) for line in lines).encode()) == lines


def test_a_decimal_comma_is_no_separator():
    assert rows(b"Nom;Montant\nRiou;1,5\nBati;2,5\nLe Gall;3,5\n")[1] == ["Riou", "1,5"]


def test_a_single_column_needs_no_separator():
    assert rows(b"E-mail\na@b.fr\nc@d.fr\n") == [["E-mail"], ["a@b.fr"], ["c@d.fr"]]


def test_mixed_encodings_are_told_line_by_line(desk):
    content = "Nom;Ville\nÉté;Orléans\n".encode() + "Bâti;Angoulême\n".encode("cp1252")
    page = words(desk.take(content))
    assert "Deux encodages se mêlent" in page and "aux lignes 3" in page
    assert "autre encodage" in page
    desk.confirm()
    assert set(Company.objects.values_list("name", "city")) == {("Été", "Orléans"), ("Bâti", "Angoulême")}


def test_what_no_text_holds_is_refused_on_its_line(desk):
    """A lone surrogate in UTF-16."""
    content = "Nom;Ville\nRiou;Brest\n".encode("utf-16-le") + b"B\x00\x00\xd8;\x00X\x00\n\x00"
    desk.take(b"\xff\xfe" + content)
    assert list(desk.refusals()) == [3] and "Caractère illisible" in desk.refusals()[3]


# --- headers ------------------------------------------------------------------------------------------------------
def test_titles_above_the_table_are_passed_over_and_said(desk):
    content = "Extraction du 25/11/2026\n\nClients;;\nNom;Ville;Encours\nRiou;Brest;12\nBâti;Nantes;13\n"
    assert "ligne de titres (ligne 4)" in words(desk.send(content.encode()))
    assert list(desk.guessed()) == ["Nom", "Ville", "Encours"]


def test_two_lines_of_titles_are_found_and_said(desk):
    content = "Société;;Adresse;\nNom;SIREN;Code;Localité\nRiou;732829320;29200;Brest\nBâti;552100554;44000;Nantes\n"
    page = words(desk.send(content.encode()))
    assert "Les titres tiennent sur deux lignes (1 et 2)" in page
    assert list(desk.guessed()) == ["Nom", "SIREN", "Code", "Localité"]


def test_without_titles_columns_are_numbered_and_no_line_is_lost(desk):
    desk.send(b"Riou;a@riou.fr;29200\nBati;b@bati.fr;44000\n")
    assert list(desk.guessed()) == ["Colonne 1", "Colonne 2", "Colonne 3"]
    desk.map({"Colonne 1": "name"}, key="")
    assert desk.counts == (2, 0, 0, 0)


def test_the_header_can_be_chosen(desk):
    desk.send(b"Un;Deux\nNom;Ville\nRiou;Brest\n")
    desk.read_again(header="2")
    assert list(desk.guessed()) == ["Nom", "Ville"]
    assert desk.guessed()["Nom"] == "name"


def test_a_choice_that_makes_no_sense_is_said_and_changes_nothing(desk):
    desk.send(b"Nom;Ville\nRiou;Brest\n")
    for nonsense in ({"header": "2", "separator": "x"}, {"header": "99"}, {"encoding": "rot13"}, {"sheet": "x"}):
        assert desk.read_again(**nonsense).status_code == 200
    assert desk.state == "mapping"


def test_columns_of_one_name_are_told_apart(desk):
    page = words(desk.send(b"Nom;Tel;Tel\nRiou;1;2\n"))
    assert "figurent deux fois" in page
    assert list(desk.guessed()) == ["Nom", "Tel", "Tel (2)"]


def test_thousands_of_columns_are_refused(desk):
    line = ";".join(f"c{number}" for number in range(5000))
    assert "5000 colonnes, au plus 1000" in words(desk.send(f"{line}\n{line}\n".encode()))


def test_ragged_lines_are_refused_alone(desk):
    desk.take(b"Nom;Ville\nRiou;Brest\nBati\nLe Gall;Gouesnou;;;\nTrop;de;valeurs\n")
    assert desk.counts[0] == 2 and list(desk.refusals()) == [3, 5]


# --- workbooks ----------------------------------------------------------------------------------------------------
def test_a_workbook_is_read_with_its_types(desk):
    lines = [["Nom", "Code postal", "Note", "Fournisseur"], ["Riou", 29200, dt.date(2026, 11, 25), True]]
    desk.take(workbook(*lines), name="clients.csv", columns={"Note": "note"})
    desk.confirm()
    row = Company.objects.get()
    assert (row.name, row.postcode, row.note, row.is_supplier) == ("Riou", "29200", "2026-11-25", True)


def test_a_french_postcode_that_lost_its_zero_gets_it_back_and_it_is_told(desk):
    lines = [
        ["Nom", "CP", "Pays"],
        ["Bourg", 1000, ""],
        ["Nice", 6000, "France"],
        ["Brest", 29200, ""],
        ["Liège", 4000, "Belgique"],
    ]
    page = words(desk.take(workbook(*lines), name="clients.xlsx"))
    assert "1000 lu 01000" in page and "zéro de tête rétabli (2 lignes : 2, 3)" in page
    desk.confirm()
    assert dict(Company.objects.values_list("name", "postcode")) == {
        "Bourg": "01000", "Nice": "06000", "Brest": "29200", "Liège": "4000",
    }  # fmt: skip
    desk.take(b"Nom;Code postal\nNice Est;6000\n")
    desk.confirm()
    assert Company.objects.get(name="Nice Est").postcode == "06000"


def test_a_sheet_is_chosen(desk):
    desk.send(workbook(sheets={"Vide": [], "Un": [["Nom"], ["Riou"]], "Deux": [["Nom", "Ville"], ["Bâti", "Nantes"]]}))
    assert desk.batch.layout["sheet"] == "Un"
    page = words(desk.read_again(sheet="Deux"))
    assert list(desk.guessed()) == ["Nom", "Ville"] and "Deux" in page


def test_a_notice_of_one_line_before_the_table_is_passed_over(desk):
    table = [["Nom", "Ville"], ["Riou", "Brest"]]
    desk.send(workbook(sheets={"Lisez-moi": [["Lisez-moi"]], "Vide": [], "Clients": table}), "clients.xlsx")
    assert desk.batch.layout["sheet"] == "Clients" and list(desk.guessed()) == ["Nom", "Ville"]
    page = words(desk.send(workbook(sheets={"Lisez-moi": [["Lisez-moi"]], "Vide": []}), "notice.xlsx"))
    assert "sans aucune donnée" in page


def test_formulas_give_their_last_result_and_are_told(desk):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Nom", "Ville"])
    sheet.write_formula(1, 0, '="Ri"&"ou"', None, "Riou")
    sheet.write(1, 1, "Brest")
    book.close()
    assert "formules" in words(desk.send(out.getvalue()))
    desk.map()
    desk.confirm()
    assert Company.objects.get().name == "Riou"


def spoiled(content: bytes, name: str, change) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, change(data) if entry.filename == name else data)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.replace(b"</sheetData>", b" " * 60_000_000 + b"</sheetData>"), "démesurément"),
        (lambda data: data.replace(b'r="2"', b'r="1048576"').replace(b'r="B2"', b'r="XFD1048576"'), "s’étend sur"),
        (lambda data: data[: len(data) // 2], "abîmé"),
    ],
    ids=["bomb", "a stray cell", "cut short"],
)
def test_a_workbook_that_would_fill_the_memory_is_refused_before_it_is_opened(desk, change, message):
    page = words(desk.send(spoiled(workbook(["Nom", "Ville"], ["Riou", "Brest"]), SHEET, change), "f.xlsx"))
    assert message in page
    assert desk.state == ""


# --- OpenDocument -------------------------------------------------------------------------------------------------
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def cell(text: str = "", attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def line(*cells: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}</table:table-row>'


BLANK = '<table:table-cell table:number-columns-repeated="16384"/>'


def open_document(*lines: str, before: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'{before}<office:document-content {_SPACES}><office:body><office:spreadsheet><table:table table:name="Feuille">'
            f"{''.join(lines)}</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def test_a_sheet_of_libreoffice_is_read_with_what_it_typed(desk):
    """As LibreOffice writes it: the blank rest of the sheet is there, a million times."""
    content = open_document(
        line(cell("Nom"), cell("Ville"), cell("Encours"), BLANK),
        line(cell("Société Été"), cell("Brest"), cell("1 250,50", 'office:value-type="float" office:value="1250.5"')),
        line(cell("Bâti", 'office:value-type="string" table:formula="of:=A2"'), cell("Nantes"), cell("2026", 'office:value-type="float" office:value="2026"')),
        line(BLANK, times=1_048_573),
    )  # fmt: skip
    assert rows(content) == [
        ["Nom", "Ville", "Encours"],
        ["Société Été", "Brest", "1250.5"],
        ["Bâti", "Nantes", "2026"],
    ]
    assert "formules" in words(desk.send(content, "clients.ods"))
    desk.map()
    desk.confirm()
    assert dict(Company.objects.values_list("name", "city")) == {"Société Été": "Brest", "Bâti": "Nantes"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (open_document(line(cell("x", 'office:value-type="string" table:number-columns-repeated="99999999"'))), "s’étend sur"),
        (open_document(line(cell("x"), times=99_999_999)), "s’étend sur"),
        (open_document(line(cell("x")), line(BLANK, times=1_048_570), line(BLANK, cell("x"))), "s’étend sur"),
        (open_document(line(cell("x"), times=10**30)), "abîmé"),
        (open_document(line(cell("x")), before='<!DOCTYPE a [<!ENTITY b "ccc">]>'), "abîmé"),
        (open_document(line(cell("x")), "<table:table-row>"), "abîmé"),
        (open_document(line(cell(" " * 60_000_000))), "démesurément"),
    ],
    ids=["a wide cell", "a tall row", "a stray cell", "no number", "entities", "cut short", "a bomb"],
)  # fmt: skip
def test_a_sheet_of_libreoffice_that_would_fill_the_memory_is_refused(desk, content, message):
    assert message in words(desk.send(content, "f.ods"))
    assert desk.state == ""


def test_an_archive_within_and_other_documents_are_refused(desk):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    assert "une archive, pas un classeur" in words(desk.send(out.getvalue(), "f.xlsx"))
    assert "une page ou du XML" in words(desk.send(b"<html><table><tr><td>Nom</td></tr></table>", "f.xls"))


# --- sizes --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("others", [100_000, 250_000_000], ids=["beyond every screen", "a record might take it"])
def test_a_file_too_large_is_refused_before_it_is_kept(desk, tmp_path, monkeypatch, others):
    """By the length that the browser announces: nothing of it reaches the disk, where there is no folder for it; nor is
    it read line by line, which for 300 MB of short lines takes minutes.
    """

    def nothing_is_left(request, *size):
        assert request.read(1) == b""
        return b""

    monkeypatch.setattr(HttpRequest, "readline", nothing_is_left)
    with override_settings(
        IMPORT_MAX_BYTES=100_000, FILES_MAX_BYTES_PER_RECORD=others, FILE_UPLOAD_TEMP_DIR=str(tmp_path / "absent")
    ):
        page = words(desk.send(b"Nom;Ville\n" + b"x;y\n" * 400_000))
    assert "trop gros (2 Mo" in page and "coupez-le" in page and "Envoyer le fichier" in page
    assert desk.state == ""


_MEMORY = """
import io, resource, sys
sys.path.insert(0, ".")
import django
django.setup()
from core.importing.reading import open_source
lines = int(sys.argv[1])
class Endless(io.RawIOBase):
    # A file of that many lines that is never in memory itself.
    def __init__(self): self.at = 0
    def seek(self, at, whence=0): self.at = 0; return 0
    def readline(self, limit=-1):
        self.at += 1
        if self.at > lines: return b""
        return b"Nom;Ville;Note\\n" if self.at == 1 else b"Soci\\xc3\\xa9t\\xc3\\xa9 %d;Brest;%s\\n" % (self.at, b"n" * 200)
    def read(self, size=-1):
        return b"".join(iter(lambda: b"", b"")) if self.at else (self.readline() + self.readline())[:size]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for line in open_source(Endless(), 230 * lines))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_hundred_thousand_lines_do_not_fill_the_memory():
    """21 MB of text through the reader of a process of its own: some hundred kilobytes more, not as many megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, "100000"], capture_output=True, text=True, timeout=120, check=True
    )
    count, grown = map(int, done.stdout.split())
    assert count == 99_999
    assert grown < 20_000, f"{grown} KiB"


def test_a_file_of_nothing_is_refused():
    for content in (b"", b"\n\n", b"\xff\xfe", "\ufeff".encode()):
        with pytest.raises(FileError, match="vide"):
            read(content)
