"""Every component has its specimen: what a stylesheet gives a shape is on /styleguide, or is said here to be no component."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings

CSS = settings.BASE_DIR / "static" / "css"
# What is laid out once, around components: the frame of one page, or what a state of the whole page switches.
FRAMES = {
    "components.css": "bare body hello if-comfort if-compact no-js optional palette-none prose wide",
    "list.css": "all-rows empty-cell htmx-request keep top bulk-count panel-actions panel-form sheet sheet-body",
    "pages.css": "copy columns form-actions host-field job-states jobs label-line line-pages mail-html mail-text over overview "
    "record section-title swatch swatches wide diff-more",
    "record.css": "digest does list-lead record-tags register-facts register-filters revert",
    "custom.css": "field-editor if-kept if-no if-yes kind-line kinds-page own-fields preview sortable-ghost unborn",
    "dashboard.css": "addable arranging card-rows diff-more greeting no-move size-l sortable-ghost t-neutral t-warn when",
}  # fmt: skip


class _Classes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= set((dict(attrs).get("class") or "").split())


def shaped(name: str) -> set[str]:
    """The classes that a stylesheet gives a rule."""
    text = re.sub(r"/\*.*?\*/", "", (CSS / name).read_text(encoding="utf-8"), flags=re.S)
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", " ".join(re.findall(r"([^{}]+)\{", text))))


@pytest.fixture
def shown(sales) -> set[str]:
    page = _Classes()
    page.feed(sales.get("/styleguide").content.decode())
    return page.seen


def test_what_has_a_shape_has_a_specimen(shown):
    missing = {name: shaped(name) - shown - set(frames.split()) for name, frames in FRAMES.items()}
    assert not any(missing.values()), {name: sorted(classes) for name, classes in missing.items() if classes}


@pytest.mark.parametrize("name", FRAMES)
def test_no_frame_is_said_that_is_gone_or_has_a_specimen(shown, name):
    stale = {frame for frame in FRAMES[name].split() if frame not in shaped(name) or frame in shown}
    assert not stale
