"""Templates, lists, a segment, a mailing that left and one that is ready to."""

import datetime as dt
import random
from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from core.accounts.models import User
from core.actions.tags import tag_rows
from core.mail.dkim import make_key, put_into_service
from core.models import MailSettings, SavedView, Tag
from core.models.views import Audience
from crm.actions.consents import record_consent, suppress
from crm.addresses import digest_of
from crm.models import Contact, Mailing, MailingList, MailTemplate, Message, ProspectingSettings
from crm.models.contact import RecipientKind
from crm.models.mailing import MailingState, MessageState
from crm.prospecting import Purpose, Reason, SuppressionReason

OPEN_DAY = """Bonjour {{prenom|Madame, Monsieur}},

Nous vous ouvrons l’atelier le samedi 12 décembre, de 9 h à 17 h : machines en marche, essences de bois,
et nos dernières réalisations. Venez avec vos plans : l’un de nous prendra le temps de les regarder avec vous.

Pour nous dire que vous venez : https://atelier.example/portes-ouvertes

À bientôt,"""
NEWS = """Bonjour {{prenom|Madame, Monsieur}},

Trois nouveautés pour {{societe|vous}} cette saison : la gamme d’escaliers sans limon, les fenêtres mixtes
bois-aluminium, et la pose en quinze jours pour les petits chantiers.

Le catalogue : https://atelier.example/catalogue

Bien à vous,"""
TAG = "Salon 2026"


def fill(code: str, name: str, people: Sequence[User]) -> None:
    draw = random.Random(f"{code} mailings")  # noqa: S311 - not a secret: the same data at every run
    owner = people[-1]
    MailSettings.objects.create(sender_name=name, sender_address=f"contact@{code}.example")
    put_into_service(make_key(f"{code}.example"))
    ProspectingSettings.objects.create(sender_identity=f"{name}, 12 rue des Ateliers, 29000 Quimper")
    open_days = MailingList.objects.create(name="Portes ouvertes", description="Nos invitations, deux fois par an.")
    news = MailingList.objects.get(name="Nouvelles et offres")
    invitation = MailTemplate.objects.create(
        name="Invitation aux portes ouvertes",
        subject="{{prenom|Bonjour}}, l’atelier vous ouvre ses portes",
        text=OPEN_DAY,
    )
    MailTemplate.objects.create(
        name="Nouveautés de la saison", subject="Trois nouveautés pour {{societe|vous}}", text=NEWS
    )
    segment = _segment(draw, owner)
    contacts = list(Contact.objects.filter(pk__in=segment.special, email__contains="@").order_by("pk"))
    _sent(draw, owner, news, segment.view, contacts)
    Mailing.objects.create(
        name="Portes ouvertes de décembre", purpose=Purpose.PROSPECTING, mailing_list=open_days, template=invitation,
        segment=segment.view, subject=invitation.subject, text=invitation.text, owner=owner,
    )  # fmt: skip


class _Segment:
    def __init__(self, view: SavedView, special: list[int]) -> None:
        self.view, self.special = view, special


def _segment(draw: random.Random, owner: User) -> _Segment:
    """People met at a fair: most may be written to, and there is one of each kind that may not."""
    pro = Contact.objects.exclude(email="").filter(recipient_kind=RecipientKind.PROFESSIONAL).order_by("pk")
    met = draw.sample(list(pro.values_list("pk", flat=True)[:400]), k=22)

    def add(first: str, last: str, email: str, kind: str) -> Contact:
        made = Contact.objects.create(first_name=first, last_name=last, email=email, recipient_kind=kind, owner=owner)
        met.append(made.pk)
        return made

    add("Odile", "Kermarrec", "odile.kermarrec@courriel.example", RecipientKind.CONSUMER)
    agreed = add("Yann", "Le Bihan", "yann.lebihan@courriel.example", RecipientKind.CONSUMER)
    left = add("Solène", "Tanguy", "solene.tanguy@courriel.example", RecipientKind.PROFESSIONAL)
    add("Marc", "Perrot", "marc.perrot@rebond.example", RecipientKind.PROFESSIONAL)
    gone = add("Luc", "Andrieux", "luc.andrieux@rebond.example", RecipientKind.PROFESSIONAL)
    tag = Tag.objects.create(name=TAG)
    tag_rows(Contact.objects.filter(pk__in=met), add=[tag])
    record_consent(
        channel="email", address=agreed.email, source="Salon de l’habitat, mars 2026", contact=agreed, by=owner,
        wording="J’accepte de recevoir vos invitations par e-mail.",
        proof={"text": "Bulletin signé n° 118, classeur Salon 2026",
               "wording": "J’accepte de recevoir vos invitations par e-mail."},
    )  # fmt: skip
    suppress(digest_of("email", left.email), SuppressionReason.UNSUBSCRIBED, source="Page de désinscription")
    suppress(digest_of("email", gone.email), SuppressionReason.BOUNCE, source="mailing:1")
    view = SavedView.objects.create(
        resource="crm.contact", name="Rencontrés au salon", owner=owner, audience=Audience.EVERYONE,
        params={"tags": [str(tag.pk)]},
    )  # fmt: skip
    return _Segment(view, met)


def _sent(draw: random.Random, owner: User, news: MailingList, view: SavedView, contacts: list[Contact]) -> None:
    """Twelve days ago, in a few minutes."""
    began = timezone.now() - dt.timedelta(days=12, hours=draw.randrange(3))
    mailing = Mailing.objects.create(
        name="Nouveautés de l’automne", purpose=Purpose.PROSPECTING, mailing_list=news, segment=view,
        segment_params=view.params, subject="Trois nouveautés pour {{societe|vous}}", text=NEWS, owner=owner,
        state=MailingState.SENT, scheduled_at=began, started_at=began, finished_at=began + dt.timedelta(minutes=6),
    )  # fmt: skip
    made = []
    for rank, contact in enumerate(contacts):
        message = Message(mailing=mailing, contact=contact, address=contact.email.lower(), queued_at=began)
        if contact.recipient_kind == RecipientKind.CONSUMER:
            message.state, message.reason, message.queued_at = MessageState.EXCLUDED, Reason.NO_CONSENT, None
            message.error = "Particulier sans accord préalable (CPCE L. 34-5)."
        else:
            message.state, message.sent_at = MessageState.SENT, began + dt.timedelta(seconds=9 * rank)
        if contact.last_name == "Andrieux":
            message.state, message.bounce_code = MessageState.BOUNCED, "5.1.1"
            message.error = "smtp; 550 5.1.1 <luc.andrieux@rebond.example> n'existe pas"
        elif contact.last_name == "Tanguy":
            message.unsubscribed_at = began + dt.timedelta(hours=3)
        made.append(message)
    Message.objects.bulk_create(made)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_mailing SET created_at = started_at - interval '1 day' WHERE started_at IS NOT NULL")
