"""The application resource and the four resources that are embedded in it."""

from __future__ import annotations

from app.simulators.lync.state import Application, Person, Pool
from app.simulators.lync.wire import Answer, Call, Json, UcwaError, nothing, resource

ODD_VALUE = "please pass this in a PUT request"


def application_resource(pool: Pool, call: Call, app: Application) -> Json:
    """The whole starting point."""
    content: Json = {"culture": app.culture, "userAgent": app.user_agent}
    if app.type:
        content["type"] = app.type
    if app.instance_id:
        content["instanceId"] = app.instance_id
    content["_links"] = {
        "self": {"href": app.href()},
        "policies": {"href": app.href("policies")},
        "batch": {"href": app.href("batch")},
        "events": {"href": f"{app.href('events')}?ack={app.channel.ack}"},
    }
    content["_embedded"] = {
        "me": _me(app),
        "people": _people(app),
        "onlineMeetings": _online_meetings(pool, call, app),
        "communication": _communication(app),
    }
    content["rel"] = "application"
    return content


def me(pool: Pool, call: Call, app: Application) -> Answer:
    """GET me."""
    return resource(_me(app))


def people(pool: Pool, call: Call, app: Application) -> Answer:
    """GET people."""
    return resource(_people(app))


def online_meetings(pool: Pool, call: Call, app: Application) -> Answer:
    """GET onlineMeetings."""
    return resource(_online_meetings(pool, call, app))


def communication(pool: Pool, call: Call, app: Application) -> Answer:
    """GET communication."""
    return resource(_communication(app))


def make_me_available(pool: Pool, call: Call, app: Application) -> Answer:
    """Leave the quiet state; a second time is a conflict."""
    if app.available:
        raise UcwaError(409, "", "The user is available already.")
    app.available = True
    return nothing()


def report_my_activity(pool: Pool, call: Call, app: Application) -> Answer:
    """Tell that the user is active; before makeMeAvailable it is a conflict."""
    if not app.available:
        raise UcwaError(409, "MakeMeAvailableRequired", "makeMeAvailable must be called first.")
    return nothing()


def policies(pool: Pool, call: Call, app: Application) -> Answer:
    """GET policies: a few of the administrator's choices."""
    content = {
        "emoticons": "Enabled",
        "exchangeUnifiedMessaging": "Disabled",
        "logging": "Disabled",
        "loggingLevel": "Off",
        "messageArchiving": "Disabled",
        "photos": "Enabled",
        "telephonyMode": "None",
        "_links": {"self": {"href": app.href("policies")}},
        "rel": "policies",
    }
    return resource(content)


def batch(pool: Pool, call: Call, app: Application) -> Answer:
    """Batching is honestly not simulated."""
    raise UcwaError(501, "OperationNotSupported", "The simulator does not carry out batches.")


def assigned_segment(pool: Pool, person: Person) -> str | None:
    """How the link of this user's personal meeting ends, if there is one."""
    mine = (m for m in pool.meetings.values() if m.organizer is person and m.rel == "myAssignedOnlineMeeting")
    meeting = next(mine, None)
    if meeting is None:
        return None
    return str(meeting.number) if pool.faults.is_on("numeric-hrefs") else meeting.id


def _me(app: Application) -> Json:
    person = app.owner
    links = {name: {"href": app.href("me", name)} for name in ("callForwardingSettings", "phones")}
    ready = "reportMyActivity" if app.available else "makeMeAvailable"
    content: Json = {
        "name": person.name,
        "uri": person.uri,
        "emailAddresses": [person.email or person.address],
        "_links": {
            "self": {"href": app.href("me")},
            ready: {"href": app.href("me", ready)},
            **links,
            "photo": {"href": app.href("photos", person.address)},
        },
        "rel": "me",
    }
    return content


def _people(app: Application) -> Json:
    names = {
        "presenceSubscriptions": "presenceSubscriptions",
        "subscribedContacts": "subscribedContacts",
        "myGroups": "groups",
        "myContacts": "contacts",
        "search": "search",
    }
    links = {name: {"href": app.href("people", path)} for name, path in names.items()}
    return {"_links": {"self": {"href": app.href("people")}, **links}, "rel": "people"}


def _online_meetings(pool: Pool, call: Call, app: Application) -> Json:
    names = {
        "myOnlineMeetings": "myOnlineMeetings",
        "onlineMeetingDefaultValues": "defaultValues",
        "onlineMeetingEligibleValues": "eligibleValues",
        "onlineMeetingInvitationCustomization": "customInvitation",
        "onlineMeetingPolicies": "policies",
        "phoneDialInInformation": "phoneDialInInformation",
    }
    links = {"self": {"href": app.href("onlineMeetings")}}
    links |= {name: {"href": app.href("onlineMeetings", path)} for name, path in names.items()}
    assigned = assigned_segment(pool, app.owner)
    if assigned and not pool.faults.strikes("assigned-absent", call):
        href = app.href("onlineMeetings", "myOnlineMeetings", assigned)
        links["myAssignedOnlineMeeting"] = {"href": href}
    if pool.faults.strikes("meetings-forbidden", call):
        del links["myOnlineMeetings"]
    return {"_links": links, "rel": "onlineMeetings"}


def _communication(app: Application) -> Json:
    def href(name: str) -> str:
        return app.href("communication", name)

    return {
        app.odd_property: ODD_VALUE,
        "supportedModalities": [],
        "supportedMessageFormats": ["Plain"],
        "_links": {
            "self": {"href": app.href("communication")},
            "conversations": {"href": f"{href('conversations')}?filter=active"},
            "startMessaging": {"href": href("messagingInvitations")},
            "startOnlineMeeting": {"href": f"{href('onlineMeetingInvitations')}?onlineMeetingUri=adhoc"},
            "joinOnlineMeeting": {"href": href("onlineMeetingInvitations")},
        },
        "rel": "communication",
        "etag": "3140562359",
    }
