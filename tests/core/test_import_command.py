"""`manage.py import` takes any file too: its columns are guessed, or said by --map."""

import pytest
from django.core.management import CommandError, call_command

from core.models import ImportBatch
from crm.models import Contact

FILE = "Prénom;Nom;Mail;Bidule\nAnne;Riou;anne@riou.fr;Gérante\nYann;Le Gall;pas une adresse;\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text(FILE, encoding="cp1252")
    return str(path)


def run(path, *options):
    call_command("import", "atelier", "crm.contact", path, *options)


def test_what_is_guessed_is_shown_and_must_be_accepted(atelier, path):
    with pytest.raises(CommandError, match=r"--map auto.*\n.*Prénom=first_name"):
        run(path)
    assert not Contact.objects.exists() and not ImportBatch.objects.exists()


def test_refused_lines_stop_it_unless_they_are_skipped(atelier, path, capsys):
    with pytest.raises(CommandError, match="rien n’a été importé"):
        run(path, "--map", "auto")
    assert "ligne 3" in capsys.readouterr().out
    assert not Contact.objects.exists() and not ImportBatch.objects.exists()
    run(path, "--map", "Bidule=job", "--skip-refused")
    assert list(Contact.objects.values_list("last_name", "job")) == [("Riou", "Gérante")]
    call_command("import", "atelier", "--undo", str(ImportBatch.objects.get().pk))
    assert not Contact.objects.exists()


def test_a_dry_run_leaves_nothing(atelier, path):
    with pytest.raises(CommandError):
        run(path, "--map", "auto", "--dry-run")
    run(path, "--map", "auto", "--dry-run", "--skip-refused")
    assert not Contact.objects.exists() and not ImportBatch.objects.exists()


@pytest.mark.parametrize("option", ["Nimporte=job", "Bidule=password", "Bidule=search"])
def test_a_map_that_names_nothing_says_what_there_is(atelier, path, option):
    with pytest.raises(CommandError, match=r"Titres : .*Champs : "):
        run(path, "--map", option)


def test_a_key_that_nothing_gives_is_said(atelier, path):
    with pytest.raises(CommandError, match="se reconnaissent ici par"):
        run(path, "--map", "auto", "--key", "siret")
