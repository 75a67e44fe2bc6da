"""A mailing's text for one person: variables, the HTML that is safe to send, the foot with the way out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3
from django.core.exceptions import ValidationError
from django.utils.html import escape, format_html, linebreaks, urlize
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.models import Contact

VARIABLES: dict[str, tuple[object, Callable[[Contact], str]]] = {
    "prenom": (gettext_lazy("prénom"), lambda contact: contact.first_name),
    "nom": (gettext_lazy("nom"), lambda contact: contact.last_name),
    "fonction": (gettext_lazy("fonction"), lambda contact: contact.job),
    "societe": (gettext_lazy("société"), lambda contact: contact.company.name if contact.company else ""),
    "ville": (gettext_lazy("ville"), lambda contact: contact.company.city if contact.company else ""),
}
_HOLE = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}")
_TAGS = {
    "a", "b", "blockquote", "br", "div", "em", "h1", "h2", "h3", "hr", "i", "img", "li", "ol", "p", "span", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "align"}, "a": {"href", "title"}, "img": {"src", "alt", "width", "height"},
    "td": {"width", "valign", "colspan", "bgcolor"},
    "table": {"width", "cellpadding", "cellspacing", "border", "bgcolor"},
}  # fmt: skip
_STYLES = {
    "background-color", "border", "border-radius", "color", "font-family", "font-size", "font-style", "font-weight",
    "line-height", "margin", "max-width", "padding", "text-align", "text-decoration", "width",
}  # fmt: skip
_PAGE = (
    '<html lang="fr"><body style="margin:0;padding:24px;font-family:Arial,Helvetica,sans-serif;font-size:15px;'
    'line-height:1.55;color:#1c1f24"><div style="max-width:620px;margin:0 auto">{}{}</div></body></html>'
)
_FOOT = (
    '<hr style="border:0;border-top:1px solid #d9dce1;margin:28px 0 14px"><p style="font-size:12px;line-height:1.5;'
    'color:#5b626c">{}</p>'
)


@dataclass(frozen=True)
class Written:
    """What one person receives."""

    subject: str
    text: str
    html: str


def check_variables(text: str) -> str:
    """The text, whose holes are all known. Raises ValidationError, which names those that are not."""
    unknown = sorted({name or "{{}}" for name, _default in _HOLE.findall(text) if name not in VARIABLES})
    if unknown:
        known = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)
        raise ValidationError(
            _("Variable inconnue : %(unknown)s. Celles qui existent : %(known)s.")
            % {"unknown": ", ".join(unknown), "known": known}
        )
    if "{{" in _HOLE.sub("", text):
        raise ValidationError(_("Une variable commence par « {{ » et n’est pas refermée par « }} »."))
    return text


def check_images(html: str) -> str:
    """The HTML, whose images all have an address in https. Raises ValidationError, which names those that have not."""
    images = _Images()
    images.feed(html)
    if refused := [one[:80] for one in images.found if not _is_secure(one)]:
        raise ValidationError(
            ngettext(
                "Cette image ne s’afficherait pas : %s. Il lui faut une adresse qui commence par « https:// » : les "
                "messageries ne montrent pas les autres.",
                "Ces images ne s’afficheraient pas : %s. Il leur faut une adresse qui commence par « https:// » : les "
                "messageries ne montrent pas les autres.",
                len(refused),
            )
            % ", ".join(refused)
        )
    return html


class _Images(HTMLParser):
    """The addresses of the images of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if tag == "img" and name == "src"]


def _is_secure(address: str) -> bool:
    return address.strip().lower().startswith("https://")


def _kept(tag: str, name: str, value: str) -> str | None:
    return value if (tag, name) != ("img", "src") or _is_secure(value) else None


def safe_html(html: str) -> str:
    """Without what runs, loads a frame or hides: scripts, events, forms; nor an image that would not be loaded."""
    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"https", "http", "mailto", "tel"},
        filter_style_properties=_STYLES, link_rel="noopener noreferrer", strip_comments=True, attribute_filter=_kept,
    )  # fmt: skip


def write(
    *,
    subject: str,
    text: str,
    html: str,
    contact: Contact,
    unsubscribe_url: str = "",
    because: str = "",
    identity: str = "",
) -> Written:
    """`because`: why this person receives it; `identity`: who writes (both in the foot)."""
    values = {name: of(contact).strip() for name, (_label, of) in VARIABLES.items()}
    plain = filled(text, values)
    out = _("Ne plus recevoir ces messages : %s") % unsubscribe_url if unsubscribe_url else ""
    foot = "\n".join(line for line in (because, out, identity) if line)
    if html:
        body = safe_html(filled(html, {name: escape(value) for name, value in values.items()}))
    else:
        body = linebreaks(urlize(plain, nofollow=False, autoescape=True), autoescape=False)
    link = format_html('<a href="{}" style="color:#5b626c">{}</a>', unsubscribe_url, _("Ne plus recevoir ces messages"))
    lines = [escape(because) if because else "", link if unsubscribe_url else "", escape(identity) if identity else ""]
    html_foot = _FOOT.format("<br>".join(line for line in lines if line)) if any(lines) else ""
    return Written(
        subject=" ".join(filled(subject, values).split()),
        text=f"{plain.rstrip()}\n\n{foot}\n" if foot else plain,
        html=mark_safe(_PAGE.format(body, html_foot)),  # noqa: S308 - cleaned or escaped above, part by part
    )


def filled(text: str, values: Mapping[str, str]) -> str:
    """Each hole with the person's value, else with what stands behind its bar, else with nothing."""
    return _HOLE.sub(lambda hole: values.get(hole[1], "") or hole[2] or "", text)
