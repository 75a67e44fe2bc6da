"""What happens to mailings: scheduled, fed to the outbox by portions, paused, resumed, cancelled, finished.

A portion is one transaction: its messages are judged again, the outbox gets their mails, and they are marked. So a
worker that dies has done all of it or nothing, and the outbox sees to it that each mail leaves at most once.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.actions.notifications import notify
from core.alone import alone
from core.hosts import absolute
from core.listing import Listing
from core.mail import BadMail, queue_mail
from core.mail.returns import address_of_client
from core.models import MailState, OutgoingMail
from core.models.notifications import Channel
from core.notifying.kinds import Kind, add_kind
from core.registry import resource_of
from crm.addresses import digest_of
from crm.models import Contact, Mailing, Message
from crm.models.mailing import NEXT, MailingState, MessageState
from crm.prospecting import Purpose, Reason
from crm.recipients import Recipient, recipients, rules
from crm.unsubscribing import token_of
from crm.writing import Written, write

PORTION = 50  # messages judged and queued in one transaction
HELD = 100  # of one mailing in the outbox at a time: what waits here can still be paused, and is judged late
_CHUNK = 2000
TRIAL = "essai"  # the token of a test: it opts nobody out
STOPPED = add_kind(
    Kind(
        "crm-mailing-stopped",
        gettext_lazy("Un envoi n’est pas parti"),
        gettext_lazy("À son heure, personne ne pouvait le recevoir."),
        "send",
        Channel.EMAIL,
    )
)


# --- the segment ----------------------------------------------------------------------------------------------------
def contacts_of(params: dict[str, Any], user: User) -> QuerySet[Contact]:
    """The contacts that a saved view shows to a person, by key."""
    query = QueryDict(mutable=True)
    for name, values in params.items():
        query.setlist(name, values)
    rows = Listing(resource_of(Contact), user, query).filtered
    return rows.select_related("company").order_by("pk")


def each_recipient(mailing: Mailing, rows: QuerySet[Contact]) -> Iterator[list[Recipient]]:
    """Every contact of a segment, judged, in chunks."""
    found = rows.iterator(chunk_size=_CHUNK)
    while chunk := list(islice(found, _CHUNK)):
        yield recipients(mailing, chunk)


def reaches_somebody(mailing: Mailing, rows: QuerySet[Contact]) -> bool:
    """Whether any contact of a segment may get it today."""
    return any(one.verdict.allowed for chunk in each_recipient(mailing, rows) for one in chunk)


# --- steps ----------------------------------------------------------------------------------------------------------
def missing(mailing: Mailing) -> list[str]:
    """What keeps a draft from leaving, in French."""
    lacks = []
    if not mailing.subject or not mailing.text:
        lacks.append(_("Écrivez un objet et un texte."))
    if mailing.segment_id is None:
        lacks.append(_("Choisissez les destinataires : une vue enregistrée des contacts."))
    if mailing.purpose == Purpose.PROSPECTING and mailing.mailing_list_id is None:
        lacks.append(_("Choisissez la liste d’envoi : c’est elle que les destinataires peuvent quitter."))
    if mailing.purpose == Purpose.PROSPECTING and not rules().sender_identity:
        lacks.append(
            _("Dites qui écrit (raison sociale et adresse), dans les réglages des envois : la loi le demande.")
        )
    return lacks


@transaction.atomic
def schedule(mailing: Mailing, *, at: dt.datetime | None, by: User) -> Mailing:
    """To leave at a moment, or at once: not at once to nobody. Raises ValidationError: what is missing."""
    mailing = _locked(mailing)
    if mailing.state != MailingState.DRAFT:
        raise ValidationError(_("Cet envoi est déjà programmé."))
    if lacks := missing(mailing):
        raise ValidationError(lacks)
    assert mailing.segment is not None
    mailing.segment_params = mailing.segment.params
    mailing.scheduled_at = max(at or timezone.now(), timezone.now())
    mailing.owner = mailing.owner or by
    if mailing.scheduled_at <= timezone.now() and not reaches_somebody(
        mailing, contacts_of(mailing.segment_params, mailing.owner)
    ):
        raise ValidationError(
            _("Personne de « %s » ne peut le recevoir aujourd’hui : voyez pourquoi dans ses destinataires, "
              "changez-les, ou programmez l’envoi pour plus tard.") % mailing.segment
        )  # fmt: skip
    mailing.state = MailingState.SCHEDULED
    mailing.save()
    _wake(mailing)
    return mailing


@transaction.atomic
def unschedule(mailing: Mailing, *, by: User) -> Mailing:
    """Back to the draft, as long as nothing has left."""
    return _step(mailing, MailingState.DRAFT, scheduled_at=None)


@transaction.atomic
def pause(mailing: Mailing, *, by: User) -> Mailing:
    """Nothing leaves until it is resumed: what waits in the outbox comes back from it."""
    mailing = _step(mailing, MailingState.PAUSED)
    _take_back(mailing)
    return mailing


@transaction.atomic
def resume(mailing: Mailing, *, by: User) -> Mailing:
    mailing = _step(mailing, MailingState.SENDING)
    _wake(mailing)
    return mailing


@transaction.atomic
def cancel(mailing: Mailing, *, by: User) -> Mailing:
    """What has left has left; nobody else gets it."""
    mailing = _step(mailing, MailingState.CANCELLED, finished_at=timezone.now())
    _take_back(mailing)
    waiting = mailing.messages.filter(state=MessageState.WAITING)
    waiting.update(state=MessageState.EXCLUDED, reason=Reason.CANCELLED, error=_("L’envoi a été annulé."))
    return mailing


def _locked(mailing: Mailing) -> Mailing:
    return Mailing.objects.select_for_update(of=("self",)).get(pk=mailing.pk)


def _step(mailing: Mailing, state: MailingState, **values: Any) -> Mailing:
    """Raises ValidationError where there is no such step any more: somebody, or the worker, was faster."""
    mailing = _locked(mailing)
    if state not in NEXT[MailingState(mailing.state)]:
        raise ValidationError(
            _("Cet envoi est « %s » : rechargez la page.") % mailing.get_state_display().lower()
        )  # fmt: skip
    mailing.state = state
    for name, value in values.items():
        setattr(mailing, name, value)
    mailing.save(update_fields=["state", "updated_at", *values])
    return mailing


def _take_back(mailing: Mailing) -> None:
    """What nobody has begun to send leaves the outbox; what is being sent goes on."""
    waiting = OutgoingMail.objects.filter(key=key_of(mailing.pk), state=MailState.QUEUED).select_for_update()
    taken = list(waiting.values_list("pk", "recipient"))
    OutgoingMail.objects.filter(pk__in=[pk for pk, _address in taken]).delete()
    back = mailing.messages.filter(state=MessageState.QUEUED, address__in=[address for _pk, address in taken])
    back.update(state=MessageState.WAITING, queued_at=None)


def _wake(mailing: Mailing) -> None:
    from crm.tasks import send_mailings_here

    if mailing.scheduled_at is not None and mailing.scheduled_at <= timezone.now():
        transaction.on_commit(send_mailings_here.delay)  # and if the broker is away, beat within a minute


# --- sending --------------------------------------------------------------------------------------------------------
def key_of(pk: int) -> str:
    return f"mailing:{pk}"


def send_due() -> None:
    """Begin what is due, feed what is under way, end what is over. One at a time in each client."""
    with alone("mailings") as mine:
        if not mine:
            return
        due = Mailing.objects.filter(state=MailingState.SCHEDULED, scheduled_at__lte=timezone.now())
        for mailing in due.order_by("scheduled_at"):
            begin(mailing)
        for mailing in Mailing.objects.filter(state=MailingState.SENDING).order_by("started_at"):
            while feed(mailing):
                pass


@transaction.atomic
def begin(mailing: Mailing) -> None:
    """Fix who gets it: one message for each address of the segment, with the reason of those who do not.

    One that reaches nobody is a draft again, and whose it is is told: « Envoyé » would be final, and untrue.
    """
    mailing = _locked(mailing)
    if mailing.state != MailingState.SCHEDULED:
        return
    assert mailing.owner is not None
    rows = contacts_of(mailing.segment_params, mailing.owner)
    if not reaches_somebody(mailing, rows):
        _step(mailing, MailingState.DRAFT, scheduled_at=None)
        text = _("« %s » n’est pas parti : personne ne pouvait le recevoir. Il est de nouveau un brouillon.") % mailing
        notify(mailing.owner, STOPPED, text, resource_of(Mailing).url("recipients", mailing.pk))
        return
    for chunk in each_recipient(mailing, rows):
        # Two contacts with one address are one message; without an address there is nobody to write to.
        Message.objects.bulk_create(
            [
                Message(
                    mailing=mailing, contact=one.contact, address=one.address,
                    **({} if one.verdict.allowed else _excluded(one)),
                )
                for one in chunk if one.address
            ],
            ignore_conflicts=True,
        )  # fmt: skip
    _step(mailing, MailingState.SENDING, started_at=timezone.now())


def _excluded(recipient: Recipient) -> dict[str, Any]:
    reason = recipient.verdict.reason
    return {"state": MessageState.EXCLUDED, "reason": reason, "error": recipient.verdict.why}


@transaction.atomic
def feed(mailing: Mailing) -> bool:
    """Put one portion into the outbox, within the rate. Returns whether more may follow now."""
    mailing = _locked(mailing)
    if mailing.state != MailingState.SENDING:
        return False
    room = min(PORTION, HELD - mailing.messages.filter(state=MessageState.QUEUED).count())
    if mailing.per_hour:
        hour = timezone.now() - dt.timedelta(hours=1)
        room = min(room, mailing.per_hour - mailing.messages.filter(queued_at__gt=hour).count())
    if room <= 0:
        return False
    waiting = mailing.messages.filter(state=MessageState.WAITING).order_by("pk")
    # Locked without a join: one whose contact is merged meanwhile would be missing, and the mailing said to be over.
    portion = list(waiting.prefetch_related("contact__company").select_for_update(of=("self",))[:room])
    if not portion:
        if not mailing.messages.filter(state=MessageState.QUEUED).exists():
            _step(mailing, MailingState.SENT, finished_at=timezone.now())
        return False
    for message, verdict in judged(mailing, portion):
        if verdict is not None:
            _exclude(message, *verdict)
        else:
            _queue(mailing, message)
    return True


def judged(mailing: Mailing, messages: list[Message]) -> Iterator[tuple[Message, tuple[Reason, str] | None]]:
    """Each message, and why it is not to be sent any more (None: it may)."""
    contacts = [message.contact for message in messages if message.contact is not None]
    by_contact = {one.contact.pk: one for one in recipients(mailing, contacts)}
    for message in messages:
        known = by_contact.get(message.contact_id or 0)
        if known is None or known.address != message.address:
            yield message, (Reason.NO_ADDRESS, _("La fiche a été supprimée, ou n’a plus cette adresse."))
        elif known.verdict.reason is not None:
            yield message, (known.verdict.reason, known.verdict.why)
        else:
            yield message, None


def _exclude(message: Message, reason: Reason, why: str) -> None:
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.EXCLUDED, reason=reason, error=why, queued_at=None
    )  # fmt: skip


def _queue(mailing: Mailing, message: Message) -> None:
    assert message.contact is not None
    token = token_of(digest_of("email", message.address), mailing_list=mailing.mailing_list_id or 0, message=message.pk)
    written = written_for(mailing, message.contact, token)
    try:
        with transaction.atomic():
            queue_mail(
                to=message.address, subject=written.subject, text=written.text, html=written.html,
                key=key_of(mailing.pk), headers=headers_of(mailing, token),
            )  # fmt: skip
    except BadMail as error:
        Message.objects.filter(pk=message.pk).update(state=MessageState.FAILED, error=str(error))
        return
    Message.objects.filter(pk=message.pk).update(state=MessageState.QUEUED, queued_at=Now())


def written_for(mailing: Mailing, contact: Contact, token: str) -> Written:
    prospecting = mailing.purpose == Purpose.PROSPECTING
    return write(
        subject=mailing.subject, text=mailing.text, html=mailing.html, contact=contact,
        unsubscribe_url=absolute(reverse("unsubscribe", args=[token])) if prospecting else "",
        because=_("Vous recevez ce message car vous êtes en relation avec nous (« %s »).") % mailing.mailing_list
        if prospecting and mailing.mailing_list else "",
        identity=rules().sender_identity,
    )  # fmt: skip


def headers_of(mailing: Mailing, token: str) -> dict[str, str]:
    """RFC 2369 and RFC 8058; a service mail cannot be left, and says no such thing."""
    if mailing.purpose != Purpose.PROSPECTING:
        return {}
    url = absolute(reverse("unsubscribe", args=[token]))
    return {
        "List-Unsubscribe": f"<{url}>, <mailto:{address_of_client()}?subject={token}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }


def send_test(mailing: Mailing, contact: Contact, *, by: User) -> None:
    """To the person who asks, as that contact would get it; its link opts nobody out. Raises BadMail."""
    written = written_for(mailing, contact, TRIAL)
    queue_mail(
        to=by.email, subject=_("[Essai] %s") % written.subject, text=written.text, html=written.html,
        key=f"mailing-test:{mailing.pk}:{uuid.uuid4()}", headers=headers_of(mailing, TRIAL),
    )  # fmt: skip
