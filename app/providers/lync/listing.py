"""The account's meetings on the server: listed, found, read, and written back without losing anything."""

from collections.abc import Sequence
from typing import Any

import httpx

from app.crowd import Together
from app.domain.errors import MeetingGone
from app.domain.meeting import MeetingRef
from app.providers.lync import meetings
from app.providers.lync.application import Application
from app.providers.lync.errors import ServerTrouble, judge
from app.providers.lync.wire import Resource, body, complaint, href

TRIES_ON_CONFLICT = 3
LIST_BYTES = 32_000_000  # a meeting takes a kilobyte or two, an account may have ten thousand


async def listed(application: Application) -> list[dict[str, Any]]:
    """The account's meetings, the assigned one left out, as they are from now on.

    UCWA knows no paging and no filter: deeds that look for one of them at the same time share one list.
    """
    if "lists" not in application.kept:

        async def for_all(askers: Sequence[None]) -> Sequence[list[dict[str, Any]]]:
            return [await _listed(application)] * len(askers)

        application.kept["lists"] = Together(for_all, (Exception,))
    lists: Together[None, list[dict[str, Any]]] = application.kept["lists"]
    return await lists.ask(None)


async def _listed(application: Application) -> list[dict[str, Any]]:
    url = application.require("myOnlineMeetings", "onlineMeetings", "schedule meetings")
    resource = await application.read(url, answer_bytes=LIST_BYTES)
    if not meetings.is_listing(resource):  # an empty list would mean: surely there is none
        raise ServerTrouble("The server answered something else than its list of meetings.")
    listed = meetings.own(resource)
    return [
        meeting if "onlineMeetingUri" in meeting else await _whole(application, meeting) for meeting in listed
    ]


async def _whole(application: Application, listed: Resource) -> dict[str, Any]:
    """A meeting that the list only points to."""
    link = href(listed, "self")
    response = await application.call("GET", application.absolute(link)) if link else None
    if response is None or response.status_code == 404:
        return dict(listed)
    if response.status_code != 200:
        raise judge(response)
    return body(response)


async def one(application: Application, ref: MeetingRef) -> dict[str, Any] | None:
    return next((found for found in await listed(application) if meetings.is_named(found, ref)), None)


def address(application: Application, meeting: Resource) -> str:
    link = href(meeting, "self")
    if link is None:
        raise ServerTrouble("The server lists a meeting without its address.")
    return application.absolute(link)


async def finished(application: Application, meeting: Resource) -> MeetingRef:
    """The reference; a meeting whose answer lacks its links is read once more."""
    found = meetings.reference(meeting)
    if found is None:
        found = meetings.reference(await application.read(address(application, meeting)))
    if found is None:
        raise ServerTrouble("The server made a meeting without an address to join it.")
    return found


async def rewrite(application: Application, listed: Resource, fields: dict[str, Any]) -> httpx.Response:
    """Read, change, write back, as long as nobody else writes in between."""
    url = address(application, listed)
    for _ in range(TRIES_ON_CONFLICT):
        response = await application.call("GET", url)
        if response.status_code == 404:
            raise MeetingGone
        if response.status_code != 200:
            raise judge(response)
        found = {**meetings.odd(listed), **body(response)}
        if meetings.is_so(found, fields):
            return response
        etag = response.headers.get("etag") or f'"{found.get("etag", "")}"'
        response = await application.call(
            "PUT", url, json=meetings.replaced(found, fields), headers={"If-Match": etag}
        )
        if response.status_code == 404:
            raise MeetingGone
        if response.status_code != 412 and not meetings.lacks_odd(complaint(response)):
            return response
    raise judge(response)
