"""Who may what: people by their grants, machines by their scopes, as one kind of actor."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from app.db.grants import Given as Given
from app.domain.actor import Actor, Grant, bundled
from app.domain.caller import Caller
from app.domain.errors import InvalidRequest, NotAllowed
from app.domain.permissions import CATALOGUE, Scope


def machine(caller: Caller, address: str) -> Actor:
    """An API client, or the holder of its token, with its scopes as grants."""
    known = tuple(Grant(Scope(scope)) for scope in sorted(caller.scopes) if scope in set(Scope))
    return Actor(caller.tenant_id, "client", caller.client_id, known, address)


def opened(lines: Iterable[Given]) -> tuple[Grant, ...]:
    """All permissions of what somebody was given."""
    return tuple(grant for line in lines for grant in line.grants)


def require_to_give(actor: Actor, grants: Iterable[Grant]) -> None:
    """Raise NotAllowed unless `actor` has all of this itself, whole: nobody hands out more than they have."""
    for grant in grants:
        if not actor.may(grant.scope) or actor.constraint(grant.scope) is not None:
            name = CATALOGUE[grant.scope].name
            raise NotAllowed(f"Only somebody who has “{name}” without constraint can do this.")


def require_gift(actor: Actor, gift: str | Grant) -> None:
    """Raise unless `actor` may give this role (by key) or permission: InvalidRequest for what there is not,
    or what only the LMS's own credential can use; NotAllowed."""
    if isinstance(gift, str):
        require_to_give(actor, bundled(gift))
        return
    entry = CATALOGUE[gift.scope]
    if entry.for_machines:
        raise InvalidRequest(f"“{entry.name}” is for the LMS's credential, not for people.")
    require_to_give(actor, [gift])


def plain(gift: str | Grant | None) -> dict[str, Any]:
    """A role or permission as the audit trail tells it."""
    if isinstance(gift, Grant):
        return {"permission": gift.scope, "constraint": gift.constraint and asdict(gift.constraint)}
    return {"role": gift}
