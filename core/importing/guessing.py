"""Which target a column most likely fills: by its title first, then by what its values can be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from core.importing.reading import is_reason
from core.importing.targets import FULL_NAME, ID, NAMES, TAGS, Target
from core.importing.values import Style
from core.text import fold

SURE, LIKELY, FAINT = 0.9, 0.6, 0.35
_STYLE = Style()
# What the values of unlike columns look like: a target that takes few of these says much by taking a column's own.
_PROBES = (
    "Menuiserie Dupont", "12,5", "29200", "732829320", "73282932000074", "02 98 00 11 22", "a@exemple.fr",
    "https://exemple.fr", "25/11/2026", "oui", "FR40303265045", "43.32A", "Rue du Port", "Brest", "1",
)  # fmt: skip
_TELLING = 4  # a target that takes more of them than this tells nothing by its values
_TWICE = re.compile(r" \(\d+\)$")  # what tells columns of one title apart (Source.name_columns)
_CIVILITIES = {"m", "mr", "monsieur", "mme", "madame", "mlle", "mademoiselle", "mrs", "ms", "miss", "dr", "me", "pr"}
_MINOR = {"de", "du", "des", "la", "le", "les", "l", "d", "n", "no", "numero", "of", "the", "1"}


@dataclass(frozen=True)
class Guess:
    target: str = ""
    score: float = 0.0

    @property
    def confidence(self) -> str:
        """ "sure", "likely", "faint", or "" for no guess at all."""
        if not self.target:
            return ""
        return "sure" if self.score >= SURE else "likely" if self.score >= LIKELY else "faint"


def guess(header: Sequence[str], samples: Sequence[Sequence[str]], targets: Sequence[Target]) -> list[Guess]:
    """One guess for each column, no target twice. `samples`: some values of each column, none of an empty one."""
    telling = {target.name: _takes(target, _PROBES) for target in targets if target.kind not in (ID, TAGS, "row")}
    scored = [
        (_score(name, values, target, telling.get(target.name, len(_PROBES))), -index, place)
        for index, (name, values) in enumerate(zip(header, samples, strict=True))
        if not is_reason(name)
        for place, target in enumerate(targets)
    ]
    found = [Guess() for _name in header]
    taken: set[int] = set()
    # What is filled chooses first: an empty column takes only what no other can fill.
    for score, index, place in sorted(scored, key=lambda one: (not samples[-one[1]], -one[0], -one[1], one[2])):
        if score >= FAINT and place not in taken and not found[-index].target:
            found[-index] = Guess(targets[place].name, score)
            taken.add(place)
    _lend(found, header, targets)
    if any(target.name == FULL_NAME for target in targets):
        _widen(found, samples)
    return found


def _widen(found: list[Guess], samples: Sequence[Sequence[str]]) -> None:
    """« Nom » with no first name beside it, and mostly of several words, is the whole name."""
    first, last = NAMES
    if {first, FULL_NAME} & {guessed.target for guessed in found}:
        return
    for index, guessed in enumerate(found):
        if guessed.target == last and sum(" " in value for value in samples[index]) * 2 > len(samples[index]):
            found[index] = Guess(FULL_NAME, LIKELY)


def _lend(found: list[Guess], header: Sequence[str], targets: Sequence[Target]) -> None:
    """What every row needs and no column gives takes the one whose title can mean it: « Raison sociale » is a name."""
    given = {guessed.target for guessed in found}
    given |= set(NAMES) if FULL_NAME in given else set()
    optional = {target.name for target in targets if target.kind == "text" and not target.required}
    for target in targets:
        if target.required and target.name not in given:
            scores = [
                (title_score(name, target), -index)
                for index, (name, guessed) in enumerate(zip(header, found, strict=True))
                if guessed.target in optional
            ]
            score, index = max(scores, default=(0.0, 0))
            if score >= SURE:
                found[-index] = Guess(target.name, score)


def _score(title: str, values: Sequence[str], target: Target, telling: int) -> float:
    by_title = title_score(_TWICE.sub("", title), target)
    if not values:
        return LIKELY if by_title >= SURE else 0.0
    if target.kind in (TAGS, "row"):
        return by_title
    if target.kind == "text" and by_title < 1 and all(fold(value) in _CIVILITIES for value in values):
        return 0.0  # « Titre » of Outlook: « Mme » is nobody's job
    share = _takes(target, values) / len(values)
    if not share and by_title < SURE and target.kind != "person":
        return 0.0  # « Phone 1 - Type », of which no value is a telephone
    if by_title:
        if target.kind == "choice" and not share and by_title < 1:
            return 0.0  # another software's title and its own words: each line would be refused for them
        # Values that the target refuses make the title doubtful; they can be wrong lines too.
        return by_title if share > 0.5 else by_title * 0.6
    if telling > _TELLING or share < 0.8 or len(set(values)) < 2 or "id" in fold(title).split():
        return 0.0
    if target.kind in ("boolean", "choice"):
        return FAINT  # « oui » fits any box: only a person knows which
    return LIKELY + 0.2 * share - 0.05 * telling


def title_score(title: str, target: Target) -> float:
    folded = fold(title)
    if not folded or title.casefold().endswith(("/id", ".id")):
        return 0.0  # « parent_id/id » of Odoo: a number of its own, though it is told as a row's
    if folded == fold(target.label):
        return 1.0
    if folded in target.names:
        return 0.95 + 0.01 * min(folded.count(" "), 3)  # « Job Title » says more than « Title »
    if target.kind in (ID, FULL_NAME):
        return 0.0  # « Tax ID » is another software's number, not ours; « Middle Name » is not the whole name
    words = set(folded.split()) - _MINOR
    best = 0.0
    for name in target.names:
        wanted = set(name.split()) - _MINOR
        if wanted and wanted == words:
            best = max(best, 0.92)
        elif wanted and wanted < words:
            best = max(best, 0.45 + 0.4 * len(wanted) / len(words))
        elif words and words < wanted and len(words) > 1:
            best = max(best, 0.4 + 0.2 * len(words) / len(wanted))
    return best


def _takes(target: Target, values: Sequence[str]) -> int:
    """How many of the values the target would take."""
    return sum(_fits(target, value) for value in values)


def _fits(target: Target, value: str) -> bool:
    try:
        target.parse(value, _STYLE)
    except ValidationError:
        return False
    return True
