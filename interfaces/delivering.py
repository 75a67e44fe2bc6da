"""The outbox's sender: one at a time in each client, in order; each event with the fields of its request only."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.alone import alone
from core.api.serializer import serializer_of
from core.custom.column import NAME, is_key
from core.registry import registry
from interfaces import sending
from interfaces.models import Delivery, DeliveryState, RequestedResource
from interfaces.principal import person_of
from interfaces.signing import secret_of, signature

logger = logging.getLogger(__name__)
BATCH = 100
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440)]  # then it is dead
LIFE = timedelta(days=90)


def deliver() -> bool:
    """Send what is due. Returns whether more is due now, for another task."""
    with alone("webhooks") as mine:
        if not mine:
            return False
        resting: set[int] = set()  # webhooks that failed just now: what else they wait for would fail too
        for _number in range(BATCH):
            delivery = _due(resting).select_related("webhook__request").order_by("id").first()
            if delivery is None:
                return False
            if not _send(delivery):
                resting.add(delivery.webhook_id)
        return _due(resting).exists()


def _due(resting: set[int]) -> Any:
    waiting = Delivery.objects.filter(state=DeliveryState.QUEUED, next_try_at__lte=timezone.now())
    return waiting.exclude(webhook__in=resting) if resting else waiting


def _send(delivery: Delivery) -> bool:
    """Send one and write what came of it. False when its webhook is in trouble."""
    webhook = delivery.webhook
    request = webhook.request
    if not webhook.active or not request.is_in_force():
        return _drop(delivery, _("La demande écrite n’est plus en vigueur, ou l’envoi automatique est arrêté."))
    told = content_of(delivery)
    if told is None:
        return _drop(delivery, _("Cette fiche n’est pas parmi celles de la demande."))
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "MyB2O",
        "X-MyB2O-Delivery": str(delivery.uid),
        "X-MyB2O-Signature": signature(secret_of(webhook), int(time.time()), body),
    }
    try:
        answer = sending.post(webhook.url, body, headers, hosts=request.hosts)
    except (sending.Unsafe, sending.Failed) as error:
        return _retry(delivery, str(error), None)
    if answer.received:
        delivery.state, delivery.sent_at, delivery.error = DeliveryState.SENT, timezone.now(), ""
        delivery.status, delivery.attempts = answer.status, delivery.attempts + 1
        delivery.save(update_fields=["state", "sent_at", "error", "status", "attempts"])
        return True
    words = _("Une redirection n’est pas suivie.") if 300 <= answer.status < 400 else answer.text
    return _retry(delivery, words, answer.status)


def _retry(delivery: Delivery, error: str, status: int | None) -> bool:
    delivery.attempts += 1
    given_up = delivery.attempts > len(PAUSES)
    delivery.state = DeliveryState.DEAD if given_up else DeliveryState.QUEUED
    delivery.next_try_at = timezone.now() + PAUSES[min(delivery.attempts, len(PAUSES)) - 1]
    delivery.error, delivery.status = error.replace("\x00", "")[:500], status
    delivery.save(update_fields=["attempts", "state", "next_try_at", "error", "status"])
    logger.warning("webhook %s: delivery %s failed, attempt %d", delivery.webhook_id, delivery.pk, delivery.attempts)
    return False


def _drop(delivery: Delivery, why: str) -> bool:
    delivery.state, delivery.error = DeliveryState.DROPPED, why
    delivery.save(update_fields=["state", "error"])
    return True


def content_of(delivery: Delivery) -> dict[str, Any] | None:
    """What is told: the record as it is now, the fields of the request only. None: nothing of it is theirs.

    A deletion is only told of a record that was told before, and by its key alone.
    """
    request = delivery.webhook.request
    asked = list(request.resources.all())
    one = next((found for found in asked if found.resource == delivery.model), None)
    resource = registry.by_label.get(delivery.model)
    if one is None or resource is None:
        return None
    told: dict[str, Any] = {
        "id": str(delivery.uid),
        "type": f"{delivery.model}.{delivery.kind}",
        "at": delivery.occurred_at.isoformat(),
        "request": request.pk,
    }
    if delivery.kind == "deleted":
        known = Delivery.objects.filter(
            webhook=delivery.webhook, model=delivery.model, object_id=delivery.object_id, state=DeliveryState.SENT
        )
        return {**told, "record": {"id": delivery.object_id}} if known.exists() else None
    person = person_of(request, asked)
    allowed = {*one.read, *([NAME] if any(is_key(name) for name in one.read) else [])}
    serializer = serializer_of(resource, person, allowed=allowed)
    row = serializer.ready(resource.rows(person).filter(pk=delivery.object_id)).first()
    if row is None:
        return None
    if delivery.kind == "updated":
        told["changed"] = sorted(_changed(one, resource.model, delivery.changed))
    return {**told, "record": serializer.represent([row])[0]}


def _changed(one: RequestedResource, model: Any, columns: list[str]) -> Iterator[str]:
    by_column = {getattr(field, "column", field.name): field.name for field in model._meta.concrete_fields}
    for column in columns:
        name = by_column.get(column, column)
        if name in one.read:
            yield name


def sweep() -> int:
    """Forget what ended more than three months ago. Returns how many."""
    old = Delivery.objects.filter(occurred_at__lt=timezone.now() - LIFE).exclude(state=DeliveryState.QUEUED)
    return old.delete()[0]
