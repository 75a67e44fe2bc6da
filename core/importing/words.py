"""What other software calls a field: titles of exports by Odoo, HubSpot, Pipedrive, Google, Outlook, Sage."""

from collections.abc import Sequence

from core.text import fold

POSTCODE = "postcode"
FRANCE = {"", "france", "fr", "fra", "republique francaise", "metropole", "france metropolitaine"}
_COUNTRY = {"pays", "country", "nation"}


def is_country(title: str) -> bool:
    return bool(_COUNTRY & set(fold(title).split()))


ALIASES: dict[str, Sequence[str]] = {
    "id": ("numéro de fiche", "identifiant MyB2O"),
    "tags": ("étiquette", "tags", "tag", "labels", "mots clés", "catégories", "group membership", "categories",
             "category id", "category id name"),
    "name": (
        "nom", "nom de la société", "nom société", "société", "entreprise", "nom de l'entreprise", "raison sociale",
        "company", "company name", "organisation", "organization", "organization name", "nom du compte",
        "account name", "nom client", "client", "display name", "nom commercial", "enseigne", "dénomination", "name",
        "libellé", "titre", "title", "désignation", "intitulé",
    ),
    "legal_name": ("raison sociale", "dénomination sociale", "dénomination légale", "legal name", "legal entity"),
    "first_name": ("prénom", "prénoms", "first name", "given name", "forename", "contact prénom"),
    "last_name": (
        "nom", "nom de famille", "last name", "family name", "surname", "contact nom", "nom du contact", "lastname",
    ),
    "full_name": ("prénom nom", "nom complet", "name", "full name", "person name", "display name", "contact name"),
    "company": (
        "société", "entreprise", "company", "company name", "associated company", "organisation", "organization",
        "organization name", "organization 1 name", "nom de la société", "compte", "account name", "client",
        "société liée", "parent company", "related company", "employeur", "parent id", "parent id name",
    ),
    "job": (
        "fonction", "poste", "poste occupé", "job title", "job position", "title", "intitulé du poste", "qualité",
        "organization title", "organization 1 title", "job", "métier", "titre", "function",
    ),
    "email": (
        "e-mail", "email", "mail", "courriel", "adresse e-mail", "adresse mail", "adresse électronique",
        "email address",
        "e mail address", "e mail 1 value", "email 1 value", "email work", "e mail professionnel", "mél", "email pro",
    ),
    "phone": (
        "téléphone", "tél", "tel", "phone", "phone number", "téléphone fixe", "fixe", "numéro de téléphone",
        "phone 1 value", "business phone", "phone work", "téléphone bureau", "standard", "tél fixe", "n° de téléphone",
    ),
    "mobile": (
        "mobile", "portable", "téléphone mobile", "téléphone portable", "mobile phone", "gsm", "cell", "cell phone",
        "mobile phone number", "phone mobile", "tél portable", "tél mobile",
    ),
    "website": (
        "site web", "site internet", "site", "website", "website url", "url", "web", "web page", "website 1 value",
        "company domain name", "domaine",
    ),
    "address": (
        "adresse", "adresse postale", "rue", "voie", "street", "street address", "address", "street1", "adresse 1",
        "business street", "address 1 street", "adresse complète", "n° et voie", "ligne d'adresse",
    ),
    "postcode": (
        "code postal", "cp", "zip", "postal code", "zip code", "postcode", "business postal code", "zip postal code",
        "address 1 postal code",
    ),
    "city": ("ville", "commune", "localité", "city", "town", "business city", "address 1 city", "bureau distributeur"),
    "siren": ("siren", "n° siren", "numéro siren", "company registry", "rcs"),
    "siret": ("siret", "n° siret", "numéro siret", "siret siège"),
    "vat_number": (
        "tva", "n° tva", "n° de tva", "numéro de tva", "tva intracommunautaire", "n° tva intracommunautaire", "vat",
        "vat number", "tax id", "identifiant fiscal", "numéro de tva intracommunautaire",
    ),
    "naf": ("naf", "ape", "code naf", "code ape", "naf ape", "activité"),
    "owner": (
        "responsable", "commercial", "propriétaire", "vendeur", "salesperson", "owner", "contact owner",
        "company owner", "account owner", "chargé d'affaires", "suivi par", "attribué à", "assigned to",
        "utilisateur responsable", "gestionnaire", "user id", "user id name",
    ),
    "parent": ("maison mère", "société mère", "groupe", "parent company", "parent account", "holding", "parent id",
               "parent id name"),
    "source": ("origine", "source", "provenance", "lead source", "original source", "canal"),
    "note": (
        "note", "notes", "commentaire", "commentaires", "remarque", "remarques", "observation", "observations",
        "description", "comment", "memo", "mémo",
    ),
    "relation": ("relation", "type de relation", "lifecycle stage", "phase", "statut client", "type de client"),
    "credit_limit": ("encours", "encours autorisé", "plafond", "credit limit", "limite de crédit", "encours max"),
    "is_supplier": ("fournisseur", "supplier", "est un fournisseur", "is vendor", "vendor"),
}  # fmt: skip
