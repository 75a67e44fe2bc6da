"""A published text as HTML: titles, lists and paragraphs, everything else as it was typed."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe


def as_html(text: str) -> SafeString:
    """« ## » begins a title, « - » an item; a blank line ends a paragraph."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    return mark_safe("\n".join(_block(block) for block in blocks if block))  # noqa: S308 - each block is escaped


def _block(block: str) -> SafeString:
    lines = block.split("\n")
    if lines[0].startswith("## "):
        rest = "\n".join(lines[1:]).strip()
        title = format_html("<h2>{}</h2>", lines[0][3:].strip())
        return format_html("{}{}", title, _block(rest)) if rest else title
    if all(line.startswith("- ") for line in lines):
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((line[2:].strip(),) for line in lines)))
    return format_html("<p>{}</p>", " ".join(line.strip() for line in lines))
