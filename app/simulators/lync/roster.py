"""Conversations, invitations and participants as UCWA prints them, alone or inside an event."""

from __future__ import annotations

from app.simulators.lync import dates
from app.simulators.lync.channel import Event
from app.simulators.lync.state import Conversation, Invitation, Participant, Pool
from app.simulators.lync.wire import Json


def conversation_resource(talk: Conversation) -> Json:
    """The local user's view of the meeting; the lists appear once he is let in."""
    names = ["onlineMeeting", "localParticipant", "participants", "messaging"]
    if talk.state != "InLobby":
        names += ["attendees", "leaders", "lobby"]
    links = {name: {"href": talk.href(name)} for name in names}
    links["localParticipant"] = {"href": talk.href("participants", _segment(talk.local_uri))}
    return {
        "activeModalities": [],
        "audienceMessaging": "Enabled",
        "created": dates.written(talk.created_at),
        "importance": talk.importance,
        "participantCount": sum(not each.in_lobby for each in talk.room.participants.values()),
        "readLocally": True,
        "recording": False,
        "state": talk.state,
        "subject": talk.subject or talk.room.meeting.subject or "",
        "threadId": talk.room.meeting.conversation_id.replace("-", ""),
        "_links": {"self": {"href": talk.href()}, **links},
        "rel": "conversation",
    }


def participant_href(talk: Conversation, person: Participant) -> str:
    """The address of a participant ends in the SIP address."""
    return talk.href("participants", _segment(person.uri))


def participant_resource(talk: Conversation, person: Participant) -> Json:
    """One person; what may be done to him is said by the links that are there."""
    own, local = participant_href(talk, person), person.uri == talk.local_uri
    links = {"self": {"href": own}, "conversation": {"href": talk.href()}}
    if local:
        links["me"] = {"href": talk.application.href("me")}
    elif not person.anonymous and person.uri.startswith("sip:"):
        links["contact"] = {"href": talk.application.href("people", _segment(person.uri))}
    if leads(talk) and not local:
        links |= {name: {"href": f"{own}/{name}"} for name in _actions(person)}
    content: Json = {
        "anonymous": person.anonymous,
        "inLobby": person.in_lobby,
        "local": local,
        "name": person.name,
        "organizer": person.organizer,
        "role": person.role,
        "sourceNetwork": person.source_network,
        "uri": person.uri,
    }
    if person.phone:
        content["otherPhoneNumber"] = person.phone
    return {**content, "_links": links, "rel": "participant"}


def invitation_resource(invitation: Invitation) -> Json:
    """A join under way; its link to the conversation is there from the start."""
    own = invitation.conversation.application.href("communication", "onlineMeetingInvitations", invitation.id)
    return {
        "direction": "Outgoing",
        "importance": invitation.importance,
        "onlineMeetingUri": invitation.meeting_uri,
        "operationId": invitation.operation_id,
        "state": invitation.state,
        "subject": invitation.subject,
        "_links": {"self": {"href": own}, "conversation": {"href": invitation.conversation.href()}},
        "rel": "onlineMeetingInvitation",
    }


def leads(talk: Conversation) -> bool:
    """Is the local user a leader, so that he may admit, promote and eject?"""
    local = talk.room.participants.get(talk.local_uri)
    return bool(local and local.role == "Leader" and not local.in_lobby)


def tell_participant(
    pool: Pool, talk: Conversation, person: Participant, kind: str, place: str = "", *, embed: bool = True
) -> None:
    """Queue an event about a person; with `place` it concerns that list only."""
    rel = "localParticipant" if person.uri == talk.local_uri else "participant"
    href = participant_href(talk, person)
    body: Json = {"link": {"rel": rel, "href": href, "title": person.name}}
    if place:
        body["in"] = {"rel": place, "href": talk.href(place)}
    if embed and not pool.faults.is_on("events-without-body"):
        body["_embedded"] = {rel: participant_resource(talk, person)}
    body["type"] = kind
    talk.application.channel.tell(Event("conversation", talk.href(), body))


def tell_conversation(pool: Pool, talk: Conversation, kind: str, reason: Json | None = None) -> None:
    """Queue an event about the conversation itself."""
    body: Json = {"link": {"rel": "conversation", "href": talk.href()}}
    if kind != "deleted" and not pool.faults.is_on("events-without-body"):
        body["_embedded"] = {"conversation": conversation_resource(talk)}
    body["type"] = kind
    if reason:
        body["reason"] = reason
    _from_communication(talk, body)


def tell_invitation(pool: Pool, invitation: Invitation, kind: str, reason: Json | None = None) -> None:
    """Queue an event about a join; a completed one says whether it worked."""
    content = invitation_resource(invitation)
    href = content["_links"]["self"]["href"]
    body: Json = {"link": {"rel": "onlineMeetingInvitation", "href": href}}
    if not pool.faults.is_on("events-without-body"):
        body["_embedded"] = {"onlineMeetingInvitation": content}
    body["type"] = kind
    if kind == "completed":
        body["status"] = "Failure" if reason else "Success"
    if reason:
        body["reason"] = reason
    _from_communication(invitation.conversation, body)


def _from_communication(talk: Conversation, body: Json) -> None:
    app = talk.application
    app.channel.tell(Event("communication", app.href("communication"), body))


def _actions(person: Participant) -> list[str]:
    if person.in_lobby:
        return ["admit", "reject"]
    return ["eject", "demote" if person.role == "Leader" else "promote"]


def _segment(uri: str) -> str:
    return uri.partition(":")[2]
