"""Applications: created by POST, found again by their address, dropped when idle or deleted."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from app.simulators.lync import accounts, rooms, tickets
from app.simulators.lync.resources import application_resource
from app.simulators.lync.state import Application, Person, Pool
from app.simulators.lync.wire import Answer, Call, Json, UcwaError, invalid, nothing, resource

_REQUIRED = ("culture", "endpointId", "userAgent")
_TEXTS = (*_REQUIRED, "instanceId", "type")
_LONGEST = 100

Handler = Callable[[Pool, Call], Answer]
Inner = Callable[[Pool, Call, Application], Answer]


def inside(handler: Inner) -> Handler:
    """A handler below an application: the token is checked first, then the application is found."""

    def checked(pool: Pool, call: Call) -> Answer:
        entered = enter(pool, call)
        return entered if isinstance(entered, Answer) else handler(pool, call, entered)

    return checked


def enter(pool: Pool, call: Call) -> Application | Answer:
    """The application that the call is about, or the challenge."""
    person = authenticated(pool, call)
    if isinstance(person, Answer):
        return person
    application = _find(pool, call.params["application"])
    _ended_by_fault(pool, call, application)
    if application.owner is not person:  # [judge] somebody else's application is forbidden, not hidden
        raise UcwaError(403, "", "The application belongs to another user.")
    application.last_seen = pool.clock.now()
    return application


def authenticated(pool: Pool, call: Call) -> Person | Answer:
    """The owner of a living token, or 401 (sometimes 403) with a fresh challenge."""
    header = call.header("authorization")
    if header and pool.faults.strikes("token-expired", call):
        accounts.revoke(pool, header)
    elif header and pool.faults.strikes("forbidden-challenge", call):
        accounts.revoke(pool, header)
        return _forbidden(pool, call)
    return accounts.owner(pool, header) or tickets.challenge(pool, call)


def create(pool: Pool, call: Call) -> Answer:
    """POST applications: 201, or 200 when the same instance is running already."""
    person = authenticated(pool, call)
    if isinstance(person, Answer):
        return person
    wanted = _wanted(call.json())
    _check_admission(pool, call, wanted)
    running = _same(pool, person, wanted)
    if running and _resumes(call, running, wanted):
        running.last_seen = pool.clock.now()
        return _answer(pool, call, running, 200)
    if running:  # [judge] the same application, but its event channel begins anew
        drop(pool, running)
    return _answer(pool, call, _start(pool, call, person, wanted, running), 201)


def read(pool: Pool, call: Call, application: Application) -> Answer:
    """GET the application itself."""
    return resource(application_resource(pool, call, application))


def delete(pool: Pool, call: Call, application: Application) -> Answer:
    """Sign out: 204, and whoever comes afterwards finds 404."""
    drop(pool, application)
    return nothing()


def drop(pool: Pool, application: Application) -> None:
    """End an application with everything that hangs on it; a pending GET is released."""
    for conversation in list(application.conversations.values()):
        rooms.end(pool, conversation)
    if pool.applications.get(application.id) is application:
        del pool.applications[application.id]
    if application.channel.parked:
        application.channel.parked.wake()


def sweep(pool: Pool) -> None:
    """Drop what was idle too long; a pending GET keeps its application alive."""
    limit = pool.clock.now() - pool.options.application_ttl
    for application in list(pool.applications.values()):
        if application.last_seen < limit and application.channel.parked is None:
            drop(pool, application)


def _find(pool: Pool, number: str) -> Application:
    sweep(pool)
    application = pool.applications.get(number)
    if application is None:
        raise UcwaError(404, "ApplicationNotFound", "The application resource does not exist.")
    return application


def _ended_by_fault(pool: Pool, call: Call, application: Application) -> None:
    if pool.faults.strikes("application-gone", call):
        drop(pool, application)
        raise UcwaError(404, "ApplicationNotFound", "The application resource does not exist.")
    if pool.faults.strikes("application-expired", call):
        drop(pool, application)
        raise UcwaError(410, "InactiveApplicationExpired", "An inactive application expired.")


def _wanted(body: Json) -> dict[str, str]:
    """The fields of the request; their names come in both spellings (`UserAgent`, `userAgent`)."""
    given = {name.lower(): value for name, value in body.items()}
    wrong: dict[str, str] = {}
    fields: dict[str, str] = {}
    for name in _TEXTS:
        value = given.get(name.lower())
        if value in (None, "") and name in _REQUIRED:
            wrong[name] = "This value is required and cannot be null or empty."
        elif value is not None and (not isinstance(value, str) or len(value) > _LONGEST):
            wrong[name] = f"This value must be a string of at most {_LONGEST} characters."
        else:
            fields[name] = value or ""
    if wrong:
        raise invalid("Some values of the application are not valid.", **wrong)
    return fields


def _check_admission(pool: Pool, call: Call, wanted: dict[str, str]) -> None:
    banned = wanted["userAgent"] in pool.options.user_agents_banned
    if banned or pool.faults.strikes("user-agent-banned", call):
        raise UcwaError(410, "UserAgentNotAllowed", "This user agent is not allowed.")
    if pool.faults.strikes("too-many-applications", call):
        raise UcwaError(410, "TooManyApplications", "There are too many applications for this user.")


def _same(pool: Pool, person: Person, wanted: dict[str, str]) -> Application | None:
    sweep(pool)
    key = (wanted["culture"], wanted["endpointId"], wanted["userAgent"], wanted["type"])
    for each in pool.applications.values():
        if each.owner is person and (each.culture, each.endpoint_id, each.user_agent, each.type) == key:
            return each
    return None


def _resumes(call: Call, running: Application, wanted: dict[str, str]) -> bool:
    modern = (call.header("x-ms-requiresminresourceversion") or "").strip()
    same = bool(wanted["instanceId"]) and wanted["instanceId"] == running.instance_id
    return same and modern.isdigit() and int(modern) >= 2


def _start(
    pool: Pool, call: Call, person: Person, wanted: dict[str, str], former: Application | None
) -> Application:
    running = [each for each in pool.applications.values() if each.owner is person]
    if len(running) >= pool.options.max_applications:
        raise UcwaError(410, "TooManyApplications", "There are too many applications for this user.")
    application = Application(
        id=former.id if former else pool.digits(12),
        owner=person,
        prefix=pool.options.path_prefix,
        culture=wanted["culture"],
        endpoint_id=wanted["endpointId"],
        user_agent=wanted["userAgent"],
        type=wanted["type"],
        instance_id=wanted["instanceId"],
        last_seen=pool.clock.now(),
        odd_property=str(uuid.uuid4()),
    )
    pool.applications[application.id] = application
    return application


def _answer(pool: Pool, call: Call, application: Application, status: int) -> Answer:
    """The resource with the cookie that real servers set for photos only."""
    cookie = f"cwt_ucwa={pool.digits(12)}; path={application.href('photos')}; secure; HttpOnly"
    return resource(application_resource(pool, call, application), status, ("Set-Cookie", cookie))


def _forbidden(pool: Pool, call: Call) -> Answer:
    """The 403 that was seen in the wild: it carries a challenge, as a 401 does."""
    answer = tickets.challenge(pool, call, 403)
    answer.headers.append(
        ("X-Ms-diagnostics", '28055;source="simulator";reason="The OAuth token is invalid."')
    )
    answer.headers.append(("Warning", '199 simulator "InvalidToken"'))
    return answer
