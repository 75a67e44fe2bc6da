"""What went wrong, as RFC 9457 tells it: {"type", "title", "status", "detail", "errors"}."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
_TYPES = "/api/docs#"


@dataclass(frozen=True)
class Kind:
    """A sort of problem: its status, its anchor in the documentation, its title and what it usually means."""

    status: int
    slug: str
    title: "StrOrPromise"
    detail: "StrOrPromise"


KINDS = {
    kind.slug: kind
    for kind in (
        Kind(
            400,
            "malformed",
            _("Requête mal formée"),
            _("La requête ne se lit pas : corrigez-la avant de l’envoyer de nouveau."),
        ),
        Kind(
            400, "invalid-parameters", _("Paramètres refusés"), _("Un paramètre de l’adresse est inconnu ou mal écrit.")
        ),
        Kind(400, "invalid-body", _("Corps refusé"), _("Le corps n’a pas la forme attendue : voyez chaque erreur.")),
        Kind(401, "unauthenticated", _("Connexion nécessaire"), _("Connectez-vous à MyB2O, puis recommencez.")),
        Kind(
            403,
            "forbidden",
            _("Interdit"),
            _("Vos droits ne permettent pas cette action : demandez-les à un administrateur."),
        ),
        Kind(
            401,
            "key",
            _("Clé refusée"),
            _("Cette clé est inconnue, révoquée ou expirée, ou sa demande écrite n’est plus en vigueur."),
        ),
        Kind(
            403,
            "outside-request",
            _("Hors de la demande écrite"),
            _("La demande écrite de cette interface ne le prévoit pas : il en faut une autre, signée."),
        ),
        Kind(
            403,
            "unlicensed",
            _("Module hors contrat"),
            _("Le contrat de l’entreprise ne comprend pas ce module : un avenant l’ajoute."),
        ),
        Kind(
            403,
            "csrf",
            _("Jeton de formulaire absent ou périmé"),
            _("Par session, une écriture porte l’en-tête X-CSRFToken : voyez la documentation."),
        ),
        Kind(
            403,
            "extraction",
            _("Extraction interdite"),
            _("Vous avez lu beaucoup de fiches en peu de temps : au-delà, il faut le droit d’extraire."),
        ),
        Kind(
            404,
            "not-found",
            _("Introuvable"),
            _("Rien ne se trouve à cette adresse, ou vous n’y avez pas accès. Une adresse finit par « / »."),
        ),
        Kind(
            405, "method", _("Méthode refusée"), _("Cette adresse n’accepte pas cette méthode : voyez l’en-tête Allow.")
        ),
        Kind(406, "not-acceptable", _("Format indisponible"), _("L’API répond en JSON : demandez application/json.")),
        Kind(
            409,
            "dependents",
            _("D’autres fiches en dépendent"),
            _("La suppression casserait d’autres fiches : détachez-les d’abord."),
        ),
        Kind(
            412,
            "changed",
            _("La fiche a changé"),
            _("Quelqu’un l’a modifiée depuis votre lecture : relisez-la, puis recommencez."),
        ),
        Kind(
            413,
            "too-large",
            _("Corps trop grand"),
            _("Le corps dépasse la taille permise : envoyez une fiche à la fois."),
        ),
        Kind(
            415,
            "media-type",
            _("Type de contenu refusé"),
            _("Envoyez du JSON en UTF-8, avec Content-Type: application/json."),
        ),
        Kind(422, "refused", _("Valeurs refusées"), _("La fiche n’accepte pas ces valeurs : voyez chaque erreur.")),
        Kind(
            428,
            "precondition",
            _("Condition nécessaire"),
            _("Pour remplacer une fiche, envoyez l’ETag de votre lecture dans l’en-tête If-Match."),
        ),
        Kind(429, "rate", _("Trop de requêtes"), _("Attendez le nombre de secondes de l’en-tête Retry-After.")),
        Kind(
            500,
            "error",
            _("Erreur de notre côté"),
            _("Elle est enregistrée. Réessayez dans un instant ; rien n’a été fait à moitié."),
        ),
        Kind(503, "unavailable", _("Momentanément indisponible"), _("Réessayez dans un instant.")),
    )
}
_USUAL = {
    400: "malformed", 401: "unauthenticated", 403: "forbidden", 404: "not-found", 405: "method", 406: "not-acceptable",
    413: "too-large", 415: "media-type", 429: "rate", 500: "error", 503: "unavailable",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: with a field of the body, with a parameter of the address, or with the whole."""

    code: str
    detail: "StrOrPromise"
    field: str = ""
    parameter: str = ""

    def told(self) -> dict[str, str]:
        place = {"field": self.field} if self.field else {"parameter": self.parameter} if self.parameter else {}
        return {**place, "code": self.code, "detail": str(self.detail)}


@dataclass(eq=False)
class Problem(Exception):
    """Raised anywhere beneath a view of the API: it becomes the answer."""

    slug: str
    detail: "StrOrPromise" = ""
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> HttpResponse:
        kind = KINDS[self.slug]
        body: dict[str, Any] = {
            "type": f"{_TYPES}{kind.slug}",
            "title": str(kind.title),
            "status": kind.status,
            "detail": str(self.detail or kind.detail),
        }
        if self.faults:
            body["errors"] = [fault.told() for fault in self.faults]
        return HttpResponse(
            json.dumps(body, ensure_ascii=False), status=kind.status, content_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-store", **self.headers},
        )  # fmt: skip


def of_status(status: int) -> Problem:
    """The usual problem of an HTTP status; one that has none of its own is told as the first of its hundred."""
    return Problem(_USUAL.get(status) or ("error" if status >= 500 else "malformed"))
