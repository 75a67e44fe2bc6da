"""Address books of other people: vCard of the three versions, and the CSV of Google and Outlook, as they export them."""

import csv
import io

import pytest

from core.models import Tagging
from crm.models import Company, Contact
from tests.core.importing import Desk, words

V21 = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Le Goff;Ana=C3=AFs;;;\r\n"
    "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Ana=C3=AFs Le Goff\r\nTEL;CELL;VOICE:06 98 00 11 22\r\n"
    "TEL;WORK;VOICE:02 98 00 11 22\r\nEMAIL;PREF;INTERNET:anais@kervella.example\r\nORG:Menuiserie Kervella;Atelier\r\n"
    "ADR;WORK:;;3 rue de Siam;Brest;;29200;France\r\nEND:VCARD\r\n"
)
V30 = (
    "BEGIN:VCARD\nVERSION:3.0\nN:Hamon;Jean;Yves;;\nFN:Jean Yves Hamon\nTEL;TYPE=CELL:+33 6 98 00 11 23\n"
    "EMAIL;TYPE=HOME:jean@home.example\nEMAIL;TYPE=WORK,PREF:jean@hamon.example\nTITLE:Gérant\nNOTE:Vu au salon\\, en mars\\nRappeler\n"
    "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\n /9j/4AAQ\nCATEGORIES:Client,Salon\nitem1.X-ABLabel:Autre\nEND:VCARD\n"
)
V40 = (
    'BEGIN:VCARD\nVERSION:4.0\nFN:Marie Riou\nTEL;VALUE=uri;PREF=1;TYPE="voice,cell":tel:+33-6-98-00-11-24\n'
    "EMAIL:marie@riou.example\nORG:Charpentes Riou\nKIND:individual\nEND:VCARD\n"
)


@pytest.fixture
def desk(atelier, signed_in, django_capture_on_commit_callbacks):
    return Desk(signed_in(atelier, "sales"), django_capture_on_commit_callbacks, "crm-contact")


def facts(row: Contact) -> tuple:
    return row.first_name, row.last_name, row.email, row.phone, row.mobile, str(row.company or "")


def test_a_book_of_the_three_versions_fills_the_contacts_and_no_consent(desk):
    Company.objects.create(name="Menuiserie Kervella")
    Company.objects.create(name="Charpentes Riou")
    page = desk.send((V21 + V30 + V40).encode(), "contacts.vcf")
    assert desk.batch.format_label == "Carnet d’adresses" and "Un consentement n’est jamais tiré" in words(page)
    desk.map(key="email")
    assert desk.counts == (3, 0, 0, 0), desk.refusals()
    desk.confirm()
    rows = {row.last_name: row for row in Contact.objects.select_related("company")}
    assert facts(rows["Le Goff"]) == (
        "Anaïs", "Le Goff", "anais@kervella.example", "+33 2 98 00 11 22", "+33 6 98 00 11 22", "Menuiserie Kervella",
    )  # fmt: skip
    assert facts(rows["Hamon"]) == ("Jean Yves", "Hamon", "jean@hamon.example", "", "+33 6 98 00 11 23", "")
    assert (rows["Hamon"].job, rows["Hamon"].note) == ("Gérant", "Vu au salon, en mars\nRappeler")
    assert facts(rows["Riou"]) == ("Marie", "Riou", "marie@riou.example", "", "+33 6 98 00 11 24", "Charpentes Riou")
    assert {row.recipient_kind for row in rows.values()} == {"unknown"} and not hasattr(rows["Riou"], "consent")


def test_cards_that_cannot_be_read_are_told_and_the_others_are_taken(desk):
    Company.objects.create(name="Charpentes Riou")
    book = "\ufeff" + V30 + "BEGIN:VCARD\nVERSION:3.0\nN:;;;;\nEND:VCARD\n" + "BEGIN:VCARD\nN:Coupée;\n" + V40
    desk.send(book.encode(), "contacts.vcf")
    desk.map(key="")
    assert desk.counts[0] == 2 and desk.counts[3] == 2, desk.refusals()
    assert sorted("n’est pas terminée" in text or "ne se lit pas" in text for text in desk.refusals().values()) == [
        True,
        True,
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_book_is_read_in_its_encoding(desk, encoding):
    desk.send("BEGIN:VCARD\nVERSION:3.0\nN:Éon;Zoé\nFN:Zoé Éon\nEND:VCARD\n".encode(encoding), "livre.txt")
    desk.map(key="")
    desk.confirm()
    assert str(Contact.objects.get()) == "Zoé Éon"


BOOKS = {
    "Google": (
        "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,File As,Organization Name,Organization Title,"
        "Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,"
        "E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Street,Address 1 - City",
        {"First Name": "Anne", "Last Name": "Le Goff", "Organization Name": "Menuiserie Kervella", "Labels": "* myContacts",
         "Organization Title": "Gérante", "E-mail 1 - Value": "anne@kervella.example", "Phone 1 - Value": "02 98 00 11 22"},
    ),
    "Outlook": (
        "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,Business City,"
        "Business Postal Code,Business Phone,Home Phone,Mobile Phone,E-mail Address,E-mail Type,E-mail 2 Address,Notes",
        {"First Name": "Anne", "Last Name": "Le Goff", "Company": "Menuiserie Kervella", "Job Title": "Gérante",
         "E-mail Address": "anne@kervella.example", "Business Phone": "02 98 00 11 22"},
    ),
}  # fmt: skip


def google(*people: dict[str, str], kind: str = "Label") -> bytes:
    """As Google exports them: `kind` was « Type » before 2023."""
    labels = "Labels" if kind == "Label" else "Group Membership"
    titles = ["First Name", "Last Name", "Organization Name", labels]
    titles += [f"{what} {slot} - {part}" for what in ("E-mail", "Phone") for slot in (1, 2) for part in (kind, "Value")]
    text = io.StringIO()
    writer = csv.DictWriter(text, titles)
    writer.writeheader()
    for number, person in enumerate(people):
        named = {"Last Name": f"Personne {number}", "Labels": person.get("tags", "")}
        values = {name.replace("kind", kind): value for name, value in person.items() if name != "tags"}
        writer.writerow({("Group Membership" if name == "Labels" and kind == "Type" else name): value
                         for name, value in {**named, **values}.items()})  # fmt: skip
    return text.getvalue().encode()


FIXED, MOBILE, OTHER = "02 98 00 11 22", "06 98 00 11 22", "02 40 12 13 14"


@pytest.mark.parametrize("kind", ["Label", "Type"])
def test_google_tells_mobiles_from_other_telephones_line_by_line(desk, kind):
    content = google(
        {"Phone 1 - kind": "Mobile", "Phone 1 - Value": MOBILE, "Phone 2 - kind": "Work", "Phone 2 - Value": FIXED},
        {"Phone 1 - kind": "* Work", "Phone 1 - Value": FIXED},
        {"Phone 1 - kind": "Cell", "Phone 1 - Value": MOBILE},
        {"Phone 1 - kind": "Work", "Phone 1 - Value": f"{FIXED} ::: {OTHER}"},
        {"Phone 1 - kind": "Work", "Phone 1 - Value": f"{FIXED} ::: {OTHER}", "Phone 2 - kind": "Mobile",
         "Phone 2 - Value": MOBILE},
        kind=kind,
    )  # fmt: skip
    desk.send(google({f"Phone 1 - {kind}": "Mobile", "Phone 1 - Value": MOBILE}, kind=kind))
    assert (desk.guessed()[f"Phone 1 - {kind}"], desk.guessed()["Mobile"]) == ("", "mobile")
    page = words(desk.take(content, key=""))
    assert desk.counts == (5, 0, 0, 0), desk.refusals()
    assert f"Téléphone : aussi {OTHER}, laissé." in page
    desk.confirm()
    found = [(row.phone[-5:], row.mobile[-5:]) for row in Contact.objects.order_by("last_name")]
    assert [(row.phone, row.mobile) for row in Contact.objects.filter(last_name="Personne 3")] == [
        ("+33 2 98 00 11 22", "+33 2 40 12 13 14")
    ]
    assert found == [("11 22", "11 22"), ("11 22", ""), ("", "11 22"), ("11 22", "13 14"), ("11 22", "11 22")]


@pytest.mark.parametrize("kind", ["Label", "Type"])
def test_of_several_values_in_a_cell_of_google_each_goes_to_its_place(desk, kind):
    Company.objects.create(name="Menuiserie Kervella")
    content = google(
        {"E-mail 1 - Value": "anne@a.example ::: anne@b.example", "tags": "* myContacts ::: Fournisseurs ::: * friends",
         "Organization Name": "Menuiserie Kervella ::: Autre"},
        {"E-mail 1 - Value": "pas une adresse ::: x@y.example", "tags": "* myContacts"},
        kind=kind,
    )  # fmt: skip
    page = words(desk.take(content, key="email"))
    assert "E-mail : aussi anne@b.example, laissé." in page and "plusieurs valeurs" in page
    assert list(desk.refusals()) == [3]
    assert "pas une adresse ::: x@y.example" in desk.refused_file().decode()
    desk.confirm()
    row = Contact.objects.get()
    assert (row.email, str(row.company)) == ("anne@a.example", "Menuiserie Kervella")
    assert set(Tagging.objects.values_list("tag__name", flat=True)) == {"Fournisseurs", "friends"}
    desk.send(desk.refused_file().replace(b"pas une adresse", b"zoe@y.example"))
    assert desk.counts == (1, 0, 0, 0)


def table(*rows: list) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


FULL_NAMES = {
    "Pipedrive": ["Person - Name", "Person - Organization", "Person - Email - Work"],
    "Odoo": ["name", "parent_id/name", "email"],
    "a full « Nom »": ["Nom", "Société", "E-mail"],
}


@pytest.mark.parametrize("titles", FULL_NAMES.values(), ids=FULL_NAMES)
def test_a_full_name_without_a_first_name_beside_it_is_split(desk, titles):
    Company.objects.create(name="Charpentes Riou")
    desk.take(table(titles, ["Anne Testpipe", "Charpentes Riou", "a@b.fr"], ["Jean Le Gall", "", ""], ["Zoé", "", ""]))
    assert list(desk.guessed().values()) == ["full_name", "company", "email"]
    desk.map(key="first_name+last_name")
    desk.confirm()
    people = {("Anne", "Testpipe"), ("Jean", "Le Gall"), ("", "Zoé")}
    assert set(Contact.objects.values_list("first_name", "last_name")) == people


def test_a_column_of_last_names_stays_one(desk):
    desk.send(table(["Nom", "E-mail"], ["Le Gall", "a@b.fr"], ["Riou", ""], ["Cadiou", ""]))
    assert desk.guessed()["Nom"] == "last_name"
    desk.send(table(["First Name", "Middle Name", "Last Name", "Name"], ["Anne", "Rose", "Riou", "Anne Rose Riou"]))
    assert list(desk.guessed().values()) == ["first_name", "", "last_name", "full_name"]
    desk.map(key="")
    desk.confirm()
    assert str(Contact.objects.get()) == "Anne Riou"


def test_the_technical_titles_of_odoo_are_recognised(desk):
    titles = ["id", "name", "parent_id/id", "parent_id", "function", "user_id", "category_id"]
    desk.send(
        table(titles, ["__export__.res_partner_20", "Anne Riou", "__export__.a", "Riou", "Gérante", "x", "Client"])
    )
    assert list(desk.guessed().values()) == ["", "full_name", "", "company", "job", "owner", "tags"]


def test_somebody_with_one_name_or_only_a_company_is_called_so(desk):
    Company.objects.create(name="Charpentes Riou")
    known = Contact.objects.create(first_name="Yann", last_name="Morvan", email="yann@morvan.example")
    content = table(
        ["Prénom", "Nom", "Société", "E-mail"],
        ["Anne", "", "", ""],
        ["", "", "Charpentes Riou", ""],
        ["", "", "", "personne@riou.example"],
        ["Yannick", "", "", known.email],
    )
    assert "Sans nom de famille" in words(desk.take(content))
    assert list(desk.refusals()) == [4] and "Nom : cette valeur manque" in desk.refusals()[4]
    desk.confirm()
    assert set(Contact.objects.values_list("first_name", "last_name")) == {
        ("", "Anne"), ("", "Charpentes Riou"), ("Yannick", "Morvan"),
    }  # fmt: skip


@pytest.mark.parametrize("book", BOOKS)
def test_the_exports_of_google_and_outlook_map_themselves(desk, book):
    Company.objects.create(name="Menuiserie Kervella")
    titles, person = BOOKS[book]
    text = io.StringIO()
    writer = csv.DictWriter(text, titles.split(","))
    writer.writeheader()
    writer.writerow(person)
    desk.send(text.getvalue().encode(), "contacts.csv")
    desk.map(key="email")  # as the screen proposes it: nothing is touched
    desk.confirm()
    row = Contact.objects.get()
    assert facts(row) == ("Anne", "Le Goff", "anne@kervella.example", "+33 2 98 00 11 22", "", "Menuiserie Kervella")
    assert row.job == "Gérante"
