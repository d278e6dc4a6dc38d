"""How moments and rights read on a page."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from app.domain.actor import Actor, Constraint
from app.domain.permissions import CATALOGUE, ROLES
from app.services.users import Given


def iso(moment: datetime) -> str:
    """For machines."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def utc(moment: datetime) -> str:
    """As a reader without JavaScript sees it: in UTC, and saying so."""
    there = moment.astimezone(UTC)
    return f"{there.day} {there:%B %Y, %H:%M} UTC"


def given(line: Given) -> str:
    """A role or a permission by its name."""
    if line.grant is not None:
        return CATALOGUE[line.grant.scope].name
    role = ROLES.get(line.role or "")
    return role.name if role else f"{line.role} (unknown here)"


def reach(constraint: Constraint) -> str:
    """What a narrowed permission reaches."""
    parts = []
    if constraint.own_classes:
        parts.append("classes that this user teaches")
    if constraint.own_vendors:
        parts.append("classes of vendors that have this user as instructor")
    if constraint.instructors:
        parts.append(f"classes of {', '.join(sorted(constraint.instructors))}")
    if constraint.vendors:
        count = len(constraint.vendors)
        parts.append(f"classes of {count} chosen vendor{'s' if count > 1 else ''}")
    return ", or ".join(parts)


def rights(actor: Actor) -> list[str]:
    """The names of everything that this actor may, with what it is narrowed to."""
    found = []
    for scope, entry in CATALOGUE.items():
        if actor.may(scope):
            narrowed = actor.constraint(scope) is not None
            found.append(f"{entry.name} (constrained)" if narrowed else entry.name)
    return found


def query(fields: Iterable[tuple[str, str]]) -> str:
    """The part of an address behind the question mark."""
    return urlencode(list(fields))


def written(text: str) -> datetime:
    """A moment as it was written down once."""
    return datetime.fromisoformat(text)


FILTERS: dict[str, Callable[..., Any]] = {
    "iso": iso,
    "utc": utc,
    "query": query,
    "written": written,
    "given": given,
    "reach": reach,
    "rights": rights,
}
