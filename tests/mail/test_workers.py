"""A batch of mails whose worker is killed with SIGKILL in its middle, against a real SMTP server."""

from collections import Counter

import pytest
from django.db import connection, transaction

from core.mail import queue_mail
from core.mail.tasks import deliver
from core.models import MailState, OutgoingMail
from tests.workers import real_workers, wait_for

MAILS = 40


def lock_is_free() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()")
        return cursor.fetchone()[0] == 0


@pytest.mark.parametrize("moment", ["before the answer", "between two"])
def test_nobody_gets_a_mail_twice_and_the_rest_is_sent_by_the_next_worker(own, post, tmp_path, moment):
    arrived: Counter[str] = Counter()
    killed = []

    async def kill_in_the_middle(server, envelope):
        """The content is here, our answer is not: what the sender cannot know."""
        arrived[envelope.rcpt_tos[0]] += 1
        if len(arrived) == 15 and not killed:
            killed.append(True)
            if moment == "before the answer":
                worker.kill()

    post.before_answer = kill_in_the_middle
    address = f"smtp://127.0.0.1:{post.port}"
    with real_workers(tmp_path, "core.mail.tasks", TEST_EMAIL_URL=address) as start:
        worker = start()
        with transaction.atomic():
            for number in range(MAILS):
                queue_mail(to=f"n{number}@exemple.fr", subject=f"Lettre {number}", text="Bonjour", key="lettre")
        wait_for(lambda: killed)
        worker.kill()
        wait_for(lock_is_free)
        start("two")
        deliver.delay()
        wait_for(lambda: not OutgoingMail.objects.filter(state__in=["queued", "sending"]).exists())

    states = Counter(OutgoingMail.objects.values_list("state", flat=True))
    doubtful = set(OutgoingMail.objects.filter(state=MailState.UNCERTAIN).values_list("recipient", flat=True))
    assert max(arrived.values()) == 1, "somebody got it twice"
    assert set(OutgoingMail.objects.filter(state=MailState.SENT).values_list("recipient", flat=True)) <= set(arrived)
    assert states[MailState.SENT] + states[MailState.UNCERTAIN] == MAILS
    assert len(doubtful) <= 1
    if moment == "before the answer":
        assert len(doubtful) == 1
        assert "peut-être parti" in OutgoingMail.objects.get(state=MailState.UNCERTAIN).error
