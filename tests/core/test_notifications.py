"""What a person was told: the bell, the page, read and unread."""

from core.accounts.models import User
from core.actions.notifications import notify
from core.models import Notification
from core.notifying.kinds import MENTION


def tell(person: str, text: str = "Bonjour", url: str = "/crm/companies/") -> Notification:
    return notify(User.objects.get(email=f"{person}@atelier.example"), MENTION, text, url)


def test_the_bell_counts_what_is_unread(sales, atelier):
    assert "non lue" not in sales.get("/").content.decode()
    tell("sales")
    assert "Notifications : 1 non lue" in sales.get("/").content.decode()
    for _number in range(120):
        tell("sales")
    assert "99+" in sales.get("/").content.decode()


def test_opening_one_marks_it_and_leads_to_its_page(sales, atelier):
    told = tell("sales")
    assert sales.post(f"/notifications/{told.pk}/").headers["Location"] == "/crm/companies/"
    told.refresh_from_db()
    assert told.read_at
    other = tell("sales")
    assert sales.post(f"/notifications/{other.pk}/", {"stay": "1"}).headers["Location"] == "/notifications/"


def test_all_are_marked_at_once_and_only_ones_own(sales, atelier):
    tell("sales"), tell("sales"), tell("reader")
    sales.post("/notifications/")
    assert Notification.objects.filter(read_at=None).count() == 1


def test_nobody_opens_or_sees_somebody_elses(reader, atelier):
    told = tell("sales", "Secret")
    assert "Secret" not in reader.get("/notifications/").content.decode()
    assert reader.post(f"/notifications/{told.pk}/").status_code == 404


def test_no_notification_leads_out_of_the_instance(sales, atelier):
    told = tell("sales", url="https://ailleurs.example/")
    assert sales.post(f"/notifications/{told.pk}/").headers["Location"] == "/notifications/"


def test_texts_are_shown_as_text_and_pages_go_on(sales, atelier):
    for number in range(60):
        tell("sales", f"<b>n{number:02d}</b>")
    page = sales.get("/notifications/")
    assert "<b>n" not in page.content.decode() and "n59" in page.content.decode()
    assert "n00" in sales.get(page.context["more_url"]).content.decode()
