"""The components of the interface: small tags that write HTML, and filters that write French.

Each is shown, in every state, on /styleguide. None of them queries.
"""

import unicodedata
import zlib
from functools import cache, lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, ClearableFileInput
from django.template.context import Context
from django.templatetags import i18n
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from core.templatetags import french

register = template.Library()
register.filters.update(french.register.filters)  # one `{% load ui %}` gives both

TONES = frozenset({"neutral", "info", "good", "warn", "danger"})
ALIASES = {"success": "good", "warning": "warn", "error": "danger"}  # the words of Django's messages
AVATAR_HUES = 8
_LANGUAGE = "b2o language"
NOTICE_ICONS = {"info": "info", "good": "circle-check", "warn": "triangle-alert", "danger": "circle-alert"}


@register.simple_tag
def asset(path: str) -> str:
    """`{% static %}` that still gives an address when the manifest lacks the file: for pages that must never fail."""
    try:
        return static(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


@register.simple_tag(name="static")
@cache
def kept_static(path: str) -> str:
    """`{% static %}`, whose address is asked for once a process."""
    return static(path)


class _Said(template.Node):
    """`{% translate "…" %}` of a literal, translated once a process and language: a page says sixty of them."""

    child_nodelists = ()

    def __init__(self, node: i18n.TranslateNode) -> None:
        self.node = node
        self.said: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        kept = context.render_context  # of this rendering of this template
        language = kept[_LANGUAGE] = kept.get(_LANGUAGE) or get_language()
        text = self.said.get(language)
        if text is None:
            text = self.said[language] = self.node.render(context)
        return text


@register.tag
def translate(parser: template.base.Parser, token: template.base.Token) -> template.Node:
    """Django's tag, that keeps what a literal is in each language."""
    node = i18n.do_translate(parser, token)
    words = node.filter_expression
    plain = not words.filters and not node.asvar and not node.message_context and not node.noop
    return _Said(node) if plain and getattr(words.var, "literal", None) is not None else node


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One icon of the sprite (the names are in package.json). Always decorative: the words beside it speak."""
    return _icon(name, css, _sprite())


@cache
def _sprite() -> str:
    """Its address, asked for once a process: sixty icons a page, each through the storage, took as long as a query."""
    return asset("icons.svg")


@lru_cache(maxsize=512)
def _icon(name: str, css: str, sprite: str) -> SafeString:
    classes = f"icon {css}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, sprite, name)


@register.simple_tag
def menu_link(url: str, glyph: str, label: str, current: bool = False) -> SafeString:
    """An entry of the menu; that of the page one is on is told apart."""
    return _menu_link(url, glyph, label, current, _sprite())


@lru_cache(maxsize=1024)
def _menu_link(url: str, glyph: str, label: str, current: bool, sprite: str) -> SafeString:
    here = mark_safe(' aria-current="page"') if current else ""
    return format_html('<a href="{}"{}>{}<span class="grow">{}</span></a>', url, here, _icon(glyph, "", sprite), label)


@register.filter
def initials(name: object) -> str:
    """Two letters for a name: "Claire Dumas" CD, "é" É, "123" 12, "" –."""
    text = unicodedata.normalize("NFC", str(name or ""))
    words = "".join(char if char.isalnum() else " " for char in text).split()
    if not words:
        return "–"
    pair = words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]
    return "".join(char.upper()[:1] for char in pair)


@register.simple_tag
def avatar(name: object, shape: str | bool = "round", size: str = "") -> SafeString:
    """Initials on a colour that stays the same for the same name. `shape`: "round" (a person) or "square" (a thing)."""
    return _avatar(str(name or ""), "square" if shape is True else str(shape), size)


@lru_cache(maxsize=4096)
def _avatar(name: str, shape: str, size: str) -> SafeString:
    hue = zlib.crc32(name.encode(errors="replace")) % AVATAR_HUES
    return format_html(
        '<span class="avatar {} {}" data-c="{}" aria-hidden="true">{}</span>', shape, size, hue, initials(name)
    )


@register.simple_tag
def badge(label: object, tone: str = "neutral") -> SafeString:
    """A state, as a dot and a word: colour alone never tells it."""
    return _badge(
        conditional_escape(str(label)) if not isinstance(label, SafeString) else label, ALIASES.get(tone, tone)
    )


@lru_cache(maxsize=512)
def _badge(label: SafeString, tone: str) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', tone if tone in TONES else "neutral", label)


@register.simple_block_tag
def notice(content: str, tone: str = "info", title: str = "") -> SafeString:
    """A framed message in the page. A danger is announced at once."""
    heading = format_html("<strong>{}</strong>", title) if title else ""
    return format_html(
        '<div class="notice {}"{}>{}<div>{}{}</div></div>',
        tone,
        mark_safe(' role="alert"') if tone == "danger" else "",
        icon(NOTICE_ICONS.get(tone, "info")),
        heading,
        content,
    )


@register.simple_block_tag
def empty(content: str, glyph: str, title: str, text: str = "") -> SafeString:
    """The empty state: what is absent, why, and (the block) what to do next."""
    return format_html(
        '<div class="empty-state"><span class="empty-glyph">{}</span><strong>{}</strong>{}'
        '<div class="row">{}</div></div>',
        icon(glyph),
        title,
        format_html("<p>{}</p>", text) if text else "",
        content,
    )


@register.simple_tag
def progress(value: int | None, label: str) -> SafeString:
    """A bar from 0 to 100; None: going on, length unknown."""
    amount = "" if value is None else format_html(' value="{}"', max(0, min(100, int(value))))
    return format_html('<progress max="100"{} aria-label="{}"></progress>', amount, label)


@register.inclusion_tag("core/_field.html")
def field(bound: BoundField, show_help: bool = True) -> dict[str, Any]:
    """A field of a form: label above, help, control, errors beside it."""
    widget = bound.field.widget
    return {
        "field": bound,
        "help": show_help,
        "checkbox": isinstance(widget, CheckboxInput),
        "group": bound.use_fieldset,
        "file": isinstance(widget, ClearableFileInput) or getattr(widget, "input_type", "") == "file",
    }


@register.simple_tag(takes_context=True)
def qs(context: Context, **changes: Any) -> str:
    """The present address with some parameters replaced; None drops one."""
    request = context["request"]
    query = request.GET.copy()
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = str(value)
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else request.path
