"""Files on a record: what is taken, what is refused, who gets them, and how."""

import io
import struct
import time
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context
from PIL import Image

from core.accounts.models import User
from core.attachments import links
from core.attachments.names import clean_name
from core.models import Attachment
from crm.models import Company


def files(row) -> str:
    return f"/crm/companies/{row.pk}/files/"


def send(browser, row, *uploads):
    return browser.post(files(row), {"files": [SimpleUploadedFile(name, content) for name, content in uploads]})


def image(form: str = "PNG", size=(40, 30), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form, **options)
    return out.getvalue()


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def bare_png(width: int, height: int) -> bytes:
    """A PNG that says it is huge: its header and no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


DOCX = archive(**{"[Content_Types].xml": b"<x/>", "word__document.xml": b"<x/>"})
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
GOOD = [
    ("photo.png", image(), "png"), ("photo.JPG", image("JPEG"), "jpeg"), ("photo.webp", image("WEBP"), "webp"),
    ("anim.gif", image("GIF"), "gif"), ("devis.pdf", b"%PDF-1.7\n1 0 obj\n", "pdf"), ("lettre.docx", DOCX, "docx"),
    ("plan.zip", archive(a=b"b"), "zip"), ("notes.txt", "Élan\nvital".encode(), "txt"), ("notes.txt", "Élan".encode("cp1252"), "txt"),
    ("liste.csv", b"a;b\n1;2\n", "csv"), ("courrier.eml", b"From: a@b.fr\nSubject: x\n\nBonjour", "eml"),
    ("vieux.doc", OLE + "WordDocument".encode("utf-16-le"), "doc"), ("sans extension", image(), "png"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "kind"), GOOD)
def test_what_people_work_with_is_taken(sales, make_company, name, content, kind):
    company = make_company()
    assert send(sales, company, (name, content)).status_code == 302
    kept = Attachment.objects.get()
    assert (kept.kind, kept.size) == (kind, len(content))
    assert name.partition(".")[0] not in kept.file.name and kept.file.read() == content


BAD = [
    ("vide.txt", b"", "vide"), ("virus.exe", b"MZ\x90\0" + b"\0" * 99, "programmes"), ("virus.pdf", b"MZ\x90\0" + b"\0" * 99, "programmes"),
    ("outil", b"\x7fELF\x02\x01" + b"\0" * 99, "programmes"), ("s.sh", b"#!/bin/sh\nrm", "programmes"),
    ("page.html", b"<!DOCTYPE html><p>x", "HTML"), ("page.txt", b"  <html><script>", "HTML"), ("dessin.svg", b"<svg xmlns='x'/>", "SVG"),
    ("dessin.png", b"<?xml version='1.0'?><svg/>", "SVG"), ("code.js", b"alert(1)", "pas accept"), ("photo.png", image("JPEG"), "son contenu est"),
    ("photo.pdf", image(), "son contenu est"), ("tableau.xlsx", DOCX, "son contenu est"), ("lettre.docx", archive(a=b"b"), "son contenu est"),
    ("photo.png", image()[:60] + b"\0" * 50, "abîmée"), ("rien.dat", bytes(range(256)), "pas accept"),
    ("macro.docx", archive(**{"[Content_Types].xml": b"x", "word__vbaProject.bin": b"x"}), "macros"),
    ("casse.zip", b"PK\x03\x04" + b"\0" * 60, "abîmée"), ("installeur.msi", OLE, "pas un document"),
    ("p.jpg", b"\0\0\0\x18ftypheic" + b"\0" * 50, "HEIC"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "said"), BAD)
def test_what_lies_or_bites_is_refused_in_words_and_leaves_nothing(sales, make_company, name, content, said):
    company = make_company()
    answer = send(sales, company, (name, content))
    assert answer.status_code == 200
    assert said in answer.content.decode() and not Attachment.objects.exists()


@pytest.mark.parametrize("size", [(10_000, 10_000), (50_001, 1_000), (30_000, 30_000)])
def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(sales, make_company, size):
    company, start = make_company(), time.perf_counter()
    answer = send(sales, company, ("géante.png", bare_png(*size)))
    assert answer.status_code == 200 and "pixels" in answer.content.decode()
    assert time.perf_counter() - start < 2 and not Attachment.objects.exists()


def test_a_zip_bomb_is_refused_by_its_directory(sales, make_company):
    company, bomb = make_company(), archive(a=b"\0" * 60_000_000)
    assert len(bomb) < 100_000
    answer = send(sales, company, ("bombe.zip", bomb))
    assert answer.status_code == 200 and "démesurément" in answer.content.decode()
    docx = archive(**{"[Content_Types].xml": b"x", "word__document.xml": b"\0" * 60_000_000})
    assert "démesurément" in send(sales, company, ("bombe.docx", docx)).content.decode()
    many = archive(**{f"f{n}": b"" for n in range(10_050)})
    assert "trop de fichiers" in send(sales, company, ("foule.zip", many)).content.decode()


def test_sizes_are_limited_by_file_and_by_record(sales, make_company, settings):
    company = make_company()
    settings.FILE_MAX_BYTES, settings.FILES_MAX_BYTES_PER_RECORD = 1000, 1500
    assert "trop" in send(sales, company, ("a.txt", b"x" * 1001)).content.decode()
    assert send(sales, company, ("a.txt", b"x" * 900)).status_code == 302
    assert "dépasserait" in send(sales, company, ("b.txt", b"x" * 900)).content.decode()
    assert Attachment.objects.count() == 1


def test_a_file_that_is_too_large_is_named_and_the_others_are_kept(sales, make_company, settings):
    company = make_company()
    settings.FILE_MAX_BYTES = 100_000
    page = send(sales, company, ("plan.txt", b"x" * 2_000_000), ("bon.txt", b"oui")).content.decode()
    assert "« plan.txt » : plus de" in page and "bon.txt" in page
    assert [kept.name for kept in Attachment.objects.all()] == ["bon.txt"]


def test_a_sending_beyond_what_a_record_holds_is_refused_before_it_reaches_the_disk(
    sales, make_company, settings, tmp_path
):
    company = make_company()
    settings.FILES_MAX_BYTES_PER_RECORD, settings.FILE_UPLOAD_TEMP_DIR = 100_000, str(tmp_path / "absent")
    page = send(sales, company, ("a.txt", b"x" * 2_000_000)).content.decode()
    assert "Cet envoi est trop gros" in page and "Envoyez moins de fichiers" in page
    assert not Attachment.objects.exists()


def test_good_files_are_kept_beside_a_refused_one(sales, make_company):
    answer = send(sales, make_company(), ("bon.txt", b"oui"), ("vide.txt", b""))
    assert answer.status_code == 200 and [kept.name for kept in Attachment.objects.all()] == ["bon.txt"]


@pytest.mark.parametrize(
    ("name", "clean"),
    [("../../etc/passwd", "passwd"), ("C:\\Windows\\a.txt", "a.txt"), ("photo\u202egnp.exe", "photognp.exe"),
     ("a\x00b\nc.txt", "abc.txt"), ("", "fichier"), ("...", "fichier"), (".htaccess", "htaccess"),
     ('a"b<c>.txt', "a b c.txt"), ("x" * 300 + ".pdf", "x" * 156 + ".pdf"), ("été.txt", "été.txt")],
)  # fmt: skip
def test_names_are_made_harmless(name, clean):
    assert clean_name(name) == clean


def test_thumbnails_are_small_and_say_nothing_of_the_camera(sales, make_company):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "CanariAppareil", 6
    send(sales, make_company(), ("photo.jpg", image("JPEG", (1600, 900), exif=exif)))
    kept = Attachment.objects.get()
    small = Image.open(kept.thumbnail)
    assert small.format == "WEBP" and small.size[1] > small.size[0] and max(small.size) <= 480
    assert b"CanariAppareil" not in kept.thumbnail.open().read() and not small.getexif()


# --- the way out ---------------------------------------------------------------------------------------------------
def content(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_file_is_opened_by_a_signed_address_that_protects_itself(sales, make_company):
    company = make_company()
    send(sales, company, ("photo.png", image()), ("liste.csv", b"a;b"))
    table, photo = Attachment.objects.order_by("kind")
    opened = sales.get(f"{files(company)}{photo.pk}/", follow=True)
    assert opened["Content-Type"] == "image/png" and opened["Content-Disposition"].startswith("inline")
    assert "sandbox" in opened["Content-Security-Policy"] and opened["X-Content-Type-Options"] == "nosniff"
    assert content(opened) == image()
    saved = sales.get(f"{files(company)}{table.pk}/", follow=True)
    assert saved["Content-Disposition"].startswith("attachment")
    assert saved["Content-Type"] == "application/octet-stream"
    assert sales.get(f"{files(company)}{photo.pk}/?download", follow=True)["Content-Disposition"].startswith(
        "attachment"
    )
    assert sales.get(f"/media/{photo.file.name}").status_code == 404


def test_a_signed_address_serves_one_person_for_five_minutes(
    sales, reader, atelier, signed_in, make_company, monkeypatch
):
    company = make_company()
    send(sales, company, ("photo.png", image()))
    photo = Attachment.objects.get()
    url = links.address(photo, User.objects.get(email="sales@atelier.example"), "open")
    assert sales.get(url).status_code == 200
    assert reader.get(url).status_code == 404
    assert sales.get(url[:-3] + "xx/").status_code == 404
    from tests.conftest import visitor

    assert visitor(atelier).get(url).status_code == 302  # to the login
    monkeypatch.setattr(links, "LIVES", -1)
    late = sales.get(url)
    assert late.status_code == 410 and "expiré" in late.content.decode()


def test_rights_lost_since_the_signature_count(sales, make_company):
    company = make_company()
    send(sales, company, ("photo.png", image()))
    user = User.objects.get(email="sales@atelier.example")
    url = links.address(Attachment.objects.get(), user, "open")
    user.roles.clear()
    assert sales.get(url).status_code == 404


def test_another_record_and_another_client_do_not_lead_to_a_file(sales, horizon, signed_in, make_company):
    company, other = make_company(), make_company("Autre")
    send(sales, company, ("photo.png", image()))
    photo = Attachment.objects.get()
    user = User.objects.get(email="sales@atelier.example")
    url = links.address(photo, user, "open")
    assert sales.get(f"{files(other)}{photo.pk}/").status_code == 404
    assert sales.post(f"{files(other)}{photo.pk}/deletion/").status_code == 404
    stranger = signed_in(horizon, "sales")
    assert stranger.get(url).status_code == 404
    with tenant_context(horizon):
        far = Company.objects.create(name="Ailleurs")
        assert stranger.get(f"{files(far)}{photo.pk}/").status_code == 404


def test_a_reader_opens_and_neither_adds_nor_deletes(sales, reader, make_company):
    company = make_company()
    send(sales, company, ("photo.png", image()))
    photo = Attachment.objects.get()
    page = reader.get(files(company)).content.decode()
    assert "photo.png" in page and 'type="file"' not in page
    assert reader.get(f"{files(company)}{photo.pk}/", follow=True).status_code == 200
    assert send(reader, company, ("b.txt", b"x")).status_code == 403
    assert reader.post(f"{files(company)}{photo.pk}/deletion/").status_code == 403


def test_a_deleted_file_is_gone_from_every_page_at_once(sales, make_company):
    company = make_company()
    send(sales, company, ("photo.png", image()))
    photo = Attachment.objects.get()
    url = links.address(photo, User.objects.get(email="sales@atelier.example"), "open")
    assert sales.post(f"{files(company)}{photo.pk}/deletion/").status_code == 302
    assert sales.get(url).status_code == sales.get(f"{files(company)}{photo.pk}/").status_code == 404
    assert "photo.png" not in sales.get(f"/crm/companies/{company.pk}/", follow=True).content.decode()


def test_the_files_page_asks_a_constant_number_of_queries(sales, make_company):
    company = make_company()

    def count() -> int:
        sales.get(files(company))
        with CaptureQueriesContext(connection) as queries:
            sales.get(files(company))
        return len(queries)

    send(sales, company, ("a.txt", b"x"))
    few = count()
    send(sales, company, *[(f"{n}.txt", b"x") for n in range(20)])
    assert count() == few
