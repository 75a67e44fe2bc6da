"""The cards of a board as one tag: 140 of them through a template engine would cost more than all of their queries."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.display import tags_html
from core.templatetags.french import day, eur
from core.templatetags.rows import safe
from core.templatetags.ui import avatar, icon

if TYPE_CHECKING:
    from crm.board import Card

register = template.Library()


@register.simple_tag
def board_cards(cards: Iterable["Card"], base: str, writes: bool) -> SafeString:
    """`base`: the address of the list; `writes`: whether the person may move them."""
    words = {"move": _("Déplacer « %s » vers…"), "owner": _("Responsable :"), "late": _("en retard"),
             "next": _("Prochaine activité :"),
             "rots": lambda n: ngettext("%d jour à cette étape", "%d jours à cette étape", n) % n}  # fmt: skip
    today = timezone.localdate()
    return mark_safe("".join([_card(card, base, writes, words, today) for card in cards]))  # noqa: S308 - escaped parts


def _card(card: "Card", base: str, writes: bool, words: dict, today) -> str:
    name, customer, amount = safe(card.name), safe(card.customer), eur(card.amount)
    when = timezone.localtime(card.closed_at).date() if card.closed_at else card.expected_on
    late = card.closed_at is None and when < today
    sign = f'<span class="sr">, {words["late"]}</span>' if late else ""
    menu = (
        f'<button class="btn ghost icon-only mini js-only" type="button" data-move aria-haspopup="menu" '
        f'aria-label="{safe(words["move"] % card.name)}">{icon("ellipsis")}</button>'
        if writes
        else ""
    )
    customer = f'<p class="co">{customer}</p>' if card.customer else ""
    tags = f'<p class="card-tags">{tags_html(card.tags)}</p>' if card.tags else ""
    rots = f'<p class="rots">{icon("hourglass")}{words["rots"](card.days)}</p>' if card.rotting else ""
    planned = ""
    if card.next_at:
        at = timezone.localtime(card.next_at).date()
        css = " late" if card.next_at < timezone.now() else ""
        planned = f'<span class="next{css}">{icon("calendar")}<span class="sr">{words["next"]} </span>{day(at)}</span>'
    owner = f'{avatar(card.owner)}<span class="sr">{words["owner"]} {safe(card.owner)}</span>' if card.owner else ""
    label = safe(", ".join(filter(None, (card.name, card.customer, amount))))
    focus = f' tabindex="0" aria-label="{label}" aria-describedby="board-help"' if writes else ""
    return (
        f'<li class="card{" rotting" if card.rotting else ""}" id="d{card.pk}" data-id="{card.pk}"{focus}>'
        f'<div class="card-top"><a href="{base}{card.pk}/">{name}</a>{menu}</div>{customer}{tags}{rots}'
        f'<div class="card-foot"><b class="amount">{amount}</b><span class="meta">{planned}'
        f'<time datetime="{when.isoformat()}"{" class=late" if late else ""}>{day(when)}</time>{sign}</span>{owner}'
        "</div></li>"
    )
