"""An authenticated party: which portal it speaks for, through which connection, and what it may do."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.errors import NotAllowed
from app.domain.permissions import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """One API client on one call. `address`: where the call came from, as far as the door tells it."""

    client_id: str
    tenant_id: UUID
    connection_id: UUID
    scopes: frozenset[str]
    address: str = ""

    def require(self, scope: Scope) -> None:
        """Raise NotAllowed unless this caller holds `scope`."""
        if scope not in self.scopes:
            raise NotAllowed(f"This account lacks the permission {scope.value}.")
