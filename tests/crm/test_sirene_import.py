"""Companies come from the business register's files, on screen and by the command."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from core.models import Event
from crm.models import Company
from tests.core.importing import Desk, words
from tests.crm.sirene import REAL, SAMPLES, establishments, legal_units, siren, siret

ONE, TWO, THREE = siren(91000001), siren(91000002), siren(91000003)


@pytest.fixture
def desk(atelier, signed_in, django_capture_on_commit_callbacks):
    return Desk(signed_in(atelier, "sales"), django_capture_on_commit_callbacks)


def sample(name="etablissements.csv"):
    return (SAMPLES / name).read_bytes()


def of_companies():
    """A client is born with a pipeline: its events are not the import's."""
    return Event.objects.filter(model="crm.company")


# --- the whole way ------------------------------------------------------------------------------------------------
def test_a_file_is_checked_then_imported_then_undone(desk):
    page = words(desk.send(sample()))
    assert "Importer 4 lignes" in page
    assert not Company.objects.exists()

    assert "L’import est fait." in words(desk.confirm())
    oak = Company.objects.get(name="ATELIER DU CHÊNE")
    assert (oak.address, oak.postcode, oak.city, oak.naf) == ("12 BIS RUE DES LILAS", "44000", "NANTES", "43.32A")
    assert oak.siret.startswith(oak.siren)
    assert Company.objects.get(city="RENNES").registry_state == "F"
    assert set(of_companies().values_list("operation", "actor_name")) == {(f"import:{desk.batch.pk}", "Sales Test")}

    assert "Cet import a été annulé." in words(desk.undo())
    assert not Company.objects.exists()
    assert Event.objects.filter(operation=f"undo:{desk.batch.pk}", kind="deleted").count() == 4


def test_a_second_click_on_importer_imports_once(desk):
    desk.send(sample())
    desk.confirm()
    desk.confirm()
    assert Company.objects.count() == 4
    assert of_companies().count() == 4


def test_an_import_cannot_be_undone_twice(desk):
    desk.send(sample())
    desk.confirm()
    desk.undo()
    before = Event.objects.count()
    desk.undo()
    assert Event.objects.count() == before


def test_the_same_file_again_changes_nothing(desk):
    desk.send(sample())
    desk.confirm()
    desk.send(sample())
    assert (desk.batch.skipped, desk.batch.created, desk.batch.updated) == (4, 0, 0)
    assert "Importer 4" not in words(desk.page())


def test_a_reader_may_not_import(atelier, signed_in):
    browser = signed_in(atelier, "reader")
    assert browser.get(reverse("crm-company-import")).status_code == 403
    assert browser.post(reverse("crm-company-import")).status_code == 403
    assert browser.get(reverse("imports")).status_code == 403


def test_another_clients_import_is_not_found(desk, horizon, signed_in, within):
    desk.send(sample())
    number, stranger = desk.batch.pk, signed_in(horizon, "administrator")
    for name in ("import-batch", "import-refused"):
        assert stranger.get(reverse(name, args=[number])).status_code == 404
    with within(horizon):
        assert not Company.objects.exists()


def test_the_list_of_imports_names_the_file_and_who_sent_it(desk):
    desk.send(sample(), name="C:\\Users\\moi\\région.csv")
    page = words(desk.browser.get(reverse("imports")))
    assert "région.csv" in page
    assert "Users" not in page
    assert "Sales Test" in page


# --- what the lines become ----------------------------------------------------------------------------------------
def test_an_establishment_without_a_name_takes_the_one_of_its_company(desk):
    Company.objects.create(name="Menuiserie Kermarrec", siren=ONE)
    rows = [
        {"siret": siret(ONE, 7)},
        {"siret": siret(TWO, 1), "enseigne1": "LE FOURNIL"},
        {"siret": siret(TWO, 2)},
        {"siret": siret(THREE, 1)},
    ]
    desk.send(establishments(*rows))
    page = words(desk.confirm())
    assert Company.objects.get(siret=siret(ONE, 7)).name == "Menuiserie Kermarrec"
    assert Company.objects.get(siret=siret(TWO, 2)).name == "LE FOURNIL"
    assert Company.objects.get(siret=siret(THREE, 1)).name.startswith("Établissement 910\u202f000\u202f03")
    assert "Nom provisoire, faute de nom au registre (ligne 5)" in page


def test_a_provisional_name_gives_way_and_a_typed_name_stays(desk):
    desk.send(establishments({"siret": siret(ONE)}, {"siret": siret(TWO), "enseigne1": "DUPONT"}))
    desk.confirm()
    desk.browser.post(
        reverse("crm-company-edit", args=[Company.objects.get(siren=TWO).pk]),
        {"name": "Dupont (Nantes)", "kind": "business", "relation": "customer", "siret": siret(TWO), "phone": ""},
    )
    desk.send(
        establishments({"siret": siret(ONE), "enseigne1": "MARTIN"}, {"siret": siret(TWO), "enseigne1": "DUPONT SA"})
    )
    desk.confirm()
    assert Company.objects.get(siren=ONE).name == "MARTIN"
    assert Company.objects.get(siren=TWO).name == "Dupont (Nantes)"


def test_an_imported_name_follows_the_file(desk):
    desk.send(establishments({"siret": siret(ONE), "enseigne1": "ANCIENNE ENSEIGNE"}))
    desk.confirm()
    desk.send(establishments({"siret": siret(ONE), "enseigne1": "NOUVELLE ENSEIGNE"}))
    assert "ANCIENNE ENSEIGNE → NOUVELLE ENSEIGNE" in words(desk.page())
    desk.confirm()
    assert Company.objects.get(siren=ONE).name == "NOUVELLE ENSEIGNE"


def test_an_empty_cell_blanks_nothing(desk):
    company = Company.objects.create(
        name="Loyer", siren=ONE, siret=siret(ONE), city="Brest", phone="+33298000000", note="Fidèle"
    )
    desk.send(establishments({"siret": siret(ONE), "codePostal": "29200"}))
    desk.confirm()
    company.refresh_from_db()
    assert (company.city, company.postcode, company.phone, company.note) == ("Brest", "29200", "+33298000000", "Fidèle")


def test_the_head_office_line_completes_the_company_known_by_its_siren(desk):
    company = Company.objects.create(name="Morvan", siren=ONE)
    desk.send(
        establishments(
            {"siret": siret(ONE, 2), "etablissementSiege": "false", "enseigne1": "DÉPÔT"},
            {"siret": siret(ONE, 1), "etablissementSiege": "true", "libelleCommune": "QUIMPER"},
        )
    )
    desk.confirm()
    company.refresh_from_db()
    assert (company.siret, company.city) == (siret(ONE, 1), "QUIMPER")
    assert Company.objects.count() == 2


def test_legal_units_are_companies_people_and_public_bodies(desk):
    desk.send(sample("unites_legales.csv"))
    desk.confirm()
    oak = Company.objects.get(name="ATELIER DU CHENE SARL")
    assert (oak.legal_name, oak.kind, oak.registry_state) == ("ATELIER DU CHENE SARL", "business", "A")
    assert oak.siret == siret(oak.siren)
    assert Company.objects.get(kind="person").name == "MAËLLE LE GALL"
    assert Company.objects.get(kind="public").name == "COMMUNE DE SAINT-EXEMPLE"
    assert Company.objects.get(registry_state="F").name == "ANCIENNE FONDERIE"


def test_both_files_meet_in_one_row_in_either_order(desk):
    for first, second in (("etablissements.csv", "unites_legales.csv"), ("unites_legales.csv", "etablissements.csv")):
        Company.objects.all().delete()
        for name in (first, second):
            desk.send(sample(name))
            desk.confirm()
        assert Company.objects.count() == 7
        assert Company.objects.get(legal_name="ATELIER DU CHENE SARL").city == "NANTES"


def test_what_the_register_masks_is_never_written(desk):
    known = Company.objects.create(name="Jeanne Prigent", siren=ONE, siret=siret(ONE), city="Morlaix")
    masked = {"statutDiffusion": "P", "enseigne1": "[ND]", "libelleCommune": "[ND]", "activitePrincipale": "43.21A"}
    desk.send(establishments({"siret": siret(ONE), **masked}, {"siret": siret(TWO), **masked}))
    assert "ne diffuse pas le nom" in desk.refusals()[3]
    desk.confirm()
    known.refresh_from_db()
    assert (known.name, known.city, known.naf) == ("Jeanne Prigent", "Morlaix", "43.21A")
    assert Company.objects.count() == 1


def test_activities_of_older_nomenclatures_are_taken_and_nonsense_is_left_out(desk):
    codes = {ONE: ("57.10", "57.10"), TWO: ("4332A", "43.32A"), THREE: ("n/a", "")}
    desk.send(
        establishments(
            *({"siret": siret(of), "enseigne1": "X", "activitePrincipale": code} for of, (code, _) in codes.items())
        )
    )
    desk.confirm()
    assert {c.siren: c.naf for c in Company.objects.all()} == {of: wanted for of, (_, wanted) in codes.items()}


# --- refusals by line ---------------------------------------------------------------------------------------------
def test_each_refused_line_says_why_and_the_others_are_imported(desk):
    wrong = siret(ONE)[:-1] + str((int(siret(ONE)[-1]) + 1) % 10)
    page = words(
        desk.send(
            establishments(
                {"siret": wrong, "siren": ONE},
                {"siret": siret(TWO), "enseigne1": "BON"},
                {"siret": siret(TWO), "enseigne1": "ENCORE"},
                {"siret": siret(THREE), "siren": ONE},
                {"siret": siret(THREE, 2), "enseigne1": "N" * 201},
                {"siret": siret(THREE, 3), "etatAdministratif": "Z"},
                {"siret": ""},
            )
        )
    )
    refusals = desk.refusals()
    assert "SIRET" in refusals[2] and "faux" in refusals[2]
    assert "à la ligne 3" in refusals[4]
    assert "ne commence pas par le SIREN" in refusals[5]
    assert "200 caractères" in refusals[6]
    assert "État administratif « Z »" in refusals[7]
    assert "SIRET manque" in refusals[8]
    assert "Importer 1 ligne" in page
    desk.confirm()
    assert [c.name for c in Company.objects.all()] == ["BON"]


def test_two_head_offices_of_one_company_cannot_share_its_row(desk):
    Company.objects.create(name="Seule", siren=ONE)
    rows = [{"siret": siret(ONE, number), "etablissementSiege": "true"} for number in (1, 2)]
    desk.send(establishments(*rows))
    assert "ligne 2" in desk.refusals()[3]


def test_two_rows_of_one_siren_without_siret_are_told_apart_by_nobody(desk):
    for name in ("Un", "Deux"):
        Company.objects.create(name=name, siren=ONE)
    desk.send(legal_units({"siren": ONE, "denomination": "TROIS"}))
    assert "fusionnez-les" in desk.refusals()[2]


# --- the command --------------------------------------------------------------------------------------------------
def run(*arguments, **options):
    out = StringIO()
    call_command("import", *map(str, arguments), stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.fixture
def bad_file(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(establishments({"siret": "12345678901234"}, {"siret": siret(ONE), "enseigne1": "BON"}))
    return path


def test_the_command_imports_and_undoes(atelier):
    out = run("atelier", "crm.company", SAMPLES / "etablissements.csv", request="Lettre du 3 mars")
    assert "4 créées, 0 mises à jour, 0 inchangées, 0 refusées" in out
    batch = of_companies().values_list("operation", flat=True).distinct().get().removeprefix("import:")
    run("atelier", undo=int(batch))
    assert not Company.objects.exists()
    with pytest.raises(CommandError, match="ne peut pas être annulé : il est « Annulé »"):
        run("atelier", undo=int(batch))


def test_a_dry_run_writes_nothing(atelier):
    assert "4 créées" in run("atelier", "crm.company", SAMPLES / "etablissements.csv", dry_run=True)
    assert not Company.objects.exists()


def test_one_refused_line_stops_the_command_unless_told_otherwise(atelier, bad_file, capsys):
    out = StringIO()
    with pytest.raises(CommandError, match="rien n’a été importé"):
        call_command("import", "atelier", "crm.company", str(bad_file), stdout=out, stderr=out)
    assert "ligne 2 : " in out.getvalue()
    assert not Company.objects.exists()
    run("atelier", "crm.company", bad_file, skip_refused=True)
    assert Company.objects.get().name == "BON"


def test_the_command_says_what_it_does_not_know(atelier, tmp_path):
    with pytest.raises(CommandError, match="Aucun client « nulle_part »"):
        run("nulle_part", "crm.company", SAMPLES / "etablissements.csv")
    with pytest.raises(CommandError, match="crm\\.company"):
        run("atelier", "crm.nothing", SAMPLES / "etablissements.csv")
    with pytest.raises(CommandError, match="n’existe pas"):
        run("atelier", "crm.company", tmp_path / "absent.csv")


@pytest.mark.skipif(not REAL.is_dir(), reason="the register's own samples are not beside the repository")
@pytest.mark.parametrize(("name", "count"), [("sample_etablissements_OK.csv", 3), ("sample_unites_legales_OK.csv", 3)])
def test_the_registers_own_samples_are_taken(atelier, name, count):
    assert f"{count} créées" in run("atelier", "crm.company", REAL / name)
    assert Company.objects.count() == count
