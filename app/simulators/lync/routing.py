"""Which address answers which verb."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from app.simulators.lync import (
    applications,
    conversations,
    discovery,
    events,
    extensions,
    meetings,
    people,
    preferences,
    resources,
    tickets,
)
from app.simulators.lync.applications import inside
from app.simulators.lync.state import Pool
from app.simulators.lync.wire import Answer, Call

Handler = Callable[[Pool, Call], Answer | Awaitable[Answer]]
Verbs = dict[str, Handler]


def _poll(pool: Pool, call: Call) -> Answer | Awaitable[Answer]:
    entered = applications.enter(pool, call)
    return entered if isinstance(entered, Answer) else events.poll(pool, call, entered)


_OPEN: dict[str, Verbs] = {
    "/": {"GET": discovery.root},
    discovery.ROOT: {"GET": discovery.root},
    f"{discovery.ROOT}/oauth/user": {"GET": discovery.user},
    f"{discovery.ROOT}/user": {"GET": discovery.user},
    f"{discovery.HOME}{discovery.ROOT}": {"GET": discovery.home_root},
    f"{discovery.HOME}{discovery.ROOT}/oauth/user": {"GET": discovery.home_user},
    tickets.TICKET_PATH: {"POST": tickets.token},
}
_TALK = "/communication/conversations/{conversation}"
_MEETING = "/onlineMeetings/myOnlineMeetings/{meeting}"
_INNER: dict[str, Verbs] = {
    "": {"GET": inside(applications.read), "DELETE": inside(applications.delete)},
    "/events": {"GET": _poll},
    "/batch": {"POST": inside(resources.batch)},
    "/policies": {"GET": inside(resources.policies)},
    "/me": {"GET": inside(resources.me)},
    "/me/makeMeAvailable": {"POST": inside(resources.make_me_available)},
    "/me/reportMyActivity": {"POST": inside(resources.report_my_activity)},
    "/people": {"GET": inside(resources.people)},
    "/people/search": {"GET": inside(people.search)},
    "/people/{person}": {"GET": inside(people.contact)},
    "/onlineMeetings": {"GET": inside(resources.online_meetings)},
    "/onlineMeetings/defaultValues": {"GET": inside(preferences.defaults)},
    "/onlineMeetings/eligibleValues": {"GET": inside(preferences.eligible)},
    "/onlineMeetings/policies": {"GET": inside(preferences.policies)},
    "/onlineMeetings/customInvitation": {"GET": inside(preferences.custom_invitation)},
    "/onlineMeetings/phoneDialInInformation": {"GET": inside(preferences.dial_in)},
    "/onlineMeetings/myOnlineMeetings": {"GET": inside(meetings.listing), "POST": inside(meetings.create)},
    _MEETING: {
        "GET": inside(meetings.read),
        "PUT": inside(meetings.replace),
        "DELETE": inside(meetings.delete),
    },
    f"{_MEETING}/extensions": {"GET": inside(extensions.listing), "POST": inside(extensions.create)},
    f"{_MEETING}/extensions/{{extension}}": {
        "GET": inside(extensions.read),
        "PUT": inside(extensions.replace),
        "DELETE": inside(extensions.delete),
    },
    "/communication": {"GET": inside(resources.communication)},
    "/communication/onlineMeetingInvitations": {"POST": inside(conversations.join)},
    "/communication/onlineMeetingInvitations/{invitation}": {"GET": inside(conversations.invitation)},
    "/communication/conversations": {"GET": inside(conversations.listing)},
    _TALK: {"GET": inside(conversations.read), "DELETE": inside(conversations.leave)},
    f"{_TALK}/onlineMeeting": {"GET": inside(conversations.online_meeting)},
    f"{_TALK}/{{place:participants|attendees|leaders|lobby}}": {"GET": inside(conversations.people)},
    f"{_TALK}/participants/{{participant}}": {"GET": inside(conversations.participant)},
    f"{_TALK}/participants/{{participant}}/{{action:admit|reject|eject|promote|demote}}": {
        "POST": inside(conversations.act)
    },
}


class Routes:
    """All addresses below one path prefix; paths compare in any case, as IIS does."""

    def __init__(self, prefix: str) -> None:
        inner = {f"{prefix}/applications/{{application}}{path}": verbs for path, verbs in _INNER.items()}
        table: dict[str, Verbs] = {**_OPEN, f"{prefix}/applications": {"POST": applications.create}, **inner}
        self._table = [(_compiled(path), verbs) for path, verbs in table.items()]

    def find(self, path: str) -> tuple[Verbs, dict[str, str]] | None:
        """The verbs of an address and the names in it."""
        for pattern, verbs in self._table:
            match = pattern.fullmatch(path)
            if match:
                return verbs, {name: unquote(text) for name, text in match.groupdict().items()}
        return None


def _compiled(path: str) -> re.Pattern[str]:
    """`{name}` stands for one segment, `{name:a|b}` for one of the words."""

    def group(match: re.Match[str]) -> str:
        name, _, words = match[1].partition(":")
        return f"(?P<{name}>{words or '[^/]+'})"

    pieces = re.split(r"(\{[^}]+\})", path)
    text = "".join(re.sub(r"\{([^}]+)\}", group, p) if p.startswith("{") else re.escape(p) for p in pieces)
    return re.compile(f"{text.rstrip('/')}/?", re.IGNORECASE)
