"""A mailing whose worker is killed with SIGKILL in its middle, against a real SMTP server: nobody gets it twice."""

from collections import Counter

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.mail.tasks import deliver
from core.models import MailState, OutgoingMail
from crm.models import Contact, Mailing, MailingList, Message
from crm.models.mailing import MailingState
from crm.tasks import send_mailings_here
from tests.mail.test_workers import lock_is_free
from tests.workers import real_workers, wait_for

PEOPLE = 130  # more than the outbox holds of one mailing: it is fed again after the death


@pytest.fixture
def mailing(own) -> Mailing:
    owner = User.objects.get(email="sales@courriels.example")
    Contact.objects.bulk_create(
        Contact(last_name=f"N{number}", email=f"n{number}@exemple.fr", recipient_kind="professional")
        for number in range(PEOPLE)
    )
    return Mailing.objects.create(
        name="Printemps", purpose="prospecting", mailing_list=MailingList.objects.get(), subject="Nouveautés",
        text="Bonjour", owner=owner, state=MailingState.SCHEDULED, scheduled_at=timezone.now(),
    )  # fmt: skip


def test_nobody_gets_it_twice_and_everybody_gets_it(mailing, post, tmp_path):
    arrived: Counter[str] = Counter()
    killed = []

    async def kill_in_the_middle(server, envelope):
        """The content is here, our answer is not: what the sender cannot know."""
        arrived[envelope.rcpt_tos[0]] += 1
        if len(arrived) == 40 and not killed:
            killed.append(True)
            worker.kill()

    post.before_answer = kill_in_the_middle
    address = f"smtp://127.0.0.1:{post.port}"
    with real_workers(tmp_path, "crm.tasks,core.mail.tasks", TEST_EMAIL_URL=address) as start:
        worker = start()
        send_mailings_here.delay()
        wait_for(lambda: killed)
        wait_for(lock_is_free)
        assert Mailing.objects.get().state == MailingState.SENDING
        start("two")
        send_mailings_here.delay()  # as beat does each minute
        deliver.delay()
        wait_for(lambda: Mailing.objects.get().state == MailingState.SENT, 90)

    states = Counter(Message.objects.values_list("state", flat=True))
    assert max(arrived.values()) == 1, "somebody got it twice"
    assert states == {"sent": PEOPLE - 1, "uncertain": 1}, "the one that arrived while we died: a person decides"
    assert set(Message.objects.filter(state="sent").values_list("address", flat=True)) <= set(arrived)
    doubtful = OutgoingMail.objects.get(state=MailState.UNCERTAIN)
    assert doubtful.recipient == Message.objects.get(state="uncertain").address
