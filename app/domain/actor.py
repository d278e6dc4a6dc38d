"""Who does something, and what they may: one check for people, machines and commands."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.domain.errors import InvalidRequest, NotAllowed
from app.domain.permissions import CATALOGUE, ROLES, Scope


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a narrowed grant reaches: a class is admitted by *any* line here, so every line opens a bit more.

    `instructors`: classes of these people (person keys) — "Instructor". `own_classes`: those that the user
    teaches — "User as Instructor". `vendors`: classes of these — "ILT Provider". `own_vendors`: of the
    vendors that have the user among their active instructors — "User's ILT Provider".
    """

    instructors: frozenset[str] = frozenset()
    vendors: frozenset[UUID] = frozenset()
    own_classes: bool = False
    own_vendors: bool = False

    @property
    def admits_nothing(self) -> bool:
        return not (self.instructors or self.vendors or self.own_classes or self.own_vendors)

    def __or__(self, other: "Constraint") -> "Constraint":
        """Both together: two grants of one permission add up."""
        return Constraint(
            self.instructors | other.instructors,
            self.vendors | other.vendors,
            self.own_classes or other.own_classes,
            self.own_vendors or other.own_vendors,
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission, whole or narrowed. Raises InvalidRequest where it cannot be constrained."""

    scope: Scope
    constraint: Constraint | None = None

    def __post_init__(self) -> None:
        entry = CATALOGUE[self.scope]
        if self.constraint is None:
            return
        if not entry.constrainable:
            raise InvalidRequest(f"The permission “{entry.name}” cannot be constrained.")
        if self.constraint.admits_nothing:
            raise InvalidRequest(f"The constraint of “{entry.name}” is empty: say what it shall reach.")


def bundled(role: str) -> tuple[Grant, ...]:
    """The grants of a role. Raises InvalidRequest for a role that there is not."""
    if role not in ROLES:
        raise InvalidRequest(f"There is no role {role!r}. There are: {', '.join(ROLES)}.")
    own = Constraint(own_classes=True) if ROLES[role].own_classes else None
    return tuple(Grant(s, own if CATALOGUE[s].constrainable else None) for s in ROLES[role].scopes)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is signed in, or a machine, or a command of the shell.

    `name`: the user's e-mail address, the client's id, or the command. `address`: where the call came from.
    `person_key`: whom the classes name when this user teaches; None for machines and commands.
    An "unproven" actor is whoever said to be that user and was not let in: it may do nothing.
    """

    tenant_id: UUID
    kind: Literal["user", "client", "command", "unproven"]
    name: str
    grants: tuple[Grant, ...]
    address: str = ""
    person_key: str | None = None

    @property
    def who(self) -> str:
        """One text that names the actor among all kinds."""
        return f"{self.kind}:{self.name}"

    def may(self, scope: Scope) -> bool:
        """Whether it holds `scope`, and what that works only together with."""
        needs = CATALOGUE[scope].needs
        return self._holds(scope) and (needs is None or self._holds(needs))

    def may_any(self, scopes: Collection[Scope]) -> bool:
        return any(self.may(scope) for scope in scopes)

    def require(self, scope: Scope) -> None:
        """Raise NotAllowed, naming the permission by its exact name, unless `may(scope)`."""
        if self.may(scope):
            return
        entry = CATALOGUE[scope]
        if entry.needs and self._holds(scope):
            together = CATALOGUE[entry.needs].name
            raise NotAllowed(f"“{entry.name}” works only together with “{together}”, which is missing here.")
        raise NotAllowed(f"This needs the permission “{entry.name}”.")

    @property
    def sees_every_class(self) -> bool:
        """Whether every class of the tenant may be named to it."""
        viewing = Scope.ILT_SESSIONS_VIEW
        return self.may(viewing) and self.constraint(viewing) is None

    def constraint(self, scope: Scope) -> Constraint | None:
        """What `scope` reaches; None: everything in the tenant. Raises NotAllowed as `require`.

        The user's own classes stand among `instructors` already; `own_vendors` is left to the database.
        What works only together with another permission reaches no further than that one: ask for both.
        """
        self.require(scope)
        reach = Constraint()
        for grant in self.grants:
            if grant.scope == scope:
                if grant.constraint is None:
                    return None
                reach |= grant.constraint
        if reach.own_classes and self.person_key:
            reach |= Constraint(instructors=frozenset({self.person_key}))
        return reach

    def _holds(self, scope: Scope) -> bool:
        return any(grant.scope == scope for grant in self.grants)


def unproven(tenant_id: UUID, name: str, address: str) -> Actor:
    """Somebody at `address` who said to be the user `name`, for the audit trail."""
    return Actor(tenant_id, "unproven", name, (), address)


def commanding(tenant_id: UUID, name: str) -> Actor:
    """Whoever has the shell may do everything; `name` is the command, for the audit trail."""
    return Actor(tenant_id, "command", name, tuple(Grant(scope) for scope in Scope))
