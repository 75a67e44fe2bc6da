"""Two records that are one: found, merged with all that hangs on them, and taken apart again."""

import pytest
from django.core.files.base import ContentFile

from core.actions.tags import tag_rows
from core.jobs.carrying_out import run
from core.models import Attachment, DuplicatePair, Event, Job, Merge, Note, Tag, Tagging
from core.references import about
from crm.models import Activity, Company, Contact, Deal, Stage
from crm.resources import CompanyResource
from tests.contract.conftest import filled
from tests.core.custom_fields import make_field

LIST = "/crm/companies/"


@pytest.fixture
def kept(atelier) -> Company:
    return Company.objects.create(name="Menuiserie Kervella", city="Brest", email="contact@kervella.example")


@pytest.fixture
def gone(atelier) -> Company:
    return Company.objects.create(
        name="SARL Kervela menuiserie", city="Brest", phone="+33 2 61 91 00 01", siren="732829320",
        siret="73282932000074", note="Paie à 30 jours.",
    )  # fmt: skip


def merge_url(kept, gone) -> str:
    return f"{LIST}{kept.pk}/merge/{gone.pk}/"


def merge(someone, kept, gone, **choices):
    form = filled(someone.get(merge_url(kept, gone)))
    return someone.post(merge_url(kept, gone), {**form, **{f"_keep_{name}": how for name, how in choices.items()}})


def undo(someone) -> Merge:
    done = Merge.objects.latest("pk")
    someone.post(f"{LIST}merges/{done.pk}/")
    done.refresh_from_db()
    return done


def tag(row: Company, *names: str) -> None:
    tag_rows(Company.objects.filter(pk=row.pk), add=[Tag.objects.get_or_create(name=name)[0] for name in names])


def tags_of(row: Company) -> list[str]:
    return sorted(Tagging.objects.filter(**about(row), active=True).values_list("tag__name", flat=True))


def hang(row: Company) -> dict[str, object]:
    """One of everything that can point to a company."""
    stage = Stage.objects.first()
    tag(row, "chantier", "voisin")
    file = Attachment(**about(row), name="plan.txt", kind="txt", size=3, sha256="0" * 64)
    file.file.save("plan.txt", ContentFile(b"abc"))
    return {
        "contact": Contact.objects.create(last_name="Hamon", company=row),
        "deal": Deal.objects.create(name="Escalier", company=row, stage=stage),
        "activity": Activity.objects.create(subject="Relance", company=row),
        "child": Company.objects.create(name="Filiale", parent=row),
        "note": Note.objects.create(**about(row), text="Vu au salon."),
        "file": file,
    }


def where(hung) -> set[int]:
    keys = set()
    for row in hung.values():
        row.refresh_from_db()
        keys.add(getattr(row, "company_id", None) or getattr(row, "parent_id", None) or row.object_id)
    return keys


# --- merging ---------------------------------------------------------------------------------------------------------
def test_a_merge_keeps_the_chosen_values_and_moves_everything(seller, kept, gone):
    hung = hang(gone)
    tag(kept, "voisin")
    page = seller.get(merge_url(kept, gone))
    assert {"1 contact", "1 affaire", "1 activité", "1 note", "1 fichier"} <= set(page.context["moved"])
    # Proposed: what is there already stays, what is missing comes from the other.
    proposed = {line["name"]: line["choice"] for line in page.context["lines"]}
    assert proposed == {
        "name": "kept",
        "siret": "gone",
        "siren": "gone",
        "phone": "gone",
        "email": "kept",
        "note": "gone",
    }
    answer = merge(seller, kept, gone, name="gone")
    assert answer.headers["Location"] == f"{LIST}{kept.pk}/"
    kept.refresh_from_db()
    assert (kept.name, kept.phone, kept.siret) == ("SARL Kervela menuiserie", "+33 2 61 91 00 01", "73282932000074")
    assert (kept.email, kept.note) == ("contact@kervella.example", "Paie à 30 jours.")
    assert not Company.objects.filter(pk=gone.pk).exists() and where(hung) == {kept.pk}
    assert tags_of(kept) == ["chantier", "voisin"]


def test_it_is_one_operation_of_the_history_with_its_author(seller, kept, gone):
    hung = hang(gone)
    merge(seller, kept, gone)
    done = Merge.objects.get()
    events = Event.objects.filter(operation=f"merge:{done.pk}")
    assert set(events.values_list("actor_id", flat=True)) == {seller.user.pk}
    told = set(events.values_list("model", "object_id", "kind"))
    assert {("crm.company", gone.pk, "deleted"), ("crm.company", kept.pk, "updated")} <= told
    assert ("crm.deal", hung["deal"].pk, "updated") in told
    assert "a été fusionnée dans cette fiche" in seller.get(f"{LIST}{kept.pk}/history/").content.decode()


def test_the_merged_record_leaves_lists_and_search_and_its_links_lead_to_the_other(seller, kept, gone):
    seller.get(merge(seller, kept, gone).headers["Location"])  # where the message says its name once more
    assert gone.name not in seller.get(LIST).content.decode()
    assert f"{LIST}{gone.pk}/" not in seller.get("/palette/?q=Kervela").content.decode()
    for page in ("", "notes/", "edit/", "history/"):
        assert seller.get(f"{LIST}{gone.pk}/{page}").headers["Location"] == f"{LIST}{kept.pk}/"
    third = Company.objects.create(name="Kervella SAS")
    merge(seller, third, kept)
    assert seller.get(f"{LIST}{gone.pk}/").headers["Location"] == f"{LIST}{third.pk}/"  # through both merges


def test_a_merge_is_undone_as_a_whole(seller, kept, gone):
    hung, before = hang(gone), Company.objects.values().get(pk=kept.pk)
    tag(kept, "voisin")
    row = Company.objects.values().get(pk=gone.pk)
    merge(seller, kept, gone, name="gone", note="gone")
    assert undo(seller).undone_by == seller.user
    assert Company.objects.values().get(pk=gone.pk) == row
    after = Company.objects.values().get(pk=kept.pk)
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    assert where(hung) == {gone.pk}
    assert (tags_of(kept), tags_of(gone)) == (["voisin"], ["chantier", "voisin"])
    assert seller.get(f"{LIST}{gone.pk}/").status_code == 200
    again = seller.post(f"{LIST}merges/{Merge.objects.get().pk}/")
    assert "déjà défaite" in again.content.decode()


def test_what_changed_since_stays_when_a_merge_is_undone(seller, kept, gone):
    hung = hang(gone)
    merge(seller, kept, gone)
    Company.objects.filter(pk=kept.pk).update(phone="+33 2 61 91 00 99")
    other = Company.objects.create(name="Ailleurs")
    Deal.objects.filter(pk=hung["deal"].pk).update(company=other)
    undo(seller)
    kept.refresh_from_db()
    hung["deal"].refresh_from_db()
    assert (kept.phone, kept.siret, hung["deal"].company) == ("+33 2 61 91 00 99", "", other)


def test_a_merge_whose_record_went_on_into_another_is_undone_after_that_one(seller, kept, gone):
    merge(seller, kept, gone)
    first = Merge.objects.get()
    third = Company.objects.create(name="Kervella SAS")
    merge(seller, third, kept)
    assert seller.post(f"{LIST}merges/{first.pk}/").status_code == 404  # neither of its records is there
    undo(seller)
    assert seller.post(f"{LIST}merges/{first.pk}/").headers["Location"] == f"{LIST}{gone.pk}/"


def test_a_tag_that_one_record_has_stays_where_the_other_had_it_taken_off(seller, kept, gone):
    tag(kept, "voisin")
    Tagging.objects.filter(**about(kept)).update(active=False)
    tag(gone, "voisin")
    merge(seller, kept, gone)
    assert tags_of(kept) == ["voisin"]
    undo(seller)
    assert (tags_of(kept), tags_of(gone)) == ([], ["voisin"])


def test_custom_fields_are_chosen_and_never_lost(seller, kept, gone):
    bay, code = make_field(CompanyResource, label="Baie"), make_field(CompanyResource, label="Code")
    Company.objects.filter(pk=kept.pk).update(custom={bay.key: "Nord"})
    Company.objects.filter(pk=gone.pk).update(custom={bay.key: "Sud", code.key: "A7"})
    merge(seller, kept, gone, **{bay.key: "gone"})
    kept.refresh_from_db()
    assert kept.custom == {bay.key: "Sud", code.key: "A7"}
    undo(seller)
    kept.refresh_from_db()
    assert kept.custom == {bay.key: "Nord"}


def test_both_texts_can_be_kept(seller, kept, gone):
    Company.objects.filter(pk=kept.pk).update(note="Portail vert.")
    merge(seller, kept, gone, note="both")
    kept.refresh_from_db()
    assert kept.note == "Portail vert.\n\nPaie à 30 jours."


def test_values_that_do_not_go_together_are_refused_and_nothing_is_done(seller, kept, gone):
    Company.objects.filter(pk=kept.pk).update(siren="005880034")
    hung = hang(gone)
    answer = merge(seller, kept, gone, siren="kept", siret="gone")
    assert any("n’est pas celui du SIRET" in line for line in answer.context["errors"])
    assert where(hung) == {gone.pk} and not Merge.objects.exists()


@pytest.mark.parametrize("which", ["kept", "gone"])
def test_a_record_that_changed_meanwhile_stops_the_merge(seller, kept, gone, which):
    form = filled(seller.get(merge_url(kept, gone)))
    Company.objects.filter(pk={"kept": kept, "gone": gone}[which].pk).update(city="Quimper")
    answer = seller.post(merge_url(kept, gone), form)
    assert answer.context["changed"] and "Quimper" in answer.content.decode()
    assert Company.objects.filter(pk=gone.pk).exists() and not Merge.objects.exists()
    assert seller.post(merge_url(kept, gone), filled(answer)).status_code == 302


def test_of_a_parent_and_its_child_the_one_that_stays_takes_the_place_of_the_other(seller, kept, gone):
    top = Company.objects.create(name="Groupe")
    middle = Company.objects.create(name="Intermédiaire", parent=gone)
    Company.objects.filter(pk=gone.pk).update(parent=top)
    Company.objects.filter(pk=kept.pk).update(parent=middle)
    merge(seller, kept, gone)
    kept.refresh_from_db()
    middle.refresh_from_db()
    assert (kept.parent, middle.parent) == (top, kept)
    undo(seller)
    kept.refresh_from_db()
    middle.refresh_from_db()
    assert (kept.parent, middle.parent) == (middle, gone)


def test_both_records_must_be_ones_own_to_change(person, kept, gone):
    mine, all_of_them = person(crm="write", scope="own"), person(crm="write")
    Company.objects.filter(pk=kept.pk).update(owner=mine.user)
    form = filled(all_of_them.get(merge_url(kept, gone)))
    for one, other in ((kept, gone), (gone, kept)):
        assert mine.get(merge_url(one, other)).status_code == 404
        assert mine.post(merge_url(one, other), form).status_code == 404
    merge(all_of_them, kept, gone)
    Company.objects.filter(pk=kept.pk).update(owner=all_of_them.user)
    assert mine.post(f"{LIST}merges/{Merge.objects.get().pk}/").status_code == 404
    assert mine.get(f"{LIST}{gone.pk}/").status_code == 404  # an old link tells nothing of a record one may not see
    assert not Company.objects.filter(pk=gone.pk).exists()


def test_what_a_person_may_not_see_is_kept_unseen(seller, kept, gone):
    Company.objects.filter(pk=gone.pk).update(credit_limit=98765)
    assert "98" + chr(0x202F) + "765" not in seller.get(merge_url(kept, gone)).content.decode()
    merge(seller, kept, gone)
    kept.refresh_from_db()
    assert kept.credit_limit == 98765


# --- finding ---------------------------------------------------------------------------------------------------------
def scan(someone) -> list[tuple[int, int]]:
    someone.post(f"{LIST}duplicates/")
    run(Job.objects.latest("pk").pk)
    rows = someone.get(f"{LIST}duplicates/").context["rows"]
    return [(row["pair"].object_id, row["pair"].other_id) for row in rows]


def test_a_scan_lists_the_pairs_the_likest_first(seller, kept, gone):
    mail = Company.objects.create(name="Kervella & Cie", city="Brest", email="CONTACT@kervella.example")
    Company.objects.create(name="Menuiserie Kervella", city="Lyon")  # of another town
    legal = Company.objects.create(name="Menuiserie Kervella", city="Brest", siren="005880034", siret="00588003400011")
    pairs = scan(seller)
    assert pairs[0] == (kept.pk, mail.pk)
    assert set(pairs[1:]) == {(kept.pk, gone.pk), (kept.pk, legal.pk)}  # two SIRET of two units: not each other
    page = seller.get(f"{LIST}duplicates/").content.decode()
    assert "même e-mail" in page and "nom proche" in page
    Company.objects.filter(pk=mail.pk).update(email="")
    assert (kept.pk, mail.pk) not in scan(seller)


def test_not_a_duplicate_is_remembered(seller, kept, gone):
    assert scan(seller) == [(kept.pk, gone.pk)]
    pair = DuplicatePair.objects.get()
    seller.post(f"{LIST}duplicates/{pair.pk}/")
    assert scan(seller) == []
    assert [row["pair"] for row in seller.get(f"{LIST}duplicates/?tab=dismissed").context["rows"]] == [pair]
    assert seller.get(f"{LIST}{kept.pk}/same-as/").context["found"] == []
    seller.post(f"{LIST}duplicates/{pair.pk}/", {"back": "1"})
    assert scan(seller) == [(kept.pk, gone.pk)]


def test_pairs_show_only_records_that_one_may_change(person, seller, kept, gone):
    scan(seller)
    mine = person(crm="write", scope="own")
    Company.objects.filter(pk=kept.pk).update(owner=mine.user)
    assert mine.get(f"{LIST}duplicates/").context["rows"] == []
    assert mine.post(f"{LIST}duplicates/{DuplicatePair.objects.get().pk}/").status_code == 404
    Company.objects.filter(pk=gone.pk).update(owner=mine.user)
    assert len(mine.get(f"{LIST}duplicates/").context["rows"]) == 1


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"siret": "732 829 320 00074"}, "même SIRET"),
        ({"email": "Contact@Kervella.example"}, "même e-mail"),
        ({"phone": "02 61 91 00 01"}, "même téléphone"),
        ({"name": "menuiserie kervela"}, "nom proche"),
    ],
)
def test_what_is_typed_is_told_to_be_there_already(seller, kept, gone, typed, reason):
    page = seller.post(f"{LIST}similar/", typed).content.decode()
    assert reason in page and f'href="{LIST}' in page


def test_what_is_typed_is_compared_with_what_one_may_see_and_with_nothing_of_itself(person, seller, kept, gone):
    other = person(crm="write", scope="own")
    assert other.post(f"{LIST}similar/", {"name": kept.name}).content.strip() == b""
    found = seller.post(f"{LIST}similar/", {"name": kept.name, "_row": kept.pk}).content.decode()
    assert f"{LIST}{gone.pk}/" in found and f"{LIST}{kept.pk}/" not in found
    assert seller.post(f"{LIST}similar/", {"name": kept.name, "city": "Lyon"}).content.strip() == b""
    assert seller.post(f"{LIST}similar/", {"siret": "12", "email": "pas un e-mail"}).content.strip() == b""


def test_from_a_record_one_reaches_what_is_like_it_or_any_other(seller, kept, gone):
    page = seller.get(f"{LIST}{kept.pk}/same-as/")
    assert [one["pk"] for one in page.context["found"]] == [gone.pk]
    other = Company.objects.create(name="Tout autre chose")
    chosen = seller.get(f"{LIST}{kept.pk}/same-as/", {"other": other.pk, "other_text": other.name})
    assert chosen.headers["Location"] == merge_url(kept, other)


def test_contacts_are_merged_the_same_way(seller, atelier):
    one = Contact.objects.create(last_name="Le Goff", first_name="Anne", mobile="+33 6 39 98 00 01")
    two = Contact.objects.create(last_name="Anne", first_name="Le Goff", mobile="+33 6 39 98 00 01")
    deal = Deal.objects.create(name="Portail", contact=two, stage=Stage.objects.first())
    seller.post("/crm/contacts/duplicates/")
    run(Job.objects.latest("pk").pk)
    pair = DuplicatePair.objects.get(model="crm.contact")
    assert (pair.object_id, pair.other_id, sorted(pair.reasons)) == (one.pk, two.pk, ["mobile", "name"])
    url = f"/crm/contacts/{one.pk}/merge/{two.pk}/"
    seller.post(url, filled(seller.get(url)))
    deal.refresh_from_db()
    assert deal.contact == one
