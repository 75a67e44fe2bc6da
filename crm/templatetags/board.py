"""The cards of a board as one tag: 140 of them through a template engine would cost more than all of their queries."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.display import tags_html
from core.templatetags.french import day, eur
from core.templatetags.rows import safe
from core.templatetags.ui import avatar, icon
from crm.models.pipeline import StageKind

if TYPE_CHECKING:
    from crm.board import Card, Column

register = template.Library()


@register.simple_tag
def board_cards(cards: Iterable["Card"], base: str, writes: bool) -> SafeString:
    """`base`: the address of the list; `writes`: whether the person may move them."""
    words = {"move": _("Déplacer « %s » vers…"), "owner": _("Responsable :"), "late": _("en retard"),
             "next": _("Prochaine activité :"),
             "rots": lambda n: ngettext("%d jour à cette étape", "%d jours à cette étape", n) % n}  # fmt: skip
    today = timezone.localdate()
    return mark_safe("".join([_card(card, base, writes, words, today) for card in cards]))  # noqa: S308 - escaped parts


@register.simple_tag
def board_columns(columns: Iterable["Column"], resource: Any, can: Any, query: str, days: int) -> SafeString:
    """The columns with their cards. `query`: the filters that « Voir plus » keeps; `days`: shown of what is over."""
    base, create = resource.list_url, resource.create_url if can["create"] else ""
    words = {
        "add": _("Ajouter une affaire à l’étape %s"), "cards": _("Affaires : %s"), "more": _("Voir plus"),
        "days": _("%d derniers jours") % days,
    }  # fmt: skip
    return mark_safe(  # noqa: S308 - made of escaped parts
        "\n".join(
            [_column(column, place, base, create, can["edit"], query, words) for place, column in enumerate(columns)]
        )
    )


def _column(column: "Column", place: int, base: str, create: str, writes: bool, query: str, words: dict) -> str:
    stage, pk, name = column.stage, column.stage.pk, safe(column.stage.name)
    is_open = stage.kind == StageKind.OPEN
    add = ""
    if create and is_open:
        label = safe(words["add"] % stage.name)
        add = f'<a class="btn ghost icon-only mini" href="{create}?stage={pk}" aria-label="{label}">{icon("plus")}</a>'
    span = "" if is_open else f'<p class="span">{words["days"]}</p>'
    cards, more = board_cards(column.cards, base, writes), _next(column, base, query, words)
    label = safe(words["cards"] % stage.name)
    return (
        f'<section class="col kind-{stage.kind}" data-stage="{pk}" data-n="{place}" aria-labelledby="stage-{pk}">'
        f'<header><h2 id="stage-{pk}"><i aria-hidden="true"></i>{name}</h2>'
        f'<span class="count" data-count>{column.count_label}</span>'
        f'<span class="total" data-total>{column.total_label}</span>{add}</header>{span}'
        f'<div class="cards-scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<ol class="cards" id="cards-{pk}">{cards}</ol>{more}</div></section>'
    )


@register.simple_tag
def board_next(column: "Column", base: str, query: str) -> SafeString:
    """« Voir plus », where a column goes on; without JavaScript, the list of the stage."""
    return mark_safe(_next(column, base, query, {"more": _("Voir plus")}))  # noqa: S308 - made of escaped parts


def _next(column: "Column", base: str, query: str, words: dict) -> str:
    if not column.more:
        return ""
    pk = column.stage.pk
    return (
        f'<a class="btn ghost wide more" href="{base}?stage={pk}" '
        f'hx-get="{base}board/?{safe(query)}&amp;column={pk}&amp;after={column.more}" hx-target="this" '
        f'hx-swap="outerHTML">{words["more"]}<span class="sr"> : {safe(column.stage.name)}</span></a>'
    )


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
