"""A file that nobody here designed: its columns are guessed, corrected, remembered, and each line is judged as a form."""

from django.urls import reverse

from core.accounts.models import User
from core.models import Event, ImportMapping, Tagging
from crm.models import Company, Contact
from crm.resources import CompanyResource
from tests.core.custom_fields import make_field
from tests.core.importing import Desk, table, words
from tests.crm.sirene import siren, siret

ONE, TWO = siren(95000001), siren(95000002)


# --- from the file to the rows ------------------------------------------------------------------------------------
def test_a_foreign_file_is_mapped_checked_imported_and_taken_back(desk):
    existing = Company.objects.create(name="Riou", siret=siret(ONE), siren=ONE, city="Brest", note="gardée")
    content = table(
        ["Société", "SIRET", "Localité", "Encours", "Type", "Fournisseur"],
        ["Riou", siret(ONE), "Quimper", "", "", ""],
        ["Bâti Ouest", siret(TWO), "Nantes", "1 234,50 €", "client", "oui"],
        ["Riou", siret(ONE)[:13] + "0", "", "", "", ""],
    )
    page = words(desk.take(content, {"Type": "relation", "Encours": ""}))
    assert desk.counts == (1, 1, 0, 1)
    assert "Brest → Quimper" in page
    assert "Le SIRET" in desk.refusals()[4]
    desk.confirm()
    existing.refresh_from_db()
    assert (existing.city, existing.note) == ("Quimper", "gardée")
    made = Company.objects.get(siret=siret(TWO))
    assert (made.relation, made.is_supplier, made.siren) == ("customer", True, TWO)
    assert set(Event.objects.values_list("operation", flat=True)) - {""} == {desk.batch.operation}
    desk.undo()
    existing.refresh_from_db()
    assert existing.city == "Brest" and not Company.objects.filter(siret=siret(TWO)).exists()


def test_contacts_find_their_company_by_name_siret_or_email_whatever_accents_and_case(contacts):
    riou = Company.objects.create(name="Menuiserie Riou", siret=siret(ONE), siren=ONE)
    bati = Company.objects.create(name="Bâti Ouest", email="Contact@bati.fr")
    contacts.take(
        table(
            ["Prénom", "Nom", "Société", "E-mail"],
            ["Anne", "Le Gall", "MENUISERIE RIOU", "anne@riou.fr"],
            ["Yann", "Kervella", siret(ONE), ""],
            ["Zoé", "Morvan", "bati ouest", ""],
            ["Paul", "Cadiou", "contact@bati.fr", ""],
        )
    )
    assert contacts.counts == (4, 0, 0, 0)
    contacts.confirm()
    found = dict(Contact.objects.values_list("last_name", "company"))
    assert found == {"Le Gall": riou.pk, "Kervella": riou.pk, "Morvan": bati.pk, "Cadiou": bati.pk}


def test_a_name_of_nobody_or_of_several_is_refused_and_said(contacts):
    for _number in range(2):
        Company.objects.create(name="Dupont")
    contacts.take(table(["Nom", "Société"], ["Un", "Dupont"], ["Deux", "Inconnue"]))
    assert "plusieurs fiches" in contacts.refusals()[2]
    assert "n’est pas dans vos fiches" in contacts.refusals()[3]
    assert "cochez « Société : créer ce qui manque »" in contacts.refusals()[3]


def test_missing_companies_are_created_when_asked_and_leave_with_the_undo(contacts):
    content = table(["Nom", "Société"], ["Un", "Nouvelle SARL"], ["Deux", "nouvelle sarl"], ["Trois", ""])
    page = words(contacts.take(content, create="company"))
    assert "fiches qui seront créées" in page
    assert contacts.counts == (3, 0, 0, 0)
    assert not Company.objects.exists()
    page = words(contacts.confirm())
    assert "fiches qui ont été créées" in page and "a été créée" in page and "sera créée" not in page
    assert Contact.objects.filter(company=Company.objects.get()).count() == 2
    contacts.undo()
    assert contacts.state == "undone"
    assert not Company.objects.exists() and not Contact.objects.exists()


def test_the_owner_is_found_by_name_or_by_address(desk):
    sales = User.objects.get(email="sales@atelier.example")
    desk.take(
        table(
            ["Nom", "Commercial"],
            ["A", "sales@atelier.example"],
            ["B", "TEST SALES"],
            ["C", "Sales Test"],
            ["D", "Qui ?"],
        )
    )
    assert list(desk.refusals()) == [5]
    desk.confirm()
    assert set(Company.objects.values_list("owner", flat=True)) == {sales.pk}


def test_unknown_owners_are_left_out_when_asked_and_each_is_told(desk):
    sales = User.objects.get(email="sales@atelier.example")
    Company.objects.create(name="Riou", city="Brest", owner=sales)
    content = table(["Nom", "Ville", "Commercial"], ["Riou", "Nantes", "Odoo User"], ["Bâti", "", "Odoo User"])
    desk.take(content)
    assert desk.counts == (0, 0, 0, 2)
    assert "cochez « Responsable : laisser vide ce qui est inconnu »" in desk.refusals()[2]
    page = words(desk.map(blank="owner"))
    assert desk.counts == (1, 1, 0, 0)
    assert "noms inconnus ici, laissés de côté (2 lignes : 2, 3)" in page
    desk.confirm()
    assert dict(Company.objects.values_list("name", "owner")) == {"Riou": sales.pk, "Bâti": None}
    page = words(desk.send(content))
    assert (desk.state, desk.counts[3]) == ("ready", 0) and "« Odoo User » n’est personne ici" in page


def test_tags_are_put_on_new_and_on_known_rows_and_taken_off_by_the_undo(desk):
    Company.objects.create(name="Riou")
    content = table(["Nom", "Étiquettes"], ["Riou", "Fidèle, VIP"], ["Bâti", "vip;Nouveau"])
    desk.take(content)
    assert desk.counts == (1, 1, 0, 0)
    desk.confirm()
    names = {(Company.objects.get(pk=t.object_id).name, t.tag.name) for t in Tagging.objects.filter(active=True)}
    assert names == {("Riou", "Fidèle"), ("Riou", "VIP"), ("Bâti", "VIP"), ("Bâti", "Nouveau")}
    desk.take(content)
    assert desk.counts == (0, 0, 2, 0)
    first = type(desk.batch).objects.order_by("pk").first()
    with desk.capture(execute=True):
        desk.browser.post(reverse("import-undo", args=[first.pk]))
    assert not Tagging.objects.filter(active=True).exists()
    assert [company.name for company in Company.objects.all()] == ["Riou"]


def test_the_rules_of_the_form_are_not_gone_round(desk):
    """A SIREN that is not the SIRET's is refused by CompanyForm.clean; a missing one is taken from it."""
    desk.take(table(["Nom", "SIRET", "SIREN"], ["A", siret(ONE), TWO], ["B", siret(TWO), ""]))
    assert "n’est pas celui du SIRET" in desk.refusals()[2]
    desk.confirm()
    assert Company.objects.get().siren == TWO


def test_the_unique_value_of_another_row_or_line_is_refused_by_the_check(desk):
    Company.objects.create(name="Autre", siret=siret(ONE), siren=ONE)
    content = table(["Nom", "SIRET"], ["A", siret(ONE)], ["B", siret(TWO)], ["C", siret(TWO)])
    desk.take(content, key="name")
    assert set(desk.refusals()) == {2, 4}
    assert "une autre fiche porte déjà cette valeur" in desk.refusals()[2]
    assert "déjà à la ligne 3" in desk.refusals()[4]


# --- keys and modes -----------------------------------------------------------------------------------------------
def test_create_only_leaves_what_exists_as_it_is(desk):
    Company.objects.create(name="Riou", city="Brest")
    desk.take(table(["Nom", "Ville"], ["Riou", "Quimper"], ["Bâti", "Nantes"]), mode="create")
    assert desk.counts == (1, 0, 1, 0)
    desk.confirm()
    assert Company.objects.get(name="Riou").city == "Brest"


def test_update_only_creates_nothing(desk):
    Company.objects.create(name="Riou", city="Brest")
    desk.take(table(["Nom", "Ville"], ["riou", "Quimper"], ["Bâti", "Nantes"]), mode="update")
    assert desk.counts == (0, 1, 0, 1)
    assert "Aucune fiche ne répond" in desk.refusals()[3]


def test_two_rows_of_one_name_are_not_chosen_between(desk):
    rows = [Company.objects.create(name="Riou") for _number in range(2)]
    desk.take(table(["Nom", "Ville"], ["Riou", "Quimper"]))
    assert all(str(row.pk) in desk.refusals()[2] for row in rows) and "fusionnez-les" in desk.refusals()[2]


def test_without_a_key_every_line_is_a_new_row(contacts):
    Contact.objects.create(last_name="Riou")
    contacts.take(table(["Nom"], ["Riou"], ["Riou"]), key="")
    assert contacts.counts == (2, 0, 0, 0)


def test_empty_cells_blank_nothing_and_the_same_file_twice_changes_nothing(desk):
    Company.objects.create(name="Riou", city="Brest", note="gardée")
    content = table(["Nom", "Ville", "Note"], ["Riou", "Brest", ""])
    desk.take(content)
    assert desk.counts == (0, 0, 1, 0)
    assert "Il n’y a rien à importer" in words(desk.page())


# --- mistakes on the screen ---------------------------------------------------------------------------------------
def test_a_mapping_that_makes_no_sense_is_said_and_nothing_starts(desk):
    desk.send(table(["Nom", "Bidule"], ["Riou", "x"]))
    assert "Dites ce que contient au moins une colonne" in words(desk.map({"Nom": ""}, key=""))
    assert "Aucune colonne ne donne : Nom" in words(desk.map({"Nom": "city"}, key=""))
    assert "remplit déjà cette valeur" in words(desk.map({"Bidule": "name"}))
    assert "une colonne doit le donner" in words(desk.map(key="siret"))
    assert "dites comment les fiches sont reconnues" in words(desk.map(key="", mode="update"))
    assert desk.state == "mapping"


def test_a_target_that_is_not_offered_is_left_out(desk):
    """credit_limit is hidden from sales; search and created_at are no form's."""
    desk.send(table(["Nom", "Encours"], ["Riou", "5000"]))
    assert desk.guessed()["Encours"] == ""
    for name in ("credit_limit", "search", "created_at", "__class__"):
        page = desk.map({"Encours": name})
        assert page.status_code == 200
        assert [column["target"] for column in desk.batch.plan["columns"]] == ["name", ""]


# --- remembered ---------------------------------------------------------------------------------------------------
def test_a_mapping_is_remembered_for_the_next_file_with_these_titles(desk):
    desk.take(table(["Nom", "Bidule"], ["Riou", "Brest"]), {"Bidule": "city"})
    page = words(desk.send(table(["Bidule", "Nom"], ["Nantes", "Bâti"])))
    assert desk.state == "ready" and "Changer les colonnes" in page
    desk.confirm()
    assert Company.objects.get(name="Bâti").city == "Nantes"


def test_it_is_colleagues_only_when_shared_and_ones_own_comes_first(desk, atelier, signed_in):
    content = table(["Nom", "Bidule"], ["Riou", "Brest"])
    other = Desk(signed_in(atelier, "administrator"), desk.capture)
    desk.take(content, {"Bidule": "city"})
    other.send(content)
    assert other.state == "mapping"
    desk.send(content)
    desk.map(share="on")
    other.send(content)
    assert other.state == "ready"
    other.map({"Bidule": "note"})
    assert ImportMapping.objects.count() == 2
    other.send(content)
    assert other.guessed()["Bidule"] == "note"


def test_refused_lines_are_corrected_and_sent_again_without_mapping(desk):
    desk.take(
        table(["Nom", "Mél", "Bidule"], ["Riou", "pas une adresse", "=1+1"], ["Bâti", "a@bati.fr", ""]),
        {"Bidule": "note"},
    )
    assert desk.counts == (1, 0, 0, 1)
    desk.confirm()
    content = desk.refused_file().decode("utf-8-sig")
    assert "Motif du refus" in content and "Ligne 2" in content and "'=1+1" in content
    desk.send(content.replace("pas une adresse", "riou@riou.fr").encode())
    assert (desk.state, desk.counts) == ("ready", (1, 0, 0, 0))
    desk.confirm()
    assert Company.objects.get(name="Riou").note == "=1+1"


# --- line by line -------------------------------------------------------------------------------------------------
def test_the_result_is_filtered_and_paged(desk):
    rows = [[f"Société {number:03}", "x" if number % 3 == 0 else f"a{number}@b.fr"] for number in range(300)]
    desk.take(table(["Nom", "E-mail"], *rows))
    assert desk.counts == (200, 0, 0, 100)
    page = words(desk.page(outcome="refused", **{"from": "50"}))
    assert "Société 150" in page and "Société 001" not in page and "Lignes précédentes" in page
    assert "Lignes suivantes" in words(desk.page(outcome="created"))
    for nonsense in ({"outcome": "x"}, {"from": "-1"}, {"from": "9" * 30}, {"from": "²"}):
        assert desk.page(**nonsense).status_code == 200


# --- how values are read ------------------------------------------------------------------------------------------
def test_a_formula_stays_text_and_is_told(desk):
    page = words(desk.take(table(["Nom", "Note"], ["=cmd|' /C calc'!A0", "+33 2 98 00 11 22"])))
    assert "ressemble à une formule" in page
    desk.confirm()
    assert Company.objects.get().name == "=cmd|' /C calc'!A0"


def test_figures_follow_their_column(atelier, signed_in, django_capture_on_commit_callbacks):
    chief = Desk(signed_in(atelier, "administrator"), django_capture_on_commit_callbacks)
    chief.take(table(["Nom", "Encours"], ["A", "1.23"], ["B", "2,345,678.90"], ["C", "(12)"], ["D", "douze"]))
    assert "Un encours n’est pas négatif" in chief.refusals()[4]
    assert "n’est pas un nombre" in chief.refusals()[5]
    chief.confirm()
    found = {name: str(limit) for name, limit in Company.objects.values_list("name", "credit_limit")}
    assert found == {"A": "1.23", "B": "2345678.90"}


# --- custom fields ------------------------------------------------------------------------------------------------
def test_custom_fields_are_columns_like_the_others(desk):
    number = make_field(CompanyResource, "number", "Effectif")
    choices = make_field(CompanyResource, "choices", "Métiers")
    labels = [option["label"] for option in choices.options]
    row = Company.objects.create(name="Riou", custom={number.key: 3})
    content = table(
        ["Nom", "Effectif", "Métiers"],
        ["Riou", "12", ""],
        ["Bâti", "1 200", f"{labels[1]}; {labels[0].upper()}"],
        ["Trois", "beaucoup", "Astronaute"],
    )
    page = words(desk.take(content))
    assert "3 → 12" in page
    assert "n’est pas un nombre" in desk.refusals()[4] and "n’est pas un choix connu" in desk.refusals()[4]
    desk.confirm()
    row.refresh_from_db()
    made = Company.objects.get(name="Bâti")
    assert row.custom == {number.key: 12}
    assert made.custom == {number.key: 1200, choices.key: [option["id"] for option in choices.options[:2]]}
    desk.take(content)
    assert desk.counts == (0, 0, 2, 1)
