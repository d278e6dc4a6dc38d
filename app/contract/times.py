"""Dates and offsets as LMSs write them (contract C), to aware UTC moments and plain offsets."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from app.contract.reading import Fields
from app.domain.errors import InvalidRequest
from app.domain.session import EARLIEST, LATEST

_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ]\s*(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s*"
    r"(Z|UTC|GMT|(?:[+-]\d\d(?::?\d\d)?))?",
    re.ASCII | re.IGNORECASE,
)
_OFFSET = re.compile(
    r"(?:UTC|GMT)?\s*(?P<sign>[+-]?)"
    r"(?:(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d)(?::\d\d(?:\.\d+)?)?"
    r"|(?P<compact>\d\d[0-5]\d)"
    r"|(?P<number>\d{1,4}(?:\.\d{1,6})?))",
    re.ASCII | re.IGNORECASE,
)
_FARTHEST_HOURS = 14  # no zone is farther from UTC; a larger number counts minutes


def moment(fields: Fields, name: str) -> datetime:
    """The required date `name`; without a zone it is UTC. Raises InvalidRequest naming the field."""
    found = _MOMENT.fullmatch(fields.text(name))
    if found is None:
        raise InvalidRequest(f"{name} is not a date and time like 2030-05-14T15:00:00.")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    micros = int((fraction or "").ljust(6, "0")[:6])
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micros, UTC
        )
        at = local.replace(tzinfo=_zone(zone)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise InvalidRequest(f"{name} is not a date that exists.") from exc
    if not EARLIEST <= at < LATEST:
        raise InvalidRequest(f"{name} must lie between {EARLIEST.year} and {LATEST.year - 1}.")
    return at


def offset(value: Any) -> timedelta | None:
    """An offset from UTC out of text or a number (hours, or minutes when too large); None if unreadable.

    Informational, since dates are UTC: nothing is refused for it.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if not isinstance(value, str):
        return _counted(float(value)) if abs(value) < 10_000 else None
    text = value.strip().replace("\u2212", "-")
    if text.upper() in {"Z", "UTC", "GMT"}:
        return timedelta(0)
    if text.startswith("("):  # "(UTC-08:00) Pacific Time"
        text = text[1:].partition(")")[0]
    found = _OFFSET.fullmatch(text)
    return _read(found) if found else None


def _read(found: re.Match[str]) -> timedelta | None:
    sign = -1 if found["sign"] == "-" else 1
    if found["number"]:
        return _counted(sign * float(found["number"]))
    hours, minutes = found["hours"], found["minutes"]
    if found["compact"]:
        hours, minutes = found["compact"][:2], found["compact"][2:]
    return _believable(sign * timedelta(hours=int(hours), minutes=int(minutes)))


def _counted(number: float) -> timedelta | None:
    in_hours = abs(number) <= _FARTHEST_HOURS
    return _believable(timedelta(hours=number) if in_hours else timedelta(minutes=number))


def _believable(found: timedelta) -> timedelta | None:
    return found if abs(found) <= timedelta(hours=_FARTHEST_HOURS) else None


def _zone(text: str | None) -> timezone:
    if text is None or text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if text[0] == "-" else distance)
