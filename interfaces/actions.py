"""What may be done to requests, keys and webhooks. Each is atomic, and recorded by the history of its table."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.transaction import atomic
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.accounts.models import User
from core.custom.definitions import field_of
from core.registry import registry
from core.resource import Resource
from interfaces.models import ApiKey, Delivery, DeliveryState, Direction, RequestedResource, Webhook, WrittenRequest
from interfaces.tokens import new_secret

MAX_KEYS = 20  # live ones, of one request


@atomic
def save_request(request: WrittenRequest, resources: Sequence[RequestedResource]) -> WrittenRequest:
    """A draft with the lists that it asks. The database refuses one that is in force already."""
    request.save()
    RequestedResource.objects.filter(request=request).delete()
    for one in resources:
        one.pk, one.request = None, request
        one.columns = columns_of(registry.by_label[one.resource], one.read)
        one.save(force_insert=True)
    return request


def columns_of(resource: type[Resource], names: Sequence[str]) -> list[str]:
    """How the history names these fields: by their columns; tags have none."""
    return sorted({getattr(field_of(resource.model, name), "column", None) or name for name in names if name != "tags"})


@atomic
def put_in_force(request: WrittenRequest, *, by: User) -> None:
    """From here on the request does not change. Raises ValidationError: whoever gives a field must see it."""
    held = WrittenRequest.objects.select_for_update().get(pk=request.pk)
    if not held.is_draft:
        raise ValidationError(_("Cette demande est déjà en vigueur, ou ne l’est plus."))
    if held.ends_on < timezone.localdate():
        raise ValidationError(_("Cette demande est expirée : corrigez sa date de fin."))
    asked = list(held.resources.all())
    if not asked:
        raise ValidationError(_("Cette demande ne nomme aucun champ."))
    beyond = [told for one in asked for told in _beyond(one, by)]
    if beyond:
        words = _("Vous ne pouvez pas donner ce que vous ne voyez pas vous-même : %s. Demandez à qui y a droit.")
        raise ValidationError(words % ", ".join(beyond))
    held.activated_at, held.activated_by = timezone.now(), by
    held.save(update_fields=["activated_at", "activated_by", "updated_at"])


def _beyond(one: RequestedResource, by: User) -> list[str]:
    """What of this list the person may not give: what they may not read, write or take out themselves."""
    resource = registry.by_label.get(one.resource)
    if resource is None:
        return [one.resource]
    level = Level.WRITE if one.written or one.deletes else Level.READ
    if not resource.may(by, level):
        return [resource.label_plural]
    told = [] if not resource.extraction_right or by.holds(resource.extraction_right) else [
        _("extraire « %s »") % resource.label_plural
    ]  # fmt: skip
    hidden = resource.hidden_from(by)
    return told + [str(field_of(resource.model, name).verbose_name) for name in {*one.read, *one.written} & hidden]


@atomic
def revoke(request: WrittenRequest, *, reason: str, by: User) -> None:
    """Every key of it is dead at the next call, in every process, and nothing more goes out."""
    held = WrittenRequest.objects.select_for_update().get(pk=request.pk)
    if held.is_draft or held.revoked_at is not None:
        raise ValidationError(_("Cette demande n’est pas en vigueur."))
    held.revoked_at, held.revoked_by, held.revocation = timezone.now(), by, reason
    held.save(update_fields=["revoked_at", "revoked_by", "revocation", "updated_at"])
    waiting = Delivery.objects.filter(webhook__request=held, state=DeliveryState.QUEUED)
    waiting.update(state=DeliveryState.DROPPED, error=_("La demande écrite est révoquée."))


@atomic
def discard_draft(request: WrittenRequest) -> None:
    held = WrittenRequest.objects.select_for_update().get(pk=request.pk)
    if not held.is_draft:
        raise ValidationError(_("Une demande en vigueur ne se supprime pas : révoquez-la."))
    document = held.document
    held.delete()
    document.storage.delete(str(document.name))


@atomic
def add_key(request: WrittenRequest, **values: Any) -> tuple[ApiKey, str]:
    """(the new key, its text, which nobody will see again). Raises ValidationError: the request is not in force."""
    held = WrittenRequest.objects.select_for_update().get(pk=request.pk)
    if not held.is_in_force():
        raise ValidationError(_("Une clé ne vit que sous une demande en vigueur."))
    if held.keys.filter(revoked_at=None).count() >= MAX_KEYS:
        raise ValidationError(_("%d clés au plus par demande : révoquez-en d’abord.") % MAX_KEYS)
    text, prefix, digest = new_secret()
    if values.get("form_of") and not may_take(held, values["form_of"]):
        raise ValidationError(_("Cette demande ne prévoit pas d’écrire dans cette liste, ou ne nomme aucun hôte."))
    key = ApiKey(request=held, prefix=prefix, digest=digest, **values)
    key.full_clean()
    key.save()
    return key, text


def may_take(request: WrittenRequest, resource: str) -> bool:
    """Whether a form of the client's site may fill this list: its fields are named, and so is where it stands."""
    one = request.resources.filter(resource=resource).first()
    return request.direction != Direction.OUT and one is not None and bool(one.written) and bool(request.hosts)


@atomic
def revoke_key(key: ApiKey) -> bool:
    """Dead at the next call. False when it was already."""
    held = ApiKey.objects.select_for_update().get(pk=key.pk)
    if held.revoked_at is not None:
        return False
    held.revoked_at = timezone.now()
    held.save(update_fields=["revoked_at", "updated_at"])
    return True


@atomic
def add_webhook(request: WrittenRequest, **values: Any) -> Webhook:
    """Raises ValidationError where the request is not in force, or lets nothing out."""
    held = WrittenRequest.objects.select_for_update().get(pk=request.pk)
    if not held.is_in_force():
        raise ValidationError(_("Un envoi automatique ne vit que sous une demande en vigueur."))
    if held.direction == Direction.IN:
        raise ValidationError(_("Cette demande ne prévoit que des entrées : rien n’en sort."))
    webhook = Webhook(request=held, **values)
    webhook.full_clean()
    webhook.save()
    return webhook


def switch(webhook: Webhook, *, active: bool) -> None:
    """Out of service, nothing new is queued; what waits is dropped."""
    with atomic():
        Webhook.objects.filter(pk=webhook.pk).update(active=active, updated_at=timezone.now())
        if not active:
            waiting = Delivery.objects.filter(webhook=webhook, state=DeliveryState.QUEUED)
            waiting.update(state=DeliveryState.DROPPED, error=_("L’envoi automatique est arrêté."))


def replay(deliveries: Any) -> int:
    """Send again what is dead or was received already. Returns how many."""
    again = deliveries.filter(state__in=(DeliveryState.DEAD, DeliveryState.SENT))
    return again.update(
        state=DeliveryState.QUEUED, attempts=0, next_try_at=timezone.now(), error="", status=None, sent_at=None
    )
