"""A client's states, and the steps between them. The database refuses every other step (sql/states.sql)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tenants.contracts import granted
from tenants.middleware import forget_hosts
from tenants.models import Client, State, Termination

NEXT: dict[State, frozenset[State]] = {
    State.TRIAL: frozenset({State.LIVE, State.SUSPENDED, State.MAINTENANCE, State.LEAVING}),
    State.LIVE: frozenset({State.SUSPENDED, State.MAINTENANCE, State.LEAVING}),
    State.SUSPENDED: frozenset({State.TRIAL, State.LIVE, State.MAINTENANCE, State.LEAVING}),
    State.MAINTENANCE: frozenset({State.TRIAL, State.LIVE, State.SUSPENDED, State.LEAVING}),
    State.LEAVING: frozenset({State.TRIAL, State.LIVE, State.SUSPENDED, State.CLOSED}),
    State.CLOSED: frozenset({State.LEAVING}),  # as long as its data are there
}


def open_state(client: Client) -> State:
    """How a client is open: in service under a contract that has begun, else on trial."""
    given = granted(client.pk)
    return State.TRIAL if given is None else State.LEAVING if given.over else State.LIVE


def steps(client: Client) -> list[State]:
    """Where the client may go from here, in the order of State."""
    allowed = NEXT[State(client.state)]
    if client.destroyed_at:
        return []
    opened = open_state(client)
    return [
        state
        for state in State
        if state in allowed and (state not in (State.TRIAL, State.LIVE) or state is opened)
    ]  # fmt: skip


@transaction.atomic
def set_state(client: Client, state: State) -> None:
    """Move a client to another state; other processes follow within 30 seconds. The same state: nothing happens.

    Raises ValidationError where there is no such step, or a contract is missing (R27).
    """
    held = Client.objects.select_for_update().get(pk=client.pk)
    if held.state != state:
        if state not in NEXT[State(held.state)] or held.destroyed_at:
            raise ValidationError(
                _("De « %(before)s », un client ne passe pas à « %(after)s ».")
                % {"before": held.get_state_display(), "after": State(state).label}
            )
        if state not in steps(held):
            raise ValidationError(
                _("Aucun contrat n’est en cours : le client ne peut qu’être à l’essai.")
                if state is State.LIVE
                else _("Un contrat est en cours : le client n’est plus à l’essai.")
            )
        held.state = state
        held.save(update_fields=["state"])
        transaction.on_commit(forget_hosts)
    client.state = state


def suspend(client: Client) -> None:
    """Nobody signs in any more; nothing is lost."""
    set_state(client, State.SUSPENDED)


def resume(client: Client) -> None:
    """Open again, as the contract says."""
    set_state(client, open_state(client))


def follow_contract(client: Client) -> None:
    """What the contract's paper means for the state: in service once it has begun (R27), leaving once it was ended.

    A client that is suspended or closed for maintenance stays so.
    """
    given = granted(client.pk)
    if given is None:
        return
    ended = Termination.objects.filter(contract_id=given.contract_id).exists()
    if client.state == State.TRIAL and not ended:
        set_state(client, State.LIVE)
    elif client.state in (State.TRIAL, State.LIVE) and ended:
        set_state(client, State.LEAVING)
