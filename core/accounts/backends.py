"""Who a session's person is, with what their roles give: one statement at the head of each request."""

import json
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from core.accounts.access import Access, Grant
from core.accounts.licences import unlicensed
from core.accounts.models import User
from core.statements import fetch_models

# By hand: composing these two queries costs the ORM more than running them, and every page asks.
_PERSON = """
SELECT person.*, (
    SELECT coalesce(jsonb_agg(jsonb_build_array(role.levels, role.scopes, role.rights)), '[]'::jsonb)
    FROM accounts_user_roles AS worn JOIN accounts_role AS role ON role.id = worn.role_id
    WHERE worn.user_id = person.id
) AS grants,
(person.is_staff OR EXISTS (
    SELECT 1 FROM accounts_user_roles AS worn JOIN accounts_role AS role ON role.id = worn.role_id
    WHERE worn.user_id = person.id AND role.second_factor
)) AND NOT EXISTS (
    SELECT 1 FROM mfa_authenticator AS factor WHERE factor.user_id = person.id AND factor.type <> 'recovery_codes'
) AS lacks_factor, (
    SELECT coalesce(jsonb_agg(jsonb_build_array(lent.id, lent.modules, lent.ends_at) ORDER BY lent.ends_at), '[]')
    FROM accounts_supportaccess AS lent WHERE lent.revoked_at IS NULL AND lent.ends_at > now()
) AS lent
FROM accounts_user AS person WHERE person.id = %s AND person.is_active
"""


class AccountBackend(AuthenticationBackend):
    """allauth's way in; on later requests the person comes with `access` and `lacks_factor` read."""

    def get_user(self, user_id: Any) -> User | None:
        person: Any  # with the columns that the statement adds
        for person in fetch_models(User, _PERSON, [user_id]):
            access = Access.of([Grant(*grant) for grant in json.loads(person.grants)])
            person.access = access.without(unlicensed())
            person.support_open = json.loads(person.lent)
            return person
        return None
