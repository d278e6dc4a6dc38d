"""A class as an online meeting: what is written into it, and how ours is told from others. Pure.

UCWA keeps no start and no end: a meeting is a room that lives until it expires. The times stand in its
description for people to read; without an expiry the room would die after eight hours.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.domain.meeting import MeetingRef, MeetingSpec
from app.providers.lync.config import LyncSettings
from app.providers.lync.people import Leader, bare
from app.providers.lync.wire import Complaint, Resource, embedded, instant, written

SUBJECT_LENGTH = 250
DESCRIPTION_LENGTH = 4000
PASS_BACK = "please pass this in a PUT request"  # noqa: S105 - the documented value of the odd property
_ASSIGNED = "myAssignedOnlineMeeting"
_LEAST_LIFE = timedelta(hours=8)
_LONGEST_LIFE = timedelta(days=3650 - 3)  # ten years after the server's time, minus doubt
_TAG = re.compile(r"\[vilt:([^\]\s]{1,64})\]")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """`text` without what XML and UTF-8 cannot carry: the server stores it as XML."""
    return _UNWRITABLE.sub("", text)


def tag(marker: str) -> str:
    return f"[vilt:{marker}]"


def planted(meeting: Resource) -> str:
    """The marker in a meeting's description; empty where there is none."""
    found = _TAG.search(str(meeting.get("description") or ""))
    return found[1] if found else ""


def differing(meeting: Resource, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Which of title and time are not as `wanted`; the time stands in the description's first line."""
    title = meeting.get("subject") == wanted["subject"]
    first, _, _ = str(meeting.get("description") or "").partition("\n")
    time = first.strip() == wanted["description"].partition("\n")[0].strip()
    return (() if title else ("title",)) + (() if time else ("time",))


def wishes(settings: LyncSettings) -> dict[str, str]:
    """The fields that the server's policies may not allow as wanted."""
    return {
        "accessLevel": settings.access_level.value,
        "automaticLeaderAssignment": "Disabled",
        "entryExitAnnouncement": "Disabled",
        "lobbyBypassForPhoneUsers": "Enabled" if settings.phone_users_skip_lobby else "Disabled",
    }


def texts(spec: MeetingSpec, marker: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Subject and description, and a sentence where the title had to be cut. The marker comes first."""
    subject = " ".join(plain(spec.title).split()) or "Class"
    times = f"{spec.starts_at:%Y-%m-%d %H:%M} – {_ending(spec)} UTC"
    description = f"{tag(marker)} Class {times}\n{plain(spec.description)}".rstrip()
    cut = len(subject) > SUBJECT_LENGTH
    notes = (f"The title was cut to {SUBJECT_LENGTH} characters.",) if cut else ()
    return {"subject": subject[:SUBJECT_LENGTH], "description": description[:DESCRIPTION_LENGTH]}, notes


def _ending(spec: MeetingSpec) -> str:
    same_day = spec.starts_at.date() == spec.ends_at.date()
    return spec.ends_at.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M")


def expiry(spec: MeetingSpec, grace_days: int, now: datetime) -> tuple[datetime, tuple[str, ...]]:
    """When the room may go: after the class and its grace, within what the server takes."""
    latest = now + _LONGEST_LIFE
    notes = ("The server keeps no meeting longer than ten years.",) if spec.ends_at > latest else ()
    wanted = min(spec.ends_at, latest) + timedelta(days=grace_days)
    return min(max(wanted, now + _LEAST_LIFE), latest), notes


def wanted(spec: MeetingSpec, marker: str, expires_at: datetime) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields that come from the class itself."""
    fields, notes = texts(spec, marker)
    return {**fields, "expirationTime": written(expires_at)}, notes


def carries(meeting: Resource, marker: str) -> bool:
    return tag(marker) in str(meeting.get("description") or "")


def is_named(meeting: Resource, ref: MeetingRef) -> bool:
    return str(meeting.get("onlineMeetingUri") or "").casefold() == ref.provider_id.casefold()


def is_listing(resource: Resource) -> bool:
    """Whether this is a list of meetings at all; its parts may be missing when it is empty."""
    return resource.get("rel") == "myOnlineMeetings" or "_embedded" in resource or "_links" in resource


def own(listing: Resource) -> list[dict[str, Any]]:
    """The meetings of the list that may be touched: never the account's permanent, assigned one."""
    return [
        meeting
        for meeting in embedded(listing, "myOnlineMeeting")
        if meeting.get("onlineMeetingRel") != _ASSIGNED and meeting.get("rel") != _ASSIGNED
    ]


def reference(meeting: Resource) -> MeetingRef | None:
    """How to find it again; None while the server has not finished it (no join link yet)."""
    uri, join = meeting.get("onlineMeetingUri"), meeting.get("joinUrl")
    if not isinstance(uri, str) or not isinstance(join, str) or not join.lower().startswith("https://"):
        return None
    details = {"joinUrl": join, "onlineMeetingId": str(meeting.get("onlineMeetingId") or "")}
    return MeetingRef(uri, details)


def replaced(meeting: Resource, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The resource with `fields` changed: PUT erases what is left out, so all that was read goes back."""
    kept = {name: value for name, value in meeting.items() if name not in {"_links", "_embedded"}}
    return {**kept, **fields}


def odd(meeting: Resource) -> dict[str, Any]:
    """The property with a name of its own on every server that must come back in a PUT."""
    return {name: value for name, value in meeting.items() if value == PASS_BACK}


def lacks_odd(said: Complaint) -> bool:
    """Whether a refusal is about the odd property: another server of the pool may call it by another name."""
    return said.status == 400 and (bool(_GUID.search(said.text)) or PASS_BACK.casefold() in said.text)


def is_so(meeting: Resource, fields: Mapping[str, Any]) -> bool:
    """Whether the meeting already has these values, so that nothing needs to be written."""
    return all(_same(meeting.get(name), value) for name, value in fields.items())


def _same(found: Any, value: Any) -> bool:
    if isinstance(value, list):
        return isinstance(found, list) and {_key(item) for item in found} == {_key(item) for item in value}
    left, right = instant(found), instant(value)
    return left == right if right is not None else found == value


def _key(item: object) -> str:
    return bare(str(item)).casefold()


def blamed(said: Complaint, leaders: Sequence[Leader], organizer: str) -> list[Leader]:
    """Which leaders a refusal (400) may be about, by the surest sign there is; none if about others."""
    if said.status != 400:
        return []
    named = [leader for leader in leaders if bare(leader.sip).casefold() in said.text]
    if named:
        return named
    if said.parameters and "leader" not in said.text:
        return []
    home = bare(organizer).casefold().rpartition("@")[2]
    strangers = [leader for leader in leaders if not leader.sip.casefold().endswith(f"@{home}")]
    return strangers or [leader for leader in leaders if not leader.sure] or list(leaders)
