"""What is judged of a page in whatever state it is: accessibility, both sizes, both themes, nothing cut, nothing too small to press.

SCREENSHOTS=folder keeps a picture of each state in each theme, for eyes.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]  # the only rules to which the theme makes a difference
# What fades in is judged once it is there; a spinner never ends. Nor does what is not rendered: Chromium leaves pending for
# ever the transition of an element in a closed <details> (when the theme changes, after axe asked for its style).
STILL = """Promise.all(document.getAnimations()
    .filter(a => a.effect.getTiming().iterations !== Infinity && a.effect.target.checkVisibility())
    .map(a => a.finished.catch(() => null))).then(() => null)"""

# No sideways scroll, nothing outside the window, no words cut where they should wrap, every target at least 24 px.
LAYOUT = r"""() => {
  const found = [];
  const name = (e) => `${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''}${[...e.classList].map((c) => '.' + c).join('')} « ${(e.textContent || e.ariaLabel || '').trim().replace(/\s+/g, ' ').slice(0, 40)} »`;
  const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: false });
  const seen = (e) => { const b = e.getBoundingClientRect(); return b.width > 1 && b.height > 1; };
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`the page scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
  // Reached by scrolling its box, or ended by it with three dots.
  const scrolls = (e) => { for (let p = e; p; p = p.parentElement) { const s = getComputedStyle(p); if (/auto|scroll/.test(s.overflowX) || (s.overflowX === 'hidden' && s.textOverflow === 'ellipsis')) return true; } return false; };
  const clipped = (e) => { for (let p = e; p; p = p.parentElement) if (getComputedStyle(p).clipPath === 'inset(50%)') return true; return false; };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (n) => (n.data.trim() ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT));
  const owners = new Set();
  while (texts.nextNode()) owners.add(texts.currentNode.parentElement);
  for (const e of owners) {
    if (e.closest('script, style, template, noscript, option') || !shown(e) || !seen(e) || e.closest('.sr, .skip, .bubble')) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (clipped(e)) continue;
    if ((box.right > root.clientWidth + 1 || box.left < -1) && !scrolls(e)) found.push(`outside the window: ${name(e)}`);
    const hides = /hidden|clip/.test(style.overflowX);
    if (hides && e.scrollWidth > e.clientWidth + 1 && style.textOverflow !== 'ellipsis') found.push(`cut: ${name(e)}`);
    if (/hidden|clip/.test(style.overflowY) && e.scrollHeight > e.clientHeight + 3 && style.webkitLineClamp === 'none') found.push(`cut in height: ${name(e)}`);
    if (e.matches('h1, h2, h3, label, legend, .btn, .btn *, .badge, .tabs a, .menu a, .errorlist li, .chip, .tile .value') && style.textOverflow === 'ellipsis' && e.scrollWidth > e.clientWidth + 1) found.push(`shortened: ${name(e)}`);
    const around = e.closest('.btn, .badge, .tag, .chip, .count, .tabbar > *');
    if (around && shown(around)) { const b = around.getBoundingClientRect(); if (box.right > b.right + 1 || box.left < b.left - 1 || box.bottom > b.bottom + 2) found.push(`spills out of ${name(around)}`); }
  }
  const modal = document.querySelector('dialog:modal');
  for (const e of (modal ?? document).querySelectorAll('a[href], button, input, select, textarea, summary, [role="option"]')) {
    if (!shown(e) || !seen(e) || e.disabled || e.type === 'hidden' || e.closest('.skip')) continue;
    let box = e.getBoundingClientRect();
    const label = e.matches('input') && e.closest('label');
    if (label) box = label.getBoundingClientRect();
    const more = getComputedStyle(e, '::after'); // what is pressed may reach beyond what is seen
    if (more.content !== 'none' && more.position === 'absolute') box = { width: Math.max(box.width, parseFloat(more.width)), height: Math.max(box.height, parseFloat(more.height)) };
    const inText = e.matches('a') && getComputedStyle(e).display === 'inline' && e.parentElement.textContent.trim() !== e.textContent.trim();
    if (!inText && (box.height < 23.5 || box.width < 23.5)) found.push(`too small to press (${Math.round(box.width)} × ${Math.round(box.height)}): ${name(e)}`);
  }
  return [...new Set(found)];
}"""

# A target half scrolled out of its box is small only until it is scrolled in: LAYOUT measures it whole.
# Beneath a modal dialog nothing can be reached, and it was judged without the dialog.
_RUN = """async ([type, values]) => {
  const { violations } = await axe.run(document.querySelector('dialog:modal') ?? document, { runOnly: { type, values }, resultTypes: ['violations'] });
  const cut = ({ target }) => {
    const e = document.querySelector(target[0]), box = e.getBoundingClientRect();
    for (let p = e.parentElement; p; p = p.parentElement) {
      const b = p.getBoundingClientRect();
      if (getComputedStyle(p).overflowY !== 'visible' && (box.top < b.top || box.bottom > b.bottom)) return true;
    }
    return false;
  };
  for (const rule of violations) if (rule.id === 'target-size') rule.nodes = rule.nodes.filter((node) => !cut(node));
  return violations.filter((rule) => rule.nodes.length);
}"""
_SOURCE: list[str] = []


def _axe(page, only: list[str], kind: str) -> list[str]:
    if not _SOURCE:
        path = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
        _SOURCE.append(path.read_text(encoding="utf-8"))
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE[0])  # a <script> would break the policy
    return [
        f"axe {rule['id']}: {json.dumps([node['target'] for node in rule['nodes']][:5], ensure_ascii=False)}"
        for rule in page.evaluate(_RUN, [kind, only])
    ]


def violations(page) -> list[str]:
    """What axe finds on what the page shows now, in its present theme."""
    page.evaluate(STILL)
    return _axe(page, RULES, "tag")


def problems_of(page, state: str, sizes: Iterable[str] = SIZES) -> list[str]:
    """What is wrong with what the page shows now, in those sizes, light and dark; leaves it in the first size, light."""
    found = []
    for size in sizes:
        page.set_viewport_size(SIZES[size])
        page.evaluate(STILL)
        _picture(page, f"{state} light {size}")
        wrong = _axe(page, RULES, "tag") + page.evaluate(LAYOUT)
        found += [f"{state}, {size}: {text}" for text in wrong]
    page.emulate_media(color_scheme="dark")
    for size in reversed(list(sizes)):
        page.set_viewport_size(SIZES[size])
        page.evaluate(STILL)
        _picture(page, f"{state} dark {size}")
        found += [f"{state}, dark, {size}: {text}" for text in _axe(page, COLOURS, "rule")]
    page.emulate_media(color_scheme="light")
    page.evaluate(STILL)
    return found


def _picture(page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name.replace(' ', '-').replace('/', '_')}.png")
