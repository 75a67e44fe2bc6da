"""SIRENE: the business register's bulk files (INSEE, open licence), as they come.

StockUniteLegale has one line a company, StockEtablissement one line an establishment. What the register masks
(« [ND] », statutDiffusion P or N: art. A123-96 C. com.) is never written, and a person who opposed it is not created.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from core.display import grouped
from core.importing.importer import Draft, Format, Importer
from crm.identifiers import validate_naf, validate_siret
from crm.models import Company
from crm.models.company import Kind, RegistryState

MASKED = "[ND]"
_PROVISIONAL = re.compile(r"(Établissement|Unité légale) [\d\u202f ]+")
_NAF_WITHOUT_DOT = re.compile(r"(\d{2})(\d{1,2}[A-Z]?)")


def is_provisional(name: str) -> bool:
    """Whether a name only repeats the number, for want of a real one."""
    return bool(_PROVISIONAL.fullmatch(name))


class Sirene(Format):
    """What the two files have in common."""

    suffix = ""  # of every column: "Etablissement", "UniteLegale"
    states: Mapping[str, RegistryState] = {}

    def fill(self, draft: Draft, cells: Mapping[str, str]) -> None:
        shown = {name: "" if value == MASKED else value for name, value in cells.items()}

        def cell(name: str) -> str:
            return shown.get(f"{name}{self.suffix}", "")

        draft.values = {}
        draft.facts["masked"] = (
            cell("statutDiffusion").upper() in ("P", "N") or MASKED in cells.values()
        )  # fmt: skip
        self.identify(draft, shown, cell)
        state = cell("etatAdministratif")
        if state and state not in self.states:
            known = _(" ou ").join(self.states)
            draft.refuse(
                _("État administratif « %(state)s » inconnu : %(known)s attendu.")
                % {"state": state[:20], "known": known}
            )
        self.describe(draft, cell)
        draft.values |= {"registry_state": self.states.get(state, ""), "naf": _naf(draft, cell("activitePrincipale"))}
        draft.values = {name: value for name, value in draft.values.items() if value != ""}

    def identify(self, draft: Draft, cells: Mapping[str, str], cell: Any) -> None:
        """siren, siret and keys."""
        raise NotImplementedError

    def describe(self, draft: Draft, cell: Any) -> None:
        """The other values; `cell` takes a column's name without its suffix."""
        raise NotImplementedError


class Establishments(Sirene):
    name = "sirene-etablissement"
    label = "SIRENE StockEtablissement"
    hint = "une ligne par établissement, retrouvée par son SIRET"
    suffix = "Etablissement"
    states = {"A": RegistryState.ACTIVE, "F": RegistryState.CLOSED}
    required = ("siren", "siret", "etatAdministratifEtablissement")
    optional = (
        "statutDiffusionEtablissement", "etablissementSiege", "enseigne1Etablissement",
        "denominationUsuelleEtablissement", "numeroVoieEtablissement", "indiceRepetitionEtablissement",
        "typeVoieEtablissement", "libelleVoieEtablissement", "codePostalEtablissement",
        "libelleCommuneEtablissement", "activitePrincipaleEtablissement",
    )  # fmt: skip

    def identify(self, draft: Draft, cells: Mapping[str, str], cell: Any) -> None:
        siret, siren = cells["siret"], cells["siren"]
        if not siret:
            draft.refuse(_("Le SIRET manque."))
        elif siren and not siret.startswith(siren):
            draft.refuse(
                _("Le SIRET « %(siret)s » ne commence pas par le SIREN « %(siren)s ».")
                % {"siret": siret[:20], "siren": siren[:20]}
            )
        draft.values |= {"siren": siren or siret[:9], "siret": siret}
        draft.facts["head"] = cells.get("etablissementSiege", "").lower() in ("true", "vrai", "1", "oui")
        draft.keys = (siret, f"siège de {siret[:9]}") if draft.facts["head"] else (siret,)

    def describe(self, draft: Draft, cell: Any) -> None:
        street = [cell(name) for name in ("numeroVoie", "indiceRepetition", "typeVoie", "libelleVoie")]
        draft.values |= {
            "name": cell("enseigne1") or cell("denominationUsuelle"),
            "address": " ".join(part for part in street if part),
            "postcode": cell("codePostal"),
            "city": cell("libelleCommune"),
        }


class LegalUnits(Sirene):
    name = "sirene-unite-legale"
    label = "SIRENE StockUniteLegale"
    hint = "une ligne par entreprise, retrouvée par son SIREN"
    suffix = "UniteLegale"
    states = {"A": RegistryState.ACTIVE, "C": RegistryState.CLOSED}
    required = ("siren", "etatAdministratifUniteLegale", "denominationUniteLegale")
    optional = (
        "statutDiffusionUniteLegale", "prenom1UniteLegale", "prenomUsuelUniteLegale", "nomUniteLegale",
        "nomUsageUniteLegale", "categorieJuridiqueUniteLegale", "activitePrincipaleUniteLegale", "nicSiegeUniteLegale",
    )  # fmt: skip

    def identify(self, draft: Draft, cells: Mapping[str, str], cell: Any) -> None:
        siren = cells["siren"]
        if not siren:
            draft.refuse(_("Le SIREN manque."))
        siret = siren + cell("nicSiege")
        draft.values |= {"siren": siren, "siret": siret if _is_valid(validate_siret, siret) else ""}
        draft.facts["head"] = True
        draft.keys = (siren,)

    def describe(self, draft: Draft, cell: Any) -> None:
        legal_name = cell("denomination")
        last_name = cell("nomUsage") or cell("nom")
        person = f"{cell('prenomUsuel') or cell('prenom1')} {last_name}".strip() if last_name else ""
        draft.values |= {
            "name": legal_name or person,
            "legal_name": legal_name,
            "kind": _kind(cell("categorieJuridique"), bool(person and not legal_name)),
        }


class CompanyImporter(Importer):
    """Companies from SIRENE.

    A name that people typed is kept: the register's own goes to the legal name. Provisional names give way.
    """

    model = Company
    formats = (Establishments, LegalUnits)
    typed_wins = ("name",)
    initial = {"source": "SIRENE"}

    def __init__(self, header: Sequence[str]) -> None:
        super().__init__(header)
        self._names: dict[str, str] = {}  # of lines above, by SIREN
        self._by_siret: dict[str, Company] = {}
        self._heads: dict[str, list[Company]] = {}
        self._known_names: dict[str, str] = {}

    def load(self, drafts: Sequence[Draft], rows: QuerySet) -> None:
        sirens = {draft.values["siren"] for draft in drafts}
        sirets = {draft.values["siret"] for draft in drafts if "siret" in draft.values}
        # Partial indexes: PostgreSQL uses them for a long list only when their condition is written out.
        by_siret = Q(~Q(siret=""), siret__in=sirets)
        found = list(rows.filter(by_siret | Q(~Q(siren=""), siren__in=sirens, siret="")))
        self._by_siret = {row.siret: row for row in found if row.siret}
        self._heads = {}
        for row in found:
            if not row.siret:
                self._heads.setdefault(row.siren, []).append(row)
        self._known_names = {}
        nameless = {draft.values["siren"] for draft in drafts if "name" not in draft.values}
        if nameless:
            named = Company.objects.filter(~Q(siren=""), siren__in=nameless).exclude(
                name__regex=f"^{_PROVISIONAL.pattern}$"
            )
            self._known_names = dict(named.order_by("siren", "pk").distinct("siren").values_list("siren", "name"))

    def match(self, draft: Draft) -> Model | None:
        """The row with the SIRET; else, for a head office or a legal unit, the row of the SIREN that has no SIRET."""
        row = self._by_siret.get(draft.values.get("siret", ""))
        if row is not None or not draft.facts["head"]:
            return row
        heads = self._heads.get(draft.values["siren"], [])
        if len(heads) > 1:
            numbers = ", ".join(str(head.pk) for head in heads[:5])
            draft.refuse(
                _("Plusieurs fiches sans SIRET portent le SIREN %(siren)s (n° %(numbers)s) : fusionnez-les.")
                % {"siren": draft.values["siren"], "numbers": numbers}
            )
        return heads[0] if len(heads) == 1 else None

    def complete(self, draft: Draft) -> None:
        siren, row = draft.values["siren"], draft.row
        if "name" in draft.values:
            self._names.setdefault(siren, draft.values["name"])
        elif not isinstance(row, Company) or is_provisional(row.name):
            self._borrow_name(draft, siren)
        if isinstance(row, Company):
            draft.facts["replace_name"] = is_provisional(row.name)

    def title(self, draft: Draft) -> str:
        number = draft.values.get("siret") or draft.values.get("siren", "")
        return str(draft.values.get("name") or draft.row or number)

    def _borrow_name(self, draft: Draft, siren: str) -> None:
        """A line without a name takes that of the same company, else its number."""
        known = self._names.get(siren) or self._known_names.get(siren)
        if known:
            draft.values["name"] = known
        elif draft.row is not None:
            return
        elif draft.facts["masked"]:
            draft.refuse(
                _("Le registre ne diffuse pas le nom de cette personne, qui s’y est opposée : elle n’est pas créée. "
                  "Si vous la connaissez, créez sa fiche à la main.")
            )  # fmt: skip
        else:
            draft.values["name"] = provisional_name(draft.values)
            draft.warnings.append(
                (_("Sans nom au registre : nom provisoire."), _("Nom provisoire, faute de nom au registre"))
            )


def provisional_name(values: Mapping[str, Any]) -> str:
    """« Établissement 005 880 034 00011 », or « Unité légale … » when there is no SIRET."""
    if values.get("siret"):
        return f"Établissement {grouped(values['siret'], 3, 3, 3, 5)}"
    return f"Unité légale {grouped(values['siren'], 3, 3, 3)}"


def _kind(category: str, person: bool) -> str:
    """By the legal category (INSEE, level I): 1 sole traders, 4 and 7 public bodies."""
    if category.startswith(("4", "7")):
        return Kind.PUBLIC
    if category.startswith("1") or (person and not category):
        return Kind.PERSON
    return Kind.BUSINESS if category else ""


def _naf(draft: Draft, code: str) -> str:
    """The activity as the register writes it. One that cannot be read is left out, not the whole line."""
    bare = _NAF_WITHOUT_DOT.fullmatch(code)
    code = f"{bare[1]}.{bare[2]}" if bare else code
    if code and not _is_valid(validate_naf, code):
        draft.warnings.append(
            (
                _("Code d’activité « %s » illisible, non importé.") % code[:12],
                _("Code d’activité illisible, non importé"),
            )
        )
        return ""
    return code


def _is_valid(check: Any, value: str) -> bool:
    try:
        check(value)
    except ValidationError:
        return False
    return True
