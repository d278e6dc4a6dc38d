"""Joining a meeting, looking around in it, and acting on the people there."""

from __future__ import annotations

from app.simulators.lync import drafts, meetings, rooms, roster
from app.simulators.lync.state import Application, Conversation, Invitation, Meeting, Participant, Pool
from app.simulators.lync.wire import Answer, Call, Json, UcwaError, invalid, nothing, resource

_IMPORTANCE = ("Normal", "Urgent", "Emergency")
_LIMITS = {"operationId": 50, "subject": 250}


def join(pool: Pool, call: Call, app: Application) -> Answer:
    """POST joinOnlineMeeting: 201 with a Location and no body; the rest comes by events."""
    body = call.json() if call.body else {}
    _check(body)
    meeting = _meeting(pool, app, body.get("onlineMeetingUri") or call.query.get("onlineMeetingUri") or "")
    invitation = _invite(pool, app, meeting, body)
    roster.tell_invitation(pool, invitation, "started")
    if pool.faults.strikes("join-fails", call):
        _fail(pool, invitation)
    else:
        _take_seat(pool, invitation.conversation, waits=pool.faults.strikes("lobby", call))
    location = roster.invitation_resource(invitation)["_links"]["self"]["href"]
    return nothing(201, ("Location", location))


def invitation(pool: Pool, call: Call, app: Application) -> Answer:
    """GET an invitation."""
    found = app.invitations.get(call.params["invitation"])
    if found is None:
        raise UcwaError(404, "", "The resource does not exist.")
    return resource(roster.invitation_resource(found))


def listing(pool: Pool, call: Call, app: Application) -> Answer:
    """GET conversations: links only."""
    own = app.href("communication", "conversations")
    links: Json = {"self": {"href": f"{own}?filter=active"}}
    if app.conversations:
        links["conversation"] = [{"href": talk.href()} for talk in app.conversations.values()]
    return resource({"_links": links, "rel": "conversations"})


def read(pool: Pool, call: Call, app: Application) -> Answer:
    """GET a conversation."""
    return resource(roster.conversation_resource(_talk(call, app)))


def leave(pool: Pool, call: Call, app: Application) -> Answer:
    """DELETE a conversation: the user leaves, the others stay."""
    rooms.end(pool, _talk(call, app))
    return nothing()


def online_meeting(pool: Pool, call: Call, app: Application) -> Answer:
    """GET the meeting of a conversation, read-only."""
    talk = _talk(call, app)
    content = meetings.properties(pool, talk.room.meeting)
    links = {"self": {"href": talk.href("onlineMeeting")}, "conversation": {"href": talk.href()}}
    organizer = talk.room.meeting.organizer
    return resource({**content, "organizerName": organizer.name, "_links": links, "rel": "onlineMeeting"})


def people(pool: Pool, call: Call, app: Application) -> Answer:
    """GET participants, attendees, leaders or lobby: links with names."""
    talk, place = _talk(call, app), call.params["place"]
    found = [p for p in talk.room.participants.values() if place in ("participants", p.place)]
    links: Json = {"self": {"href": talk.href(place)}}
    if found:
        links["participant"] = [{"href": roster.participant_href(talk, p), "title": p.name} for p in found]
    return resource({"_links": links, "rel": place})


def participant(pool: Pool, call: Call, app: Application) -> Answer:
    """GET one person."""
    talk = _talk(call, app)
    return resource(roster.participant_resource(talk, _person(call, talk)))


def act(pool: Pool, call: Call, app: Application) -> Answer:
    """POST admit, reject, eject, promote, demote: for leaders only."""
    talk = _talk(call, app)
    person, action = _person(call, talk), call.params["action"].lower()
    if not roster.leads(talk):
        raise UcwaError(403, "", "Only a leader may do this.")
    if action in ("reject", "eject"):
        rooms.leave(pool, talk.room, person.uri)
    elif action == "admit":
        rooms.move(pool, talk.room, person.uri, in_lobby=False)
    else:
        rooms.move(pool, talk.room, person.uri, role="Leader" if action == "promote" else "Attendee")
    return nothing()


def _check(body: Json) -> None:
    wrong = {
        name: f"A string of at most {limit} characters."
        for name, limit in _LIMITS.items()
        if name in body and not (isinstance(body[name], str) and len(body[name]) <= limit)
    }
    if body.get("importance", "Normal") not in _IMPORTANCE:
        wrong["importance"] = f"One of {', '.join(_IMPORTANCE)}."
    if not isinstance(body.get("onlineMeetingUri", ""), str):
        wrong["onlineMeetingUri"] = "A string."
    if wrong:
        raise invalid("A parameter value is not valid.", **wrong)


def _meeting(pool: Pool, app: Application, uri: str) -> Meeting:
    """The meeting to join; none, or `adhoc`, makes a new one as the documentation says."""
    living = {meeting.uri.lower(): meeting for meeting in meetings.living(pool)}
    if uri.lower() in ("", "adhoc"):
        return meetings.schedule(pool, app.owner, drafts.read(pool, {}))
    meeting = living.get(uri.strip().lower())
    if meeting is None:
        raise UcwaError(404, "DestinationNotFound", "The meeting could not be found.")
    return meeting


def _invite(pool: Pool, app: Application, meeting: Meeting, body: Json) -> Invitation:
    talk = Conversation(
        id=f"{pool.random.getrandbits(32):x}",
        application=app,
        room=rooms.of(pool, meeting),
        local_uri=app.owner.uri,
        subject=body.get("subject") or "",
        importance=body.get("importance") or "Normal",
        created_at=pool.clock.now(),
    )
    invited = Invitation(
        id=f"i{len(app.invitations) + 1}",
        conversation=talk,
        meeting_uri=meeting.uri,
        operation_id=body.get("operationId") or "",
        importance=talk.importance,
        subject=talk.subject,
    )
    app.invitations[invited.id] = invited
    return invited


def _take_seat(pool: Pool, talk: Conversation, waits: bool) -> None:
    """The conversation is added first, then the user himself, then everybody who was there before him."""
    room, owner = talk.room, talk.application.owner
    person = room.participants.get(owner.uri)
    arrived = person is None
    if person is None:
        person = Participant(owner.uri, owner.name)
        rooms.admission(pool, room.meeting, person)
    person.in_lobby = person.in_lobby or waits
    talk.state = "InLobby" if person.in_lobby else "Conferencing"
    talk.application.conversations[talk.id] = talk
    roster.tell_conversation(pool, talk, "added")
    if arrived:
        rooms.enter(pool, room, person)
    room.conversations.append(talk)
    rooms.introduce(pool, talk, person)
    if not person.in_lobby:
        rooms.settle(pool, talk)


def _fail(pool: Pool, invited: Invitation) -> None:
    invited.state = "Failed"
    reason = {"code": "ServiceFailure", "subcode": "ConnectionFailure", "message": "The join failed."}
    roster.tell_invitation(pool, invited, "completed", reason)


def _talk(call: Call, app: Application) -> Conversation:
    talk = app.conversations.get(call.params["conversation"].lower())
    if talk is None:
        raise UcwaError(404, "ConversationNotFound", "The conversation does not exist.")
    return talk


def _person(call: Call, talk: Conversation) -> Participant:
    wanted = call.params["participant"].lower()
    for uri, person in talk.room.participants.items():
        if uri.partition(":")[2].lower() == wanted:
            return person
    raise UcwaError(404, "", "The participant is not in the conversation.")
