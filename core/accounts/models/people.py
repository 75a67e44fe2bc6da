"""People who sign in, and what their roles let them do.

The tables exist in every schema: an account of one client does not exist for another. In `public` they hold the
vendor's staff (ops, DPO).
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.accounts.access import Access, Grant, Level, Scope
from core.accounts.licences import unlicensed
from core.personal_data import (
    PD,
    SELF,
    After,
    Blank,
    Keep,
    NotPersonal,
    Null,
    Tombstone,
    no_personal_data,
    personal_data,
)  # fmt: skip
from core.statements import fetch

if TYPE_CHECKING:
    from core.accounts.models.support import SupportAccess


@no_personal_data("ce qu'un rôle ouvre ; qui le porte est dit par la personne")
class Role(models.Model):
    """Levels and scopes by module, and named rights. `code` names a preset; a client's own roles have none."""

    code = models.CharField(_("code"), max_length=40, blank=True)
    name = models.CharField(_("nom"), max_length=80)
    levels = models.JSONField(_("niveaux par module"), default=dict, help_text=_("{module: none|read|write|manage}"))
    scopes = models.JSONField(
        _("fiches atteintes par module"), default=dict, blank=True, help_text=_("{module: own|team|all} ; absent : all")
    )
    rights = models.JSONField(_("droits nommés"), default=list, blank=True, help_text=_("[crm.view_credit, …]"))
    second_factor = models.BooleanField(_("second facteur obligatoire"), default=False, db_default=False)

    class Meta:
        verbose_name = _("rôle")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~models.Q(code=""), name="role_code_unique"),
            models.UniqueConstraint(
                Lower("name"),
                name="role_name_unique",
                violation_error_message=_("Un rôle porte déjà ce nom : prenez-en un autre."),
            ),
        ]

    class Privacy:
        name = NotPersonal("le nom d'un rôle")
        levels = NotPersonal("des niveaux par module")
        scopes = NotPersonal("des portées par module")
        rights = NotPersonal("des codes de droits")

    def __str__(self) -> str:
        return self.name

    @property
    def grant(self) -> Grant:
        return Grant(self.levels, self.scopes, self.rights)


_SESSION_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"  # Django's own
# Whoever was invited and has not come yet has no password: "!" begins those that open nothing.
INVITED = models.Q(is_active=True, password__startswith="!")  # noqa: S106
CAN_SIGN_IN = models.Q(is_active=True) & ~INVITED


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, *, first_name: str = "", last_name: str = "", **fields) -> "User":
        """A person without a password: only they can set one, by a link (R09)."""
        user = self.model(
            email=self.normalize_email(email).lower(), first_name=first_name, last_name=last_name, **fields
        )
        user.set_unusable_password()
        user.save(using=self._db)
        return user


@personal_data(subject=SELF, processing="ACC-01", retention=Keep(years=3, since="last_login", then=After.REVIEW))
class User(AbstractBaseUser):
    """One identifier per person (R08). Deactivated people stay: their name is on their rows."""

    email = models.EmailField(_("adresse e-mail"), max_length=254)
    first_name = models.CharField(_("prénom"), max_length=80, blank=True)
    last_name = models.CharField(_("nom"), max_length=80, blank=True)
    roles: "models.ManyToManyField[Role, Role]" = models.ManyToManyField(
        Role, verbose_name=_("rôles"), blank=True, related_name="users"
    )
    is_active = models.BooleanField(_("actif"), default=True)
    is_staff = models.BooleanField(_("équipe du fournisseur"), default=False, help_text=_("n’a de sens que chez B2O"))
    created_at = models.DateTimeField(_("créé le"), auto_now_add=True)
    # Raised to end every session and forget every known device at once: both are signed with it.
    epoch = models.PositiveIntegerField(_("époque des sessions"), default=0, db_default=0, editable=False)

    # Whether a role demands a second factor that is not there yet: read with the person of a request, by the backend.
    lacks_factor = False

    # {resource: what narrows its rows further}. Of an interface, which is a person without a row; of people, nothing.
    narrowing: Mapping[str, Callable[[models.QuerySet], models.QuerySet]] = {}

    # The access under which somebody of B2O's support looks, who is a person without a row (actions/support.py).
    support: "SupportAccess | None" = None
    # [[number, [module], until when (ISO)]] of the accesses that are open now: read with the person of a request.
    support_open: "list[Any]" = []

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("personne")
        verbose_name_plural = _("personnes")
        ordering = ["last_name", "first_name", "id"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    class Privacy:
        email = PD(
            category="identity", basis="contract", origin="staff", match="email", portable=True, erase=Tombstone()
        )  # fmt: skip
        first_name = PD(category="identity", basis="contract", match="name", portable=True, erase=Blank())
        last_name = PD(category="identity", basis="contract", match="name", portable=True, erase=Blank())
        password = PD(category="secret", basis="contract", origin="subject", audit="none", erase=Tombstone())
        last_login = PD(category="log", origin="observed", erase=Null())

    def __str__(self) -> str:
        return self.get_full_name()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What each session is signed with: a changed password, or a raised epoch, ends those of before."""
        known = f"{self.password}:{self.epoch}" if self.epoch else self.password
        return salted_hmac(_SESSION_SALT, known, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email

    @cached_property
    def access(self) -> Access:
        """What this person may do, read once a request (one query)."""
        return Access.of([role.grant for role in self.roles.all()]).without(unlicensed())

    @cached_property
    def team_people(self) -> frozenset[int]:
        """The keys of everyone in this person's teams, the person among them (one query, where a scope asks)."""
        return frozenset(User.objects.filter(teams__members=self).values_list("pk", flat=True)) | {self.pk}

    def may(self, module: str, level: Level) -> bool:
        return self.is_active and self.access.level(module) >= level

    def holds(self, right: str) -> bool:
        """Whether a role of this person gives a named right ("crm.view_credit")."""
        return self.is_active and right in self.access.rights

    def colleagues(self, scope: Scope) -> models.QuerySet["User"]:
        """The active people to whom a row may be given without leaving the scope."""
        active = User.objects.filter(is_active=True)
        if scope is Scope.ALL:
            return active
        return active.filter(pk__in=self.team_people if scope is Scope.TEAM else [self.pk])

    def colleague_names(self, scope: Scope) -> list[tuple[int, str]]:
        """The (key, name) of `colleagues`, in their order. By hand: every list asks."""
        among = None if scope is Scope.ALL else [*self.team_people] if scope is Scope.TEAM else [self.pk]
        rows = fetch(
            "SELECT id, first_name, last_name, email FROM accounts_user"
            " WHERE is_active AND (%(among)s::bigint[] IS NULL OR id = ANY(%(among)s::bigint[]))"
            " ORDER BY last_name, first_name, id",
            {"among": among},
        )
        return [(pk, f"{first} {last}".strip() or email) for pk, first, last, email in rows]

    # Django's admin, on the vendor's own host only, asks these two.
    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


@personal_data(subject="members", processing="ACC-01")
class Team(models.Model):
    """People who work on each other's rows: see Scope.TEAM."""

    name = models.CharField(_("nom"), max_length=80)
    members: "models.ManyToManyField[User, User]" = models.ManyToManyField(
        User, verbose_name=_("membres"), blank=True, related_name="teams"
    )

    class Meta:
        verbose_name = _("équipe")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="team_name_unique",
                violation_error_message=_("Une équipe porte déjà ce nom : prenez-en un autre."),
            )
        ]

    class Privacy:
        name = NotPersonal("le nom d'une équipe")
        members = PD(category="work", basis="contract", erase=Null())

    def __str__(self) -> str:
        return self.name
