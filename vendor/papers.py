"""The papers of an exit: the receipt that the client signs, the certificate that the vendor gives."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.pdf import render
from core.templatetags.french import num, size
from vendor.models import Exit


def receipt(exit: Exit) -> bytes:  # noqa: A002 - the word of the contract
    """What the client signs once they hold the archive. Raises PdfError."""
    assert exit.exported_at is not None
    return _paper(
        title=_("Reçu de restitution des données"),
        paragraphs=[
            _("%s reconnaît avoir reçu l’archive décrite ci-dessous et l’avoir ouverte.") % exit.client.name,
            _("B2O détruira les données restantes après le délai convenu, sauf demande d’arrêt d’ici là."),
        ],
        groups=[{"label": _("Archive"), "facts": _archive(exit)}],
        signatures=[_("Pour le client : nom, date, signature"), _("Pour B2O")],
        exit=exit,
        at=exit.exported_at,
    )


def certificate(exit: Exit, *, tables: int, at: dt.datetime, backups_until: dt.date | None) -> bytes:  # noqa: A002
    """What was destroyed and what still stands in backups, until when. Raises PdfError."""
    client = exit.client
    day = timezone.localtime(at).strftime("%d/%m/%Y %H:%M")
    left = (
        _("La clé des sauvegardes antérieures est détruite : elles sont illisibles, et effacées au plus tard le %s.")
        % f"{backups_until:%d/%m/%Y}"
        if backups_until
        else _("Il ne reste aucune sauvegarde.")
    )
    return _paper(
        title=_("Certificat de destruction"),
        paragraphs=[
            _("B2O certifie avoir détruit le %(day)s les données que %(name)s lui avait confiées.")
            % {"day": day, "name": client.name},
            left,
        ],
        groups=[
            {
                "label": _("Ce qui a été détruit"),
                "facts": [
                    [_("Schéma de base de données"), client.schema_name],
                    [_("Tables"), num(tables)],
                    [_("Lignes exportées auparavant"), num(exit.rows)],
                    [_("Fichiers"), num(exit.files)],
                    [_("Clé des sauvegardes"), _("détruite")],
                    [_("Hôtes, comptes, sessions"), _("tous")],
                    [_("Archive restituée, chez B2O"), _("effacée")],
                ],
            },
            {"label": _("Restitution"), "facts": [*_archive(exit), *_signed(exit)]},
        ],
        signatures=[],
        exit=exit,
        at=at,
    )


def _archive(exit: Exit) -> list[list[str]]:  # noqa: A002
    return [
        [_("Empreinte SHA-256"), exit.archive_sha256],
        [_("Taille"), size(exit.archive_size)],
        [_("Lignes"), num(exit.rows)],
        [_("Fichiers joints"), num(exit.files)],
        [_("Faite le"), timezone.localtime(exit.exported_at).strftime("%d/%m/%Y %H:%M")],
    ]


def _signed(exit: Exit) -> list[list[str]]:  # noqa: A002
    return [
        [_("Reçu signé par"), exit.receipt_signatory],
        [_("Le"), f"{exit.receipt_signed_on:%d/%m/%Y}" if exit.receipt_signed_on else ""],
    ]


def _paper(*, exit: Exit, at: dt.datetime, **data: Any) -> bytes:  # noqa: A002
    return render("paper.typ", {**data, "mention": f"{exit.client.name} · {exit.client.siret}".rstrip(" ·")}, at=at)
