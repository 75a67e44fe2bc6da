"""Documents: archive-proof and accessible, texts shown as they are, nothing read or run that is not ours."""

import datetime as dt
import io
import os
import re
import time
from pathlib import Path

import pytest
from django.conf import settings
from pypdf import PdfReader

from core.pdf import render
from core.pdf.printable import ABSENT, BREAK, printable
from core.pdf.typesetter import MAX_DATA, BadTemplate, TooLarge, TooLong, Typesetter

AT = dt.datetime(2026, 11, 25, 9, 30, tzinfo=dt.UTC)
HOSTILE = [
    "#panic()", "#read(\"/etc/passwd\")", "$x^2$", "*gras* _italique_", "@reference <etiquette>", "\\ // /* */",
    "= Titre", "- liste", "+ liste", "/ terme: sens", "`code`", "```typ #panic() ```", "#{sys.inputs}", "~ -- ... \"guillemets\"",
    "https://exemple.fr/#ancre", "]#panic()[", "\\u{1F600}", "<script>alert(1)</script>", "{{ x }}{% y %}", "%PDF-1.4 endobj",
]  # fmt: skip


def data(**changes) -> dict:
    empty = {
        "title": "Fiche",
        "subtitle": "",
        "badge": "",
        "mention": "",
        "tags": [],
        "groups": [],
        "related": [],
        "notes": [],
    }
    return {**empty, "notes-label": "Notes", **changes}


def facts(*values: str) -> list[dict]:
    return [{"label": "Groupe", "facts": [["Valeur", value] for value in values]}]


def text_of(pdf: bytes) -> str:
    """What a reader copies, in one line, without the places where a line may break."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return " ".join(" ".join(pages).replace(BREAK, "").split())


@pytest.fixture
def typesetter(tmp_path):
    """`typesetter("x.typ", "= Titre")`: a PDF by a template written here, outside ours."""
    made = Typesetter(tmp_path, settings.FONT_DIR)
    head = '#set document(title: "t")\n#set text(lang: "fr", font: "Inter")\n'

    def make(source: str, *, seconds: float = 20, **given) -> bytes:
        (tmp_path / "x.typ").write_text(head + source)
        return made.make("x.typ", given, at=0, seconds=seconds)

    make.setter = made
    yield make
    made.stop()


# --- what the file is ---------------------------------------------------------------------------------------------
def test_it_is_an_archive_with_its_structure_its_language_and_its_colours(atelier):
    reader = PdfReader(io.BytesIO(render("record.typ", data(groups=facts("Été")), at=AT)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"].startswith("fr")
    assert "/StructTreeRoot" in root and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    xmp = root["/Metadata"].get_object().get_data().decode()
    for said in (
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ):
        assert said in xmp
    assert reader.metadata.title == "Fiche" and reader.metadata.author == "Atelier Morvan"
    assert "/JavaScript" not in root.get("/Names", {}) and "/OpenAction" not in root


def test_headings_and_tables_are_tagged_as_such(atelier):
    part = {
        "label": "Contacts",
        "columns": ["Nom", "Solde"],
        "figures": [1],
        "rows": [["Riou", "12"]],
        "more": "",
        "empty": "",
    }
    reader = PdfReader(io.BytesIO(render("record.typ", data(groups=facts("x"), related=[part]), at=AT)))
    tags = []

    def walk(node):
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict) and "/S" in node:
            tags.append(node["/S"])
            walk(node.get("/K", []))

    walk(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])
    assert tags.count("/H1") == 1 and tags.count("/H2") == 2
    assert tags.count("/TH") == 2 and tags.count("/TD") == 2


def fonts_of(pdf: bytes) -> set[str]:
    """The names of the fonts, each of which must be embedded."""
    found = set()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            below = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = below["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & descriptor.keys(), "a font is only named"
            found.add(below["/BaseFont"].partition("+")[2])
    return found


def test_every_font_is_inside_and_is_one_of_ours(atelier):
    texts = "Été œuvre 12\u202f345,50\u00a0€ ☎ Ελλάδα Київ Đặng שלום"
    found = fonts_of(render("record.typ", data(groups=facts(texts)), at=AT))
    assert len(found) > 3 and all(name.startswith(("Inter", "DejaVuSans")) for name in found), found


def test_the_same_data_at_the_same_moment_give_the_same_bytes(atelier):
    first = render("record.typ", data(groups=facts("a")), at=AT)
    render("record.typ", data(groups=facts("b")), at=AT)
    assert render("record.typ", data(groups=facts("a")), at=AT) == first
    assert render("record.typ", data(groups=facts("a")), at=AT + dt.timedelta(days=1)) != first


def test_every_page_says_the_client_its_number_and_the_dpo(atelier):
    """R05: the DPO's contact is on every generated document."""
    pages = PdfReader(io.BytesIO(render("record.typ", data(groups=facts(*["ligne"] * 120)), at=AT))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        said = page.extract_text()
        assert settings.DPO_EMAIL in said and atelier.name in said and f"Page {number} sur {len(pages)}" in said


# --- texts are texts ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_text_is_markup(atelier, text):
    note = [{"head": text, "text": text}]
    part = {"label": text, "columns": [text], "figures": [], "rows": [[text]], "more": text, "empty": text}
    whole = data(
        title=text, subtitle=text, badge=text, mention=text, tags=[text], groups=facts(text), related=[part], notes=note
    )
    shown = text_of(render("record.typ", whole, at=AT))
    assert shown.count(" ".join(text.split())) >= 10


def test_french_typography_is_drawn(atelier):
    text = "« L’œuvre » : 12\u202f345,50\u00a0€ — Évry, Ÿ, ç, 50\u202f%, n°\u00a03, l\u2011a…"
    assert printable(text) == text
    assert text.replace("\u202f", "").replace(" ", "").replace("\u00a0", "").replace("\u2011", "-") in re.sub(
        r"[\s\u202f]", "", text_of(render("record.typ", data(groups=facts(text)), at=AT))
    ).replace("\u2011", "-")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("漢字", ABSENT * 2),
        ("a\ue000b", f"a{ABSENT}b"),
        ("👩\u200d🌾", ABSENT * 2),
        ("\ud800", ABSENT),
        ("a\x00\x07\x1bb", "ab"),
        ("\u202eabc\u202c", "abc"),
        ("e\u0301", "é"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("☎\ufe0f 02", "☎ 02"),
    ],
)
def test_what_no_font_draws_is_shown_as_a_box_and_what_nobody_sees_is_dropped(text, shown):
    assert printable(text) == shown


def test_no_text_whatever_stops_a_document(atelier):
    every = "".join(chr(code) for code in range(0x3000) if not 0xD800 <= code < 0xE000)
    emoji = "".join(chr(code) for code in range(0x1F300, 0x1F700))
    texts = [
        every,
        emoji,
        "\U000e0041\ufffe\uffff",
        "مرحبا بالعالم",
        "שלום עולם",
        "",
        " ",
        "\n\n",
        "\t",
        "x" * 10_000,
        "mot " * 3_000,
    ]
    pdf = render("record.typ", data(title="\x00", groups=facts(*texts), tags=["", "👍"]), at=AT)
    shown = text_of(pdf)
    assert shown.count("x") >= 10_000 and "Sans titre" in shown


def test_a_long_word_stays_on_the_page(atelier):
    pdf = render("record.typ", data(groups=facts("https://exemple.fr/" + "a" * 500)), at=AT)
    assert "a" * 500 in text_of(pdf).replace(" ", "")
    page = PdfReader(io.BytesIO(pdf)).pages[0]
    places = []
    page.extract_text(visitor_text=lambda text, cm, tm, *_: places.append(cm[4] + tm[4]))
    assert max(places) < page.mediabox.right


# --- what a template can reach ------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["../../../../../../etc/passwd", "../x.typ", "..\\\\..\\\\manage.py"])
def test_a_template_reads_nothing_outside_its_folder(typesetter, path):
    with pytest.raises(BadTemplate):
        typesetter(f'#read("{path}")')


def test_an_absolute_path_begins_at_the_templates(typesetter, tmp_path):
    (tmp_path / "mine.txt").write_text("chez nous")
    assert "chez nous" in text_of(typesetter('#read("/mine.txt")'))
    with pytest.raises(BadTemplate, match="not found"):
        typesetter('#read("/etc/passwd")')


def test_a_link_to_the_outside_is_not_in_the_templates():
    assert not [path for path in settings.PDF_TEMPLATES.rglob("*") if path.is_symlink()]


def test_a_package_is_refused_at_once(typesetter):
    with pytest.raises(BadTemplate, match="package"):
        typesetter('#import "@preview/cetz:0.3.4"', seconds=15)


def test_no_template_of_ours_names_a_package_or_evaluates():
    for path in settings.PDF_TEMPLATES.glob("*.typ"):
        source = path.read_text()
        assert not re.search(r"@preview|@local|\beval\(|\bplugin\(", source), path.name


def test_the_machines_fonts_are_not_looked_at(typesetter):
    found = fonts_of(typesetter('#set text(font: ("Liberation Serif", "DejaVu Serif", "Libertinus Serif"))\nabc'))
    assert found and all(name.startswith(("Inter", "DejaVuSans")) for name in found), found


def test_the_licences_lie_beside_the_fonts():
    assert "SIL Open Font License" in (settings.FONT_DIR / "LICENSE-inter.txt").read_text()
    assert "Bitstream Vera" in (settings.FONT_DIR / "LICENSE-dejavu-sans.txt").read_text()


def test_the_child_knows_nothing_of_ours(typesetter):
    typesetter("Bonjour")
    environment = Path(f"/proc/{typesetter.setter.pid}/environ").read_text()
    assert "DATABASE" not in environment and "SECRET" not in environment and "DJANGO" not in environment


# --- limits -------------------------------------------------------------------------------------------------------
def test_a_layout_without_end_is_killed_and_the_next_document_is_made(typesetter):
    typesetter("Bonjour")
    child = typesetter.setter.pid
    started = time.monotonic()
    with pytest.raises(TooLong):
        typesetter("#for a in range(30000) { for b in range(30000) { for c in range(30000) { } } }", seconds=1.5)
    assert time.monotonic() - started < 30  # it came back at all
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert "Bonsoir" in text_of(typesetter("Bonsoir"))


def test_a_document_too_large_for_the_memory_is_refused_and_the_next_one_is_made(typesetter):
    with pytest.raises((TooLarge, TooLong, BadTemplate)):
        typesetter('#let s = "xxxxxxxxxxxxxxxx"\n#for i in range(40) { s = s + s }\n#s.len()', seconds=20)
    assert "Bonsoir" in text_of(typesetter("Bonsoir"))


def test_too_much_data_is_refused_before_it_is_sent(atelier):
    with pytest.raises(TooLarge, match="trop"):
        render("record.typ", data(groups=facts("x" * MAX_DATA)), at=AT)


def test_a_wrong_template_says_where(typesetter):
    with pytest.raises(BadTemplate, match="unknown variable"):
        typesetter("#nothing")
    assert typesetter("encore")
