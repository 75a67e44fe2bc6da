"""An activity as calendars show it; written by hand, since a month has hundreds."""

from typing import TYPE_CHECKING

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.templatetags.rows import safe
from core.templatetags.ui import avatar, icon

if TYPE_CHECKING:
    from crm.calendar import Entry

register = template.Library()


@register.simple_tag
def calendar_entry(entry: "Entry", base: str, writes: bool, everybody: bool, grid: bool = False) -> SafeString:
    """`grid`: in a grid of hours, where its place and its length are classes."""
    place = f" q{entry.quarter} h{entry.height} lane{entry.lane} of{entry.lanes}" if grid else ""
    state = " done" if entry.done else " late" if entry.late else ""
    hour = f"<time>{entry.hour}</time>" if entry.minutes or not grid else ""
    who = avatar(entry.owner) if everybody and entry.owner else ""
    more = f"<small>{safe(entry.customer)}</small>" if grid and entry.customer and entry.height > 2 else ""
    unseen = [entry.customer if not more else "", "" if hour else entry.hour, _("faite") if entry.done else "",
              _("en retard") if entry.late else "", entry.owner if everybody else ""]  # fmt: skip
    after = ", ".join(filter(None, unseen))
    moves = (
        f' data-id="{entry.pk}" data-day="{entry.at.date().isoformat()}" draggable="false"'
        f' data-minute="{entry.at.hour * 60 + entry.at.minute}" aria-describedby="calendar-help"'
        if writes
        else ""
    )
    return mark_safe(  # noqa: S308 - made of escaped parts
        f'<a class="entry kind-{entry.kind}{state}{place}" href="{base}{entry.pk}/"{moves}>{icon(entry.icon)}'
        f'<span class="sr">{entry.kind_label}, </span>{hour}<span class="subject">{safe(entry.subject)}</span>{more}'
        f'<span class="sr">{f", {safe(after)}" if after else ""}</span>{who}</a>'
    )
