"""What no honest form sends, and what an honest one sends too late: a clear page, never a 500, nothing half written."""

import pytest
from django.test import Client as HttpClient

from crm.models import Company

NEW = "/crm/companies/new/"
DRAFT = "/crm/companies/draft/"
MINIMAL = {"name": "Charpentes Riou", "kind": "business", "relation": "prospect"}
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=trait"


@pytest.fixture(autouse=True)
def answers_not_errors(sales):
    sales.raise_request_exception = False


def test_ten_megabytes_of_text_say_what_to_do_and_the_draft_is_there(sales, atelier):
    key = "7d8f0c9e-5f5f-4c55-9f54-0d1f6c1d8a11"
    assert sales.post(DRAFT, {**MINIMAL, "note": "Mon travail", "_draft": key}).json()["kept"]
    answer = sales.post(NEW, "name=Riou&note=" + "x" * 10_000_000, content_type=URLENCODED)
    page = answer.content.decode()
    assert answer.status_code == 413 and "plus de 5 Mo" in page and "brouillon" in page
    assert [str(offer["key"]) for offer in sales.get(NEW).context["offers"]] == [key]
    assert not Company.objects.exists()


def test_more_fields_than_a_form_may_have(sales, atelier):
    answer = sales.post(NEW, "&".join(f"f{number}=1" for number in range(2000)), content_type=URLENCODED)
    assert answer.status_code == 400 and "plusieurs fois" in answer.content.decode()


@pytest.mark.parametrize(
    "body",
    [b"", b"--autre\r\n", b"--trait\r\nContent-Disposition: form-data; name=", b"--trait\r\n\x00\xff\r\n--trait--"],
)
def test_a_malformed_multipart_body_creates_nothing(sales, atelier, body):
    answer = sales.post(NEW, body, content_type=MULTIPART)
    assert answer.status_code in (200, 400)
    assert not Company.objects.exists()


def test_a_multipart_body_without_a_boundary(sales, atelier):
    answer = sales.post(NEW, b"x", content_type="multipart/form-data")
    assert answer.status_code == 400 and "envoyez de nouveau" in answer.content.decode()


@pytest.mark.parametrize(
    "kind",
    ["application/json", "text/plain", "application/octet-stream", "n'importe quoi", f"{URLENCODED}; charset=bogus"],
)
def test_another_content_type_is_an_empty_form(sales, atelier, kind):
    answer = sales.generic("POST", NEW, b'{"name": "Riou"}', content_type=kind)
    assert answer.status_code in (200, 400)
    assert not Company.objects.exists()


@pytest.mark.parametrize(
    "value",
    [
        "\x00",
        "a\x00b",
        "\ud83d".encode("utf-8", "surrogatepass"),
        "\u202e\ufeff",
        "<script>alert(1)</script>",
        "%s %d {0} {{x}}",
        "x" * 300,
    ],
)
@pytest.mark.parametrize("name", ["name", "owner", "kind", "parent", "parent_text", "siret", "phone", "credit_limit", "_base", "_draft", "_row", "_keep_name"])  # fmt: skip
def test_any_text_in_any_input_is_answered(sales, make_company, name, value):
    company = make_company()
    for url in (
        NEW,
        f"/crm/companies/{company.pk}/edit/",
        f"/crm/companies/{company.pk}/delete/",
        DRAFT,
        "/crm/companies/quick/",
    ):
        prefix = "quick-" if "quick" in url and not name.startswith("_") else ""
        data = {prefix + key: text for key, text in {**MINIMAL, name: value}.items()}
        answer = sales.post(url, data)
        assert answer.status_code in (200, 302), url
        assert b"<script>alert" not in answer.content or answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("value", ["²", "٣", "-1", "1e9", "99999999999999999999999", "null", "1;2", ""])
def test_a_key_that_is_no_key_is_an_error_or_nothing(sales, make_company, value):
    make_company()
    for data in ({"parent": value}, {"owner": value}, {"parent": value, "parent_text": "x"}):
        assert sales.post(NEW, {**MINIMAL, "name": "", **data}).status_code == 200
    query = f"?parent={value}&owner={value}&is_supplier={value}&name={value}&draft={value}"
    assert sales.get(NEW + query).status_code == 200
    assert sales.get(f"{NEW}?name=%00%ED%A0%80").status_code == 200


def test_a_form_whose_token_expired_can_be_sent_again_and_loses_nothing(sales, atelier):
    strict = HttpClient(enforce_csrf_checks=True, headers={"host": atelier.host})
    strict.cookies = sales.cookies
    own = f"http://{atelier.host}"
    typed = {**MINIMAL, "note": 'Tapé "longuement" <b>', "csrfmiddlewaretoken": "x" * 64, "password1": "secret"}
    answer = strict.post(NEW, typed, headers={"origin": own})
    page = answer.content.decode()
    assert answer.status_code == 403 and "Envoyer de nouveau" in page
    assert 'value="Tapé &quot;longuement&quot; &lt;b&gt;"' in page and "secret" not in page
    fresh = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    again = {**MINIMAL, "note": "Tapé", "csrfmiddlewaretoken": fresh}
    assert strict.post(NEW, again, headers={"origin": own}).status_code == 302
    assert Company.objects.get().note == "Tapé"


@pytest.mark.parametrize("origin", [{}, {"origin": "https://ailleurs.example"}, {"origin": "null"}])
def test_what_another_site_sent_is_not_offered_again(sales, atelier, origin):
    strict = HttpClient(enforce_csrf_checks=True, headers={"host": atelier.host})
    strict.cookies = sales.cookies
    answer = strict.post(NEW, MINIMAL, headers=origin)
    assert answer.status_code == 403 and "Envoyer de nouveau" not in answer.content.decode()
    assert "Charpentes Riou" not in answer.content.decode()


def test_the_address_of_a_form_opened_as_a_page_says_so(sales):
    answer = sales.get("/notifications/1/")
    assert answer.status_code == 405 and answer["Allow"] == "POST, OPTIONS"
    assert "Cette adresse ne s’ouvre pas" in answer.content.decode()
