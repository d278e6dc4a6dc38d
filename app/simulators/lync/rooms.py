"""People come and go: who is in a meeting, who waits, and which conversations hear of it."""

from __future__ import annotations

from app.simulators.lync import accounts, roster
from app.simulators.lync.state import Conversation, Invitation, Meeting, Participant, Pool, Room


def of(pool: Pool, meeting: Meeting) -> Room:
    """The room of a meeting."""
    return pool.rooms.setdefault(meeting.uri.lower(), Room(meeting))


def admission(pool: Pool, meeting: Meeting, person: Participant) -> None:
    """Decide role and lobby from who the person is and what the meeting allows.

    [judge] Phone users go straight in if the bypass is on or everyone may; a leader never waits.
    """
    address, organizer = accounts.bare(person.uri), meeting.organizer.address.lower()
    leaders = {accounts.bare(uri) for uri in meeting.leaders}
    invited = leaders | {accounts.bare(uri) for uri in meeting.attendees}
    colleague = not person.anonymous and not person.phone and accounts.of_organisation(pool, person.uri)
    person.organizer = address == organizer
    automatic = meeting.leader_assignment == "Everyone" or (
        meeting.leader_assignment == "SameEnterprise" and colleague
    )
    if person.organizer or address in leaders or automatic:
        person.role = "Leader"
    preset = person.organizer or address in leaders
    level = meeting.access_level
    person.in_lobby = not (
        preset
        or level == "Everyone"
        or (level == "SameEnterprise" and colleague)
        or (level == "Invited" and colleague and address in invited)
        or (person.phone != "" and meeting.lobby_bypass == "Enabled" and level != "Locked")
    )


def enter(pool: Pool, room: Room, person: Participant) -> None:
    """Somebody comes, into the meeting or into its lobby; coming twice is coming once."""
    if person.uri in room.participants:
        return
    room.participants[person.uri] = person
    for talk in _hearing(room, person):
        introduce(pool, talk, person)
        roster.tell_conversation(pool, talk, "updated")


def introduce(pool: Pool, talk: Conversation, person: Participant) -> None:
    """Two events: the person as such, and the list in which he is."""
    roster.tell_participant(pool, talk, person, "added")
    roster.tell_participant(pool, talk, person, "added", person.place, embed=False)


def leave(pool: Pool, room: Room, uri: str) -> None:
    """Somebody goes: first out of his list, then out of the meeting."""
    person = room.participants.pop(uri)
    for talk in _hearing(room, person):
        roster.tell_participant(pool, talk, person, "deleted", person.place, embed=False)
        roster.tell_participant(pool, talk, person, "deleted", embed=False)
        roster.tell_conversation(pool, talk, "updated")


def move(pool: Pool, room: Room, uri: str, *, role: str | None = None, in_lobby: bool | None = None) -> None:
    """Admit, promote, demote or send to the lobby: out of one list, into another."""
    person = room.participants[uri]
    former = person.place
    person.role = role or person.role
    person.in_lobby = person.in_lobby if in_lobby is None else in_lobby
    if person.place == former:
        return
    for talk in _hearing(room, person):
        roster.tell_participant(pool, talk, person, "deleted", former, embed=False)
        roster.tell_participant(pool, talk, person, "added", person.place)
        roster.tell_participant(pool, talk, person, "updated")
        if person.uri == talk.local_uri and former == "lobby":
            settle(pool, talk)


def settle(pool: Pool, talk: Conversation) -> None:
    """The local user is in: the conversation is a conference, and his invitation is complete."""
    talk.state = "Conferenced"
    for other in talk.room.participants.values():
        if other.uri != talk.local_uri:
            introduce(pool, talk, other)
    roster.tell_conversation(pool, talk, "updated")
    for invitation in _open_invitations(talk):
        invitation.state = "Connected"
        roster.tell_invitation(pool, invitation, "completed")


def end(pool: Pool, talk: Conversation, subcode: str = "") -> None:
    """A conversation is over; the local user leaves unless he sits in another one of the same meeting."""
    app, room = talk.application, talk.room
    app.conversations.pop(talk.id, None)
    if talk in room.conversations:
        room.conversations.remove(talk)
    reason = {"code": "Informational", "subcode": subcode} if subcode else None
    failure = {"code": "LocalFailure", "subcode": subcode or "Ended"}
    for invitation in _open_invitations(talk):
        invitation.state = "Failed"
        roster.tell_invitation(pool, invitation, "completed", failure)
    roster.tell_conversation(pool, talk, "deleted", reason)
    seats = {other.local_uri for other in room.conversations}
    if talk.local_uri in room.participants and talk.local_uri not in seats:
        leave(pool, room, talk.local_uri)


def close(pool: Pool, room: Room) -> None:
    """The meeting is over for everybody."""
    for talk in list(room.conversations):
        end(pool, talk, "Ended")
    room.participants.clear()


def _hearing(room: Room, person: Participant) -> list[Conversation]:
    """Who waits in the lobby hears of nobody but himself."""
    return [talk for talk in room.conversations if talk.state != "InLobby" or talk.local_uri == person.uri]


def _open_invitations(talk: Conversation) -> list[Invitation]:
    mine = (each for each in talk.application.invitations.values() if each.conversation is talk)
    return [each for each in mine if each.state == "Connecting"]
