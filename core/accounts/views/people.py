"""The people of an instance: who, invited or not, with which roles and teams."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.actions import people as actions
from core.accounts.actions.inviting import invite, send_invitation
from core.accounts.forms_people import InviteForm, PersonForm
from core.accounts.journal import note
from core.accounts.models import DoorEventKind, User
from core.accounts.models.people import CAN_SIGN_IN, INVITED
from core.accounts.past import changes_of
from core.accounts.seats import seats_left
from core.accounts.views.administration import Administration, FormPage
from core.accounts.why import reasons
from core.models import PolicyReading
from core.place import client_of

STATES = {
    "active": CAN_SIGN_IN,
    "invited": INVITED,
    "off": Q(is_active=False),
}


def state_of(person: User) -> str:
    if not person.is_active:
        return "off"
    return "active" if person.has_usable_password() else "invited"


class PeopleView(Administration):
    def get(self, request: HttpRequest) -> HttpResponse:
        state = request.GET.get("state", "")
        counts = User.objects.aggregate(all=Count("pk"), **{name: Count("pk", filter=q) for name, q in STATES.items()})
        people = User.objects.prefetch_related("roles").annotate(link_ends=Max("links__expires_at"))
        if state in STATES:
            people = people.filter(STATES[state])
        labels = {"": _("Toutes"), "active": _("Actives"), "invited": _("Invitées"), "off": _("Désactivées")}
        filters = [
            {"label": label, "url": f"?state={name}" if name else reverse("people"), "count": counts[name or "all"],
             "current": name == (state if state in STATES else "")}
            for name, label in labels.items()
        ]  # fmt: skip
        rows = [{"person": person, "state": state_of(person), "late": is_late(person)} for person in people]
        return self.page("people/list.html", rows=rows, filters=filters, seats=seats_left(client_of(request)))


def is_late(person: Any) -> bool:
    """Whether the last link has come to its end."""
    return person.link_ends is None or person.link_ends <= timezone.now()


class InviteView(FormPage):
    def form(self, *data: Any) -> InviteForm:
        return InviteForm(*data, by=self.user)

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Inviter une personne"),
            "button": _("Envoyer l’invitation"),
            "back_url": reverse("people"),
            "back_label": _("Personnes"),
            "lead": _(
                "Un lien part à cette adresse : il sert une fois, pendant trente minutes. La personne y choisit "
                "elle-même son mot de passe, que personne d’autre ne connaît."
            ),
        }

    def done(self, form: InviteForm) -> HttpResponse:
        person = invite(**form.values(), by=self.user, client=client_of(self.request), base=self.base)
        messages.success(self.request, _("L’invitation est partie à %s.") % person.email)
        return redirect("person", person.pk)


class PersonView(Administration):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = self.person()
        link = person.links.order_by("-created_at").first()
        return self.page(
            "people/person.html",
            person=person,
            state=state_of(person),
            link=link,
            link_open=link is not None and link.expires_at > timezone.now(),
            factors=list(Authenticator.objects.filter(user=person).order_by("created_at")),
            sessions=UserSession.objects.filter(user=person).count(),
            mine=person.pk == self.user.pk,
            reasons=reasons(person.roles.all()),
            past=changes_of(person),
            reading=PolicyReading.objects.filter(person=person, module="").order_by("-number").first(),
        )


class PersonEditView(FormPage):
    def form(self, *data: Any) -> PersonForm:
        return PersonForm(*data, by=self.user, person=self.person())

    def words(self) -> dict[str, Any]:
        person = self.person()
        return {
            "title": _("Modifier"),
            "button": _("Enregistrer"),
            "back_url": reverse("person", args=[person.pk]),
            "back_label": str(person),
        }

    def done(self, form: PersonForm) -> HttpResponse:
        person = self.person()
        actions.change_person(person, **form.values(), by=self.user)
        messages.success(self.request, _("« %s » est enregistré.") % person)
        return redirect("person", person.pk)


class PersonAct(Administration):
    """One gesture on an account, by a button of its page."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("person", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = self.person()
        try:
            said = self.act(person)
        except ValidationError as error:
            self.refused(error)
        else:
            messages.success(request, said)
        return redirect("person", pk)

    def act(self, person: User) -> str:
        """Do it; what to say. Raises ValidationError."""
        raise NotImplementedError


class InvitationView(PersonAct):
    def act(self, person: User) -> str:
        send_invitation(person, by=self.user, base=self.base)
        return _("Un nouveau lien est parti à %s ; les précédents ne servent plus.") % person.email


class DeactivationView(PersonAct):
    def act(self, person: User) -> str:
        actions.deactivate(person, by=self.user)
        return _("Le compte de %s est désactivé ; son nom reste sur ses fiches.") % person


class ActivationView(PersonAct):
    def act(self, person: User) -> str:
        actions.reactivate(person, by=self.user, client=client_of(self.request))
        return _("Le compte de %s est rouvert.") % person


class SessionsEndView(PersonAct):
    def act(self, person: User) -> str:
        actions.close_sessions(person, by=self.user)
        note(DoorEventKind.SESSIONS_ENDED, person, self.request, by=self.user)
        return _("%s devra se connecter de nouveau, partout.") % person


class FactorsEndView(PersonAct):
    """A lost telephone: without its factors the person signs in with their password, and sets up another."""

    def act(self, person: User) -> str:
        actions.remove_factors(person, by=self.user)
        note(DoorEventKind.FACTOR_REMOVED, person, self.request, by=self.user)
        return _("%s n’a plus de second facteur, et en est prévenu par e-mail.") % person
