"""The figures of a mailing: sums and parts, each that of the list behind it."""

import re

import pytest
from django.utils import timezone

from crm.models import Mailing, Message
from crm.models.mailing import MailingState, MessageState
from crm.statistics import figures_of

URL = "/crm/mailings/"


@pytest.mark.parametrize(
    ("number", "said"), [(0, "Envoyé 0 Plainte"), (1, "Envoyé 0 Plainte"), (2, "Envoyés 0 Plainte")]
)
def test_figures_agree_with_their_words(draft, number, said):
    sent = {"state": MessageState.SENT, "sent_at": timezone.now(), "unsubscribed_at": timezone.now()}
    Message.objects.bulk_create([Message(mailing=draft, address=f"{n}@exemple.fr", **sent) for n in range(number)])
    tiles = figures_of(draft)["tiles"]
    labels = {tile.label: tile.value for tile in tiles}
    assert f"{tiles[0].label} {tiles[-1].value} {tiles[-1].label}" == said
    assert labels["Désabonné" if number < 2 else "Désabonnés"] == number


def test_what_bounced_or_was_complained_of_had_left_and_each_figure_is_that_of_its_list(draft, atelier, signed_in):
    now = timezone.now()
    gone = [("sent", None), ("sent", now), ("bounced", None), ("complained", None)]
    rest = ["excluded", "waiting", "queued", "failed", "uncertain"]
    Message.objects.bulk_create(
        [
            *(Message(mailing=draft, address=f"g{n}@exemple.fr", state=state, sent_at=now, unsubscribed_at=left)
              for n, (state, left) in enumerate(gone)),
            *(Message(mailing=draft, address=f"{state}@exemple.fr", state=state,
                      reason="no-consent" if state == "excluded" else "") for state in rest),
        ]
    )  # fmt: skip
    Mailing.objects.update(state=MailingState.SCHEDULED, scheduled_at=now)
    Mailing.objects.update(state=MailingState.SENDING)
    browser = signed_in(atelier)
    page = browser.get(f"{URL}{draft.pk}/").content.decode()
    found = re.findall(r"<b>(\d+)</b> <a[^>]* href=\"([^\"]+)\">([^<]+)</a>(?: <small>\((\d+) %\))?", page)
    assert [(label, int(number), share) for number, _url, label, share in found] == [
        ("Envoyés", 4, ""), ("À envoyer", 2, ""), ("Écarté", 1, ""), ("Non remis", 1, "25"), ("Désabonné", 1, "25"),
        ("Plainte", 1, "25"), ("Refusé", 1, ""), ("À vérifier", 1, ""),
    ]  # fmt: skip
    for number, url, _label, _share in found:
        assert len(browser.get(url).context["shown"]) == int(number)
