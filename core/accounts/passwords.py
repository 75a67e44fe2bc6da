"""Passwords that somebody who knows the company would try first. Length and common ones are Django's validators'."""

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.place import active_tenant
from core.text import fold

# French first guesses; Django's twenty thousand are English above all.
_WORDS = """
motdepasse azerty azertyuiop qsdfghjkl wxcvbn bonjour soleil doudou chouchou loulou marseille entreprise bienvenue
administrateur utilisateur connexion secret societe france paris printemps automne hiver ete janvier fevrier mars avril
mai juin juillet aout septembre octobre novembre decembre changezmoi passe mdp
"""
_FRENCH = frozenset(_WORDS.split())
_LEET = str.maketrans("0134578@$!", "oieasteasi")
_SHORT = 3  # letters: what is left of a password when its figures and signs are taken off both ends


class PredictablePasswordValidator:
    """Refuses a common word dressed with figures (« Bienvenue2026! »), one piece repeated, the client's own name."""

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords | _FRENCH

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError, with what is wrong."""
        plain = fold(password).replace(" ", "")
        words = {re.sub(r"^\d+|\d+$", "", plain), re.sub(r"^\d+|\d+$", "", plain).translate(_LEET)}
        if any(self._is_common(word) for word in words):
            raise ValidationError(
                _("Un mot connu entouré de chiffres se devine vite : choisissez plutôt plusieurs mots sans lien."),
                code="password_predictable",
            )
        if re.fullmatch(r"(.{1,6})\1+.?", plain):
            raise ValidationError(_("C’est le même morceau répété : il se devine vite."), code="password_repeated")
        for name in self._names():
            if len(name) > _SHORT and name in plain and len(plain) - len(name) < 8:
                raise ValidationError(
                    _("Le nom de l’entreprise est le premier que l’on essaie : prenez autre chose."),
                    code="password_company",
                )

    def _is_common(self, word: str) -> bool:
        return len(word) < _SHORT or word in self.common

    def _names(self) -> set[str]:
        tenant = active_tenant()
        found = {fold(str(getattr(tenant, "name", ""))), str(getattr(tenant, "code", ""))}
        return {re.sub(r"[^a-z0-9]", "", name) for name in found} | {"myb2o"}

    def get_help_text(self) -> str:
        return _("Ni mot courant suivi de chiffres, ni nom de l’entreprise.")
