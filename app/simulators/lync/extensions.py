"""Custom data beside a meeting: the only place where a client may keep words of its own."""

from __future__ import annotations

from app.simulators.lync import meetings
from app.simulators.lync.state import Application, Extension, Meeting, Pool
from app.simulators.lync.wire import Answer, Call, Json, UcwaError, invalid, nothing, resource

_TYPES = ("Undefined", "RoamedOrganizerData", "RoamedParticipantData")
_OWN = {"id", "type", "rel", "etag", "_links", "_embedded"}


def listing(pool: Pool, call: Call, app: Application) -> Answer:
    """All extensions of a meeting."""
    meeting = meetings.find(pool, call, app)
    own = meetings.href(pool, app, meeting)
    content: Json = {"_links": {"self": {"href": f"{own}/extensions"}}, "rel": "onlineMeetingExtensions"}
    if meeting.extensions:
        each = [meetings.extension_resource(own, one) for one in meeting.extensions.values()]
        content["_embedded"] = {"onlineMeetingExtension": each}
    return resource(content)


def create(pool: Pool, call: Call, app: Application) -> Answer:
    """201; [judge] an id that is taken is a conflict, and a missing id is made up."""
    meeting = meetings.find(pool, call, app)
    extension = _read(pool, call.json(), pool.digits(6))
    if extension.id in meeting.extensions:
        raise UcwaError(409, "AlreadyExists", "The extension exists already.")
    meeting.extensions[extension.id] = extension
    return _answer(pool, app, meeting, extension, 201)


def read(pool: Pool, call: Call, app: Application) -> Answer:
    """One extension."""
    meeting = meetings.find(pool, call, app)
    return _answer(pool, app, meeting, _find(meeting, call))


def replace(pool: Pool, call: Call, app: Application) -> Answer:
    """PUT with If-Match, as for every UCWA resource."""
    meeting = meetings.find(pool, call, app)
    former = _find(meeting, call)
    meetings.check_etag(pool, call, former)
    extension = _read(pool, call.json(), former.id)
    extension.id = former.id
    meeting.extensions[former.id] = extension
    return _answer(pool, app, meeting, extension)


def delete(pool: Pool, call: Call, app: Application) -> Answer:
    """204."""
    meeting = meetings.find(pool, call, app)
    del meeting.extensions[_find(meeting, call).id]
    return nothing()


def _find(meeting: Meeting, call: Call) -> Extension:
    extension = meeting.extensions.get(call.params["extension"])
    if extension is None:
        raise UcwaError(404, "", "The resource does not exist.")
    return extension


def _read(pool: Pool, body: Json, default_id: str) -> Extension:
    identity, kind = body.get("id") or default_id, body.get("type") or "Undefined"
    if not isinstance(identity, str) or not isinstance(kind, str):
        raise UcwaError(400, "DeserializationFailure", "id and type are strings.")
    if kind not in _TYPES:
        raise invalid("A parameter value is not valid.", type=f"{kind!r} is not one of {', '.join(_TYPES)}.")
    extra = {name: value for name, value in body.items() if name not in _OWN}
    return Extension(identity, kind, pool.digits(10), extra)


def _answer(
    pool: Pool, app: Application, meeting: Meeting, extension: Extension, status: int = 200
) -> Answer:
    return resource(meetings.extension_resource(meetings.href(pool, app, meeting), extension), status)
