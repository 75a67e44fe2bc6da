"""How near two names are, once the database has found what they have in common."""

from difflib import SequenceMatcher

from core.text import fold

# As in tenants/sql/likeness.sql: they tell nobody apart.
_FORMS = frozenset(
    [
        "a", "au", "aux", "cie", "d", "de", "des", "du", "ei", "eirl", "en", "et", "etablissement", "etablissements",
        "ets", "eurl", "l", "la", "le", "les", "m", "mlle", "mme", "monsieur", "madame", "sa", "sarl", "sas", "sasu",
        "sci", "scop", "selarl", "snc", "societe", "ste",
    ]
)  # fmt: skip
NEAR = 0.8


def bare(name: str) -> str:
    """The words that tell, in alphabetical order: "SARL Dupont & Fils" and "Fils Dupont" are one."""
    found = sorted(word for word in fold(name).split() if word not in _FORMS)
    return " ".join(found) or fold(name)


def near(first: str, second: str) -> bool:
    """Whether a person would take one for the other."""
    one, two = bare(first), bare(second)
    return one == two or SequenceMatcher(None, one, two, autojunk=False).ratio() >= NEAR
