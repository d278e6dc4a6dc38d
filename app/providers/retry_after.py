"""How long a provider asks to be left alone: the Retry-After header in every form that providers send.

RFC 9110 knows whole seconds and an HTTP date; Microsoft Graph sends fractions, Zoom an ISO moment. A moment
is measured by the server's own Date header where there is one, so that wrong clocks do no harm.
"""

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

LONGEST = timedelta(hours=1)
"""What asks for more is asked again after this: it may be a mistake, or over long before."""


def asked_of(response: httpx.Response) -> timedelta | None:
    """The wait that `response` asks for; None where it asks for none, or unreadably."""
    now = _moment(response.headers.get("date", "")) or datetime.now(UTC)
    return read(response.headers.get("retry-after", ""), now)


def read(text: str, now: datetime) -> timedelta | None:
    """The wait that a header's text means at `now`: between nothing and an hour."""
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        moment = _moment(text)
        return None if moment is None else _bounded((moment - now).total_seconds())
    return None if math.isnan(seconds) else _bounded(seconds)


def _bounded(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST.total_seconds()))


def _moment(text: str) -> datetime | None:
    """An ISO moment or an HTTP date; without a zone it is UTC."""
    for understand in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = understand(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
