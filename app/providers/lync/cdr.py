"""Joins and leaves exported from the monitoring database (LcsCDR, view FocusJoinsAndLeaves) as CSV. Pure.

Header names are taken with or without spaces, underscores and capitals; times without a zone are UTC, as the
database keeps them.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.providers.base import PresenceRow
from app.providers.lync.people import bare

# What we need → the names under which the view, its older table or a hand-made export may have it.
COLUMNS = {
    "user": ("useruri", "user", "uri", "useridentity", "sipaddress"),
    "joined": ("userjointime", "jointime", "joined", "joinedat"),
    "left": ("userleavetime", "leavetime", "left", "leftat"),
    "conference": ("conferenceuri", "confuri", "conference", "conferenceid", "onlinemeetinguri"),
    "endpoint": ("userendpointid", "focususerinstance", "endpointid", "userinstance"),
    "kind": ("useruritype", "uritype", "usertype"),
}
_NEEDED = {"user": "UserUri", "joined": "UserJoinTime", "left": "UserLeaveTime"}
_SHORT_FRACTION = re.compile(r"(\.\d{6})\d+")
_NOTHING = frozenset({"", "null", "none", "n/a", "-"})


@dataclass(frozen=True, slots=True)
class CdrImport:
    """The rows of one meeting, sentences on unreadable lines, and how many lines were left out."""

    rows: tuple[PresenceRow, ...]
    problems: tuple[str, ...] = ()
    other_meetings: int = 0
    unidentified: int = 0


def read_cdr(text: str, conference_uri: str) -> CdrImport:
    """Presence in one meeting. Without a conference column the whole file is that meeting."""
    lines = text.lstrip("\ufeff")
    table = csv.reader(io.StringIO(lines, newline=""), delimiter=_delimiter(lines), skipinitialspace=True)
    at = _positions(next(table, []))
    missing = [title for name, title in _NEEDED.items() if name not in at]
    if missing:
        return CdrImport((), (f"The first line names no column {', '.join(missing)}.",))
    rows: dict[str, PresenceRow] = {}
    problems: list[str] = []
    other = nobody = 0
    for cells in table:
        line = {name: cells[index].strip() for name, index in at.items() if index < len(cells)}
        if not any(line.values()):
            continue
        if not _is_of(line, conference_uri):
            other += 1
        elif not _is_somebody(line):
            nobody += 1
        elif isinstance(row := _row(line), str):
            problems.append(f"Line {table.line_num}: {row}")
        else:
            rows[row.instance] = row
    return CdrImport(tuple(rows.values()), tuple(problems), other, nobody)


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _positions(header: list[str]) -> dict[str, int]:
    names = [re.sub(r"[^a-z]", "", cell.lower()) for cell in header]
    return {
        wanted: names.index(name)
        for wanted, known in COLUMNS.items()
        for name in reversed(known)
        if name in names
    }


def _is_of(line: Mapping[str, str], conference_uri: str) -> bool:
    said = line.get("conference", "")
    return not said or said.casefold() == conference_uri.casefold()


def _is_somebody(line: Mapping[str, str]) -> bool:
    """Guests and phones have an address too, made up by the server: it names nobody."""
    user = line.get("user", "").lower()
    made_up = "anonymous" in line.get("kind", "").lower() or "anonymous" in user.rpartition("@")[2]
    return "@" in user and not user.startswith("tel:") and not made_up


def _row(line: Mapping[str, str]) -> PresenceRow | str:
    joined, left = (instant(line.get(name, "")) for name in ("joined", "left"))
    if joined is None:
        return "the time of joining cannot be read"
    if left is None and line.get("left", "").lower() not in _NOTHING:
        return "the time of leaving cannot be read"
    if left is not None and left < joined:
        return "the time of leaving is before the time of joining"
    person = bare(line["user"])
    key = f"{person.casefold()}|{line.get('endpoint', '')}|{joined.isoformat()}"
    return PresenceRow(person, joined, left, f"cdr {hashlib.sha256(key.encode()).hexdigest()[:24]}")


def instant(text: str) -> datetime | None:
    """`2013-02-07 01:17:18.000`, with or without T, zone or more digits; None for anything else."""
    try:
        read = datetime.fromisoformat(_SHORT_FRACTION.sub(r"\1", text))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
