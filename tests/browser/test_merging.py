"""Two records that are one, by a salesperson in a browser; and the screens of it in every state."""

from collections.abc import Iterator

from playwright.sync_api import expect

from core.jobs.carrying_out import run
from core.models import DuplicatePair, Job, Merge
from crm.models import Company, Contact
from tests.browser.states import State, press, shown, then, walk

LIST = "/crm/companies/"


def twins(instance) -> tuple[Company, Company]:
    with instance.rows():
        one = Company.objects.create(
            name="Charpentes Riou", city="Quimper", email="contact@riou.example", note="Fidèle."
        )
        two = Company.objects.create(name="SARL CHARPENTE RIOU", phone="+33 2 61 91 00 12", note="Rappeler en mai.")
        Contact.objects.create(last_name="Le Goff", company=two)
    return one, two


def scanned(instance, page) -> None:
    page.get_by_role("button", name="Rechercher dans toute la base").click()
    with instance.rows():
        for job in Job.objects.filter(kind="duplicates", finished_at=None):
            run(job.pk)


def test_a_salesperson_is_told_of_a_duplicate_merges_it_and_takes_it_back(instance):
    page = instance.page
    one, two = twins(instance)
    instance.sign_in("sales", f"{LIST}new/")
    page.get_by_label("Nom", exact=False).first.press_sequentially("Charpentes riou", delay=10)
    notice = page.locator("similar-rows")
    expect(notice.get_by_role("link")).to_have_count(2)
    expect(notice).to_contain_text("nom proche")
    page.get_by_label("Ville").fill("Brest")  # of another town: only the one without a town may be it
    expect(notice.get_by_role("link")).to_have_count(1)

    instance.open(f"{LIST}{one.pk}/")
    page.get_by_role("button", name="Autres actions").click()
    page.get_by_role("link", name="Fusionner avec…").click()
    page.get_by_role("link", name="Comparer SARL CHARPENTE RIOU").click()
    page.get_by_role("group", name="Note").get_by_label("Les deux, l’un après l’autre").check()
    page.get_by_role("button", name="Fusionner").click()
    facts = page.locator(".facts")
    for text in ("Quimper", "+33 2 61 91 00 12", "Fidèle.", "Rappeler en mai."):
        expect(facts).to_contain_text(text)
    expect(page.locator("main")).to_contain_text("Le Goff")
    instance.open(f"{LIST}{two.pk}/")  # an old link
    expect(page.get_by_role("heading", level=1)).to_contain_text("Charpentes Riou")

    page.get_by_role("link", name="Historique").click()
    page.get_by_role("link", name="Voir, ou défaire").click()
    page.get_by_role("button", name="Défaire la fusion").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("SARL CHARPENTE RIOU")
    expect(page.locator("main")).to_contain_text("Le Goff")


def of_duplicates(instance) -> Iterator[State]:
    one, two = twins(instance)
    page = instance.page
    yield "duplicates, never looked for", f"{LIST}duplicates/", None
    scanned(instance, page)
    yield "duplicates", f"{LIST}duplicates/", None
    yield "duplicates, none set aside", "", press("Écartés", role="link")
    yield "same as", f"{LIST}{one.pk}/same-as/", None
    yield "similar, in a form", f"{LIST}{two.pk}/edit/", lambda page: page.get_by_label("Ville").fill("Quimper")
    url = f"{LIST}{one.pk}/merge/{two.pk}/"
    yield "merge", url, None
    with instance.rows():
        Company.objects.filter(pk=two.pk).update(city="Brest")
    yield "merge, changed meanwhile", "", then(press("Fusionner", exact=True), shown("L’une des fiches a changé"))
    yield "merged", "", press("Fusionner", exact=True)
    yield "history of a merge", f"{LIST}{one.pk}/history/", None
    with instance.rows():
        done = Merge.objects.get()
    yield "merges", f"{LIST}duplicates/?tab=merges", None
    yield "one merge", f"{LIST}merges/{done.pk}/", None


def test_every_screen_of_it(instance):
    instance.enter("sales", "/")
    walk(instance, of_duplicates(instance))
    with instance.rows():
        assert DuplicatePair.objects.exists()
