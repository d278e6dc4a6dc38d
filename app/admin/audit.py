"""Audit trail: who did what, when and from where; found by actor, action, subject and time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.admin.pages import page
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import InvalidRequest
from app.domain.permissions import Scope
from app.services.audit import Entry, Wanted

router = APIRouter(prefix="/admin/audit", include_in_schema=False)
Viewing = Annotated[Actor, need(Scope.AUDIT_VIEW)]
ON_A_PAGE = 50
FIELDS = ("by", "action", "subject", "from", "to")
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of what was done something to, in words; empty where it was not there."""

    name: str
    before: str
    after: str


@router.get("")
async def audit(request: Request, house: Inside, actor: Viewing, before: str = "") -> Response:
    fields = {name: request.query_params.get(name, "").strip() for name in FIELDS}
    found = await house.audit.search(actor, _wanted(fields), _number(before), ON_A_PAGE + 1)
    shown = found[:ON_A_PAGE]
    return page(
        request,
        "audit.html",
        entries=[(entry, changes(entry)) for entry in shown],
        older=str(shown[-1].number) if len(found) > ON_A_PAGE else "",
        fields=fields,
        asked=[(name, value) for name, value in fields.items() if value],
        further=bool(before),
    )


def changes(entry: Entry) -> list[Change]:
    """What differs between before and after, field by field; secrets are masked since they were stored."""
    before, after = dict(_flat(entry.before)), dict(_flat(entry.after))
    names = [*before, *(name for name in after if name not in before)]
    return [
        Change(name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each single value with its whole name: `settings.base url`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif value is not None or name:
        yield name.replace("_", " "), _in_words(value)


def _in_words(value: Any) -> str:
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_in_words(one) for one in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_in_words(one)}" for key, one in value.items())
    return str(value)


def _wanted(fields: Mapping[str, str]) -> Wanted:
    """Raises InvalidRequest for what is no day."""
    last = _day(fields["to"])
    try:
        until = last and last + timedelta(days=1)
    except OverflowError as exc:
        raise InvalidRequest("This day is out of reach.") from exc
    return Wanted(fields["by"], fields["action"], fields["subject"], _day(fields["from"]), until)


def _day(text: str) -> datetime | None:
    """The beginning of a day in UTC. Raises InvalidRequest."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None
    except ValueError as exc:
        raise InvalidRequest("A date is written like 2030-05-14.") from exc


def _number(text: str) -> int | None:
    """The number of the last deed that was seen. Raises InvalidRequest."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidRequest("This address is not one of ours. Begin with the list.")
    return int(text)
