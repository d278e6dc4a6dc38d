"""myOnlineMeetings: schedule, list, read, replace, delete."""

from __future__ import annotations

import string

from app.simulators.lync import dates, drafts, rooms
from app.simulators.lync.resources import ODD_VALUE
from app.simulators.lync.state import Application, Extension, Meeting, Person, Pool
from app.simulators.lync.wire import Answer, Call, Json, UcwaError, invalid, nothing, resource

_LETTERS = string.ascii_uppercase + string.digits
ASSIGNED = "myAssignedOnlineMeeting"
SCHEDULED = "myOnlineMeetings"


def listing(pool: Pool, call: Call, app: Application) -> Answer:
    """All meetings of the user; an array is missing when it would be empty, and so is `_embedded`."""
    arrays: Json = {}
    for meeting in living(pool):
        if meeting.organizer is app.owner:
            name = ASSIGNED if meeting.rel == ASSIGNED else "myOnlineMeeting"
            arrays.setdefault(name, []).append(_resource(pool, app, meeting))
    content: Json = {"_links": {"self": {"href": app.href("onlineMeetings", "myOnlineMeetings")}}}
    if arrays:
        content["_embedded"] = arrays
    return resource({**content, "rel": "myOnlineMeetings"})


def create(pool: Pool, call: Call, app: Application) -> Answer:
    """201 with the new meeting; the server keeps no client key, so asking twice makes two."""
    draft = drafts.read(pool, call.json())
    own = [m for m in living(pool) if m.organizer is app.owner and m.rel == SCHEDULED]
    if len(own) >= pool.options.max_meetings or pool.faults.strikes("too-many-meetings", call):
        raise UcwaError(409, "TooManyOnlineMeetings", "The user has too many online meetings.")
    meeting = schedule(pool, app.owner, draft)
    status = 200 if pool.faults.strikes("create-200", call) else 201
    return resource(_resource(pool, app, meeting), status)


def read(pool: Pool, call: Call, app: Application) -> Answer:
    """One meeting, or 304 for a client that holds this version already."""
    meeting = find(pool, call, app)
    known = (call.header("if-none-match") or "").strip()
    if known in ("*", f'"{meeting.etag}"', meeting.etag):
        return nothing(304, ("ETag", f'"{meeting.etag}"'))
    return resource(_resource(pool, app, meeting))


def replace(pool: Pool, call: Call, app: Application) -> Answer:
    """PUT replaces the whole resource; the odd property and the current etag are the price."""
    meeting = find(pool, call, app)
    check_etag(pool, call, meeting)
    body = call.json()
    _check_odd_property(pool, call, meeting, body)
    drafts.read(pool, body).write(meeting)
    _revise(pool, meeting)
    return resource(_resource(pool, app, meeting))


def delete(pool: Pool, call: Call, app: Application) -> Answer:
    """204; no If-Match is needed. [judge] Whoever is inside is put out."""
    remove(pool, find(pool, call, app))
    return nothing()


def schedule(pool: Pool, organizer: Person, draft: drafts.Draft, rel: str = SCHEDULED) -> Meeting:
    """Make the meeting itself."""
    pool.numbered += 1
    meeting = Meeting(
        id="".join(pool.random.choices(_LETTERS, k=8)),
        number=pool.numbered,
        organizer=organizer,
        rel=rel,
        etag=pool.digits(10),
        conference_id=pool.digits(8),
        **vars(draft),
    )
    pool.meetings[meeting.uri.lower()] = meeting
    return meeting


def living(pool: Pool) -> list[Meeting]:
    """All meetings whose time has not run out; expired ones are removed here."""
    now = pool.clock.now()
    for meeting in list(pool.meetings.values()):
        if meeting.expires_at <= now:
            remove(pool, meeting)
    return list(pool.meetings.values())


def remove(pool: Pool, meeting: Meeting) -> None:
    """Take a meeting away, and its people with it."""
    pool.meetings.pop(meeting.uri.lower(), None)
    room = pool.rooms.pop(meeting.uri.lower(), None)
    if room:
        rooms.close(pool, room)


def find(pool: Pool, call: Call, app: Application) -> Meeting:
    """The meeting that a link of this application names."""
    wanted, numeric = call.params["meeting"].upper(), pool.faults.is_on("numeric-hrefs")
    for meeting in living(pool):
        name = str(meeting.number) if numeric else meeting.id
        if meeting.organizer is app.owner and name == wanted:
            return meeting
    raise UcwaError(404, "", "The resource does not exist.")


def check_etag(pool: Pool, call: Call, thing: Meeting | Extension) -> None:
    """428 without If-Match, 412 with a stale one. [judge] An etag without its quotes matches nothing."""
    given = call.header("if-match")
    if given is None:
        raise UcwaError(428, "PreconditionRequired", "The operation requires an If-Match precondition.")
    if pool.faults.strikes("precondition-failed", call):
        thing.etag = pool.digits(10)
    if given.strip() not in ("*", f'"{thing.etag}"'):
        raise UcwaError(412, "PreconditionFailed", "An If-Match precondition was not met.")


def _check_odd_property(pool: Pool, call: Call, meeting: Meeting, body: Json) -> None:
    if pool.faults.is_on("odd-property-absent"):
        return
    name = _odd_name(pool, meeting)
    if body.get(name) != ODD_VALUE or pool.faults.strikes("odd-property-missing", call):
        raise invalid("A property of the resource did not come back.", **{name: "This value is required."})


def _odd_name(pool: Pool, meeting: Meeting) -> str:
    return meeting.odd_property if pool.faults.is_on("odd-property-varies") else pool.odd_property


def _revise(pool: Pool, meeting: Meeting) -> None:
    former = meeting.etag
    while meeting.etag == former:
        meeting.etag = pool.digits(10)


def properties(pool: Pool, meeting: Meeting) -> Json:
    """What is told of a meeting, whether to its organizer or inside a conversation.

    [judge] A subject or description that was never given or was erased is left out.
    """
    organizer = meeting.organizer
    alias, _, domain = organizer.address.partition("@")
    content: Json = {
        "accessLevel": meeting.access_level,
        "entryExitAnnouncement": meeting.announcement,
        "attendees": list(meeting.attendees),
        "automaticLeaderAssignment": meeting.leader_assignment,
        "description": meeting.description,
        "expirationTime": dates.written(meeting.expires_at),
        "leaders": list(meeting.leaders),
        "onlineMeetingId": meeting.id,
        "onlineMeetingUri": meeting.uri,
        "onlineMeetingRel": meeting.rel,
        "organizerUri": organizer.uri,
        "phoneUserAdmission": meeting.phone_admission,
        "lobbyBypassForPhoneUsers": meeting.lobby_bypass,
        "subject": meeting.subject,
        "joinUrl": f"https://meet.{domain}/{alias}/{meeting.id}",
        "legacyOnlineMeetingUri": f"conf:{meeting.uri}?conversation-id={meeting.conversation_id}",
    }
    if meeting.phone_admission == "Enabled":
        content["conferenceId"] = meeting.conference_id
    return {name: value for name, value in content.items() if value is not None}


def _resource(pool: Pool, app: Application, meeting: Meeting) -> Json:
    content = properties(pool, meeting)
    if not pool.faults.is_on("odd-property-absent"):
        content[_odd_name(pool, meeting)] = ODD_VALUE
    own = href(pool, app, meeting)
    content["_links"] = {"self": {"href": own}, "onlineMeetingExtensions": {"href": f"{own}/extensions"}}
    if meeting.extensions:
        content["_embedded"] = {
            "onlineMeetingExtension": [extension_resource(own, each) for each in meeting.extensions.values()]
        }
    content["rel"] = "myOnlineMeeting" if meeting.rel == SCHEDULED else ASSIGNED
    content["etag"] = meeting.etag
    return content


def href(pool: Pool, app: Application, meeting: Meeting) -> str:
    """The link of a meeting; the reference pages show a number where the how-to shows the id."""
    name = str(meeting.number) if pool.faults.is_on("numeric-hrefs") else meeting.id
    return app.href("onlineMeetings", "myOnlineMeetings", name)


def extension_resource(meeting_href: str, extension: Extension) -> Json:
    """One extension as it is printed alone or inside its meeting."""
    return {
        "id": extension.id,
        "type": extension.type,
        **extension.extra,
        "_links": {"self": {"href": f"{meeting_href}/extensions/{extension.id}"}},
        "rel": "onlineMeetingExtension",
        "etag": extension.etag,
    }
