"""What the models say of personal data that cannot say it themselves: third parties', and those below the kernel."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session

from core.personal_data import PD, SELF, After, DeleteRow, Keep, KeepUntil, NotPersonal, no_personal_data, personal_data
from tenants.models import Amendment, Client, Contract, Domain, Maintenance, OptOut, StateChange, Termination
from vendor.models import Exit, HostCertificate, Insurance, Reminder, Undertaking


class _Client:
    schema_name = NotPersonal("un schéma")
    name = NotPersonal("une raison sociale : Client, User et personne concernée sont trois choses")
    certificate_authorities = NotPersonal("les certificats d'autorités")
    logo = NotPersonal("l'image d'une entreprise")


class _StateChange:
    actor = NotPersonal("l'exploitant, nommé pour la preuve ; un nom par pas, gardé avec le client")


class _Maintenance:
    operator = NotPersonal("l'exploitant, nommé au registre exigé par le contrat (R22)")
    report = NotPersonal("le compte rendu technique d'une intervention")


class _Exit:
    begun_by = NotPersonal("l'exploitant, nommé pour la preuve")
    receipt_signatory = NotPersonal("qui signe pour une entreprise, au titre de sa fonction")
    receipt_document = NotPersonal("un acte entre deux entreprises")
    error = NotPersonal("la panne d'un export, sans valeur de ligne")


class _HostCertificate:
    error = NotPersonal("ce qu'un navigateur dirait d'un certificat")


class _OptOut:
    digest = PD(
        category="contact", basis="legal", origin="derived",
        erase=KeepUntil("RGPD art. 21(3) : respect de l'opposition", years=100, since="at"),
    )  # fmt: skip


class _Undertaking:
    name = PD(category="identity", basis="contract", erase=DeleteRow())
    document = PD(category="identity", basis="contract", erase=DeleteRow())


class _Signed:
    document = NotPersonal("un acte entre deux entreprises ; ses signataires y figurent au titre de leur fonction")


class _Permission:
    name = NotPersonal("le nom d'une permission de Django")
    codename = NotPersonal("le code d'une permission de Django")


class _Group:
    name = NotPersonal("inutilisé : les rôles sont dans accounts.Role")


class _Session:
    session_data = NotPersonal("la clé de la personne connectée, signée")


class _EmailAddress:
    user = PD(category="identity", basis="contract", origin="derived", erase=DeleteRow())
    email = PD(category="identity", basis="contract", origin="derived", match="email", erase=DeleteRow())


class _Authenticator:
    user = PD(category="identity", basis="contract", origin="derived", erase=DeleteRow())
    data = PD(category="secret", basis="contract", origin="subject", audit="none", erase=DeleteRow())


class _UserSession:
    user = PD(category="log", origin="observed", erase=DeleteRow())
    ip = PD(category="log", origin="observed", erase=DeleteRow())
    user_agent = PD(category="log", origin="observed", erase=DeleteRow())
    data = NotPersonal("vide : le produit n'y écrit rien")


class _LogEntry:
    user = PD(category="log", origin="observed", erase=DeleteRow())
    object_id = NotPersonal("la clé d'une ligne du fournisseur")
    change_message = NotPersonal("des noms de champs")


def declare() -> None:
    """Called once the models are loaded."""
    no_personal_data("une entreprise ; ses interlocuteurs auront leur fiche avec le contrat", privacy=_Client)(Client)
    no_personal_data("un nom d'hôte du fournisseur")(Domain)
    no_personal_data("les pas d'une entreprise", privacy=_StateChange)(StateChange)
    no_personal_data("le registre des interventions", privacy=_Maintenance)(Maintenance)
    no_personal_data("la fin d'un contrat entre deux entreprises", privacy=_Exit)(Exit)
    no_personal_data("ce dont l'exploitation fut prévenue")(Reminder)
    no_personal_data("un nom d'hôte et une date", privacy=_HostCertificate)(HostCertificate)
    retention = Keep(years=5, since="left_on", then=After.DELETE)
    personal_data(subject=SELF, processing="OPS-02", retention=retention, privacy=_Undertaking)(Undertaking)
    retention = Keep(years=100, since="at", then=After.REVIEW)
    personal_data(subject=SELF, processing="CRM-02", retention=retention, privacy=_OptOut)(OptOut)
    for signed in (Insurance, Contract, Amendment, Termination):
        no_personal_data("ce que deux entreprises ont signé", privacy=_Signed)(signed)
    no_personal_data("la table des modèles")(ContentType)
    no_personal_data("inutilisé : les droits sont dans accounts.Role", privacy=_Permission)(Permission)
    no_personal_data("inutilisé : les rôles sont dans accounts.Role", privacy=_Group)(Group)
    no_personal_data("une session s'éteint seule, au plus en SESSION_COOKIE_AGE", privacy=_Session)(Session)
    personal_data(subject="user", processing="ACC-01", privacy=_EmailAddress)(EmailAddress)
    personal_data(subject="email_address", processing="ACC-01")(EmailConfirmation)
    personal_data(subject="user", processing="ACC-01", privacy=_Authenticator)(Authenticator)
    retention = Keep(years=1, since="created_at", then=After.DELETE)
    personal_data(subject="user", processing="ACC-01", retention=retention, privacy=_UserSession)(UserSession)
    # The vendor's admin only: what ops staff did to clients, contracts, domains.
    retention = Keep(years=5, since="action_time", then=After.DELETE)
    personal_data(subject="user", processing="OPS-01", retention=retention, privacy=_LogEntry)(LogEntry)
