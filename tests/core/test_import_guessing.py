"""Which column of a foreign file is what: guessed by its title, then by its values, and never surer than it may be."""

import pytest

from crm.models import Company
from tests.core.importing import table, words
from tests.crm.sirene import siren, siret

ONE, TWO = siren(95000001), siren(95000002)


KNOWN_EXPORTS = {
    "Odoo": (
        ["Display Name", "Email", "Phone", "Street", "Zip", "City", "Tax ID", "Salesperson", "Tags"],
        ["name", "email", "phone", "address", "postcode", "city", "vat_number", "owner", "tags"],
    ),
    "Pipedrive": (
        ["Organization - Name", "Propriétaire", "Adresse", "Étiquettes"],
        ["name", "owner", "address", "tags"],
    ),
    "HubSpot": (
        ["Company name", "Company Domain Name", "Phone Number", "City", "Postal Code", "Company owner"],
        ["name", "website", "phone", "city", "postcode", "owner"],
    ),
    "français": (
        ["Raison sociale", "N° SIRET", "CP", "Commune", "Tél.", "Courriel", "Commercial", "Code APE", "Observations"],
        ["name", "siret", "postcode", "city", "phone", "email", "owner", "naf", "note"],
    ),
}


@pytest.mark.parametrize(("titles", "targets"), KNOWN_EXPORTS.values(), ids=KNOWN_EXPORTS)
def test_the_titles_of_known_exports_are_recognised(desk, titles, targets):
    desk.send(table(titles, ["x"] * len(titles)))
    assert list(desk.guessed().values()) == targets


def test_the_titles_of_address_books_are_recognised(contacts):
    titles = ["Given Name", "Family Name", "Organization Name", "E-mail 1 - Value", "Phone 1 - Value", "Mobile Phone"]
    contacts.send(table(titles, ["x"] * len(titles)))
    assert list(contacts.guessed().values()) == ["first_name", "last_name", "company", "email", "phone", "mobile"]


NUMBERED = {
    "Dolibarr": ["Id", ("12", "13")],
    "Odoo": ["id", ("__export__.res_partner_20", "__export__.res_partner_21")],
    "numbers only": ["ID", ("12", "13")],
}


@pytest.mark.parametrize(("title", "numbers"), NUMBERED.values(), ids=NUMBERED)
def test_another_software_s_numbers_never_recognise_our_rows(desk, title, numbers):
    ours = Company.objects.create(pk=13, name="Couverture Tanguy")
    desk.send(table([title, "Nom", "Ville"], [numbers[0], "Riou", "Brest"], [numbers[1], "Bâti", "Nantes"]))
    assert desk.guessed()[title] == "" and desk.batch.plan["key"] == "name"
    desk.map()
    assert desk.counts == (2, 0, 0, 0)
    desk.confirm()
    ours.refresh_from_db()
    assert ours.name == "Couverture Tanguy"


def test_our_own_number_recognises_a_row_and_is_doubtful_when_its_values_are_no_numbers(desk):
    row = Company.objects.create(name="Riou")
    desk.send(table(["N° de fiche", "Nom"], [row.pk, "Riou Père"]))
    assert (desk.guessed()["N° de fiche"], desk.batch.plan["key"]) == ("id", "id")
    assert "Sûr" not in words(desk.send(table(["N° de fiche"], ["x-1"], ["x-2"])))


def test_an_empty_column_never_takes_what_a_filled_one_can_fill(contacts):
    titles = ["Nom", "Business Phone 2", "Business Phone", "E-mail", "Autre e-mail", "Address 1 - Type"]
    contacts.send(
        table(titles, ["Riou", "", "02 98 00 11 22", "", "a@riou.fr", ""], ["Bâti", "", "", "", "b@bati.fr", ""])
    )
    assert list(contacts.guessed().values()) == ["last_name", "", "phone", "", "email", ""]


def test_an_empty_column_is_never_sure(desk):
    page = desk.send(table(["Nom", "Ville", "Nom alternatif (commercial, marque, …)"], ["Riou", "", ""]))
    assert list(desk.guessed().values()) == ["name", "city", ""]
    assert words(page).count("Sûr") == 1


@pytest.mark.parametrize("civility", ["Mme", ""])
def test_the_title_that_holds_civilities_is_no_job_and_the_other_one_is(contacts, civility):
    """Outlook in French has two columns « Titre »."""
    contacts.send(table(["Titre", "Prénom", "Nom", "Titre"], [civility, "Anne", "Le Goff", "Gérante"]))
    assert contacts.guessed() == {"Titre": "", "Prénom": "first_name", "Nom": "last_name", "Titre (2)": "job"}


def test_the_legal_name_is_the_name_where_no_other_column_is(desk):
    desk.take(table(["Raison sociale", "Ville"], ["Riou SARL", "Brest"]))
    desk.confirm()
    assert [(row.name, row.legal_name) for row in Company.objects.all()] == [("Riou SARL", "")]
    desk.send(table(["Raison sociale", "Nom"], ["Riou SARL", "Riou"]))
    assert desk.guessed() == {"Raison sociale": "legal_name", "Nom": "name"}


def test_values_tell_what_the_titles_do_not(desk):
    rows = [
        ["Menuiserie Riou", siret(ONE), "02 98 00 11 22", "contact@riou.fr", "29200"],
        ["Bâti Ouest", siret(TWO), "02 40 12 13 14", "bonjour@bati.fr", "44000"],
    ]
    desk.send(table(["Nom", "A", "B", "C", "D"], *rows))
    guessed = desk.guessed()
    assert (guessed["A"], guessed["B"], guessed["C"]) == ("siret", "phone", "email")


def test_another_software_s_own_words_are_not_taken_for_choices_or_codes(desk):
    titles = ["Company name", "Industry", "Lifecycle Stage"]
    desk.send(table(titles, ["Riou", "Furniture", "lead"], ["Bâti Ouest", "Construction", "evangelist"]))
    assert list(desk.guessed().values()) == ["name", "", ""]
    desk.send(table(titles, ["Riou", "Furniture", "Customer"], ["Bâti Ouest", "Construction", "Prospect"]))
    assert list(desk.guessed().values()) == ["name", "", "relation"]


def test_the_screen_shows_samples_and_says_how_sure_it_is(desk):
    page = words(desk.send(table(["Nom", "A", "Bidule"], ["Riou", "a@riou.fr", "x1"], ["Bâti", "b@bati.fr", "x2"])))
    assert "Riou" in page and "x1" in page
    assert "Sûr" in page and "Probable" in page
    assert desk.guessed()["Bidule"] == ""
