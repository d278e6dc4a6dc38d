"""Joining, the event channel, and people who come and go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.simulators.lync import LyncSimulator

from .ucwa import Ucwa, error, self_href


class Channel:
    """Follows `next` and flattens what comes: (type, rel, in, resource)."""

    def __init__(self, client: Ucwa) -> None:
        self.client = client
        self.next = client.link("events")
        self.body: dict[str, Any] = {}

    def poll(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        self.body = self.client.get(self.next).json()
        links = self.body["_links"]
        self.next = self.client.full((links.get("next") or links.get("resume") or links["resync"])["href"])
        return [
            (e["type"], e["link"]["rel"], e.get("in", {}).get("rel", ""), e)
            for sender in self.body.get("sender", [])
            for e in sender["events"]
        ]

    def short(self) -> list[tuple[str, str, str]]:
        return [each[:3] for each in self.poll()]


@pytest.fixture
def meeting(ucwa: Ucwa) -> dict[str, Any]:
    return ucwa.schedule(accessLevel="Everyone")


@pytest.fixture
def inside(ucwa: Ucwa, meeting: dict[str, Any]) -> Channel:
    """The service account sits in the meeting and has read everything so far."""
    channel = Channel(ucwa)
    ucwa.join(meeting)
    channel.poll()
    return channel


def test_joining_is_told_step_by_step(ucwa: Ucwa, meeting: dict[str, Any]) -> None:
    ucwa.lync.join(meeting["onlineMeetingId"], "sip:chris@contoso.example", "Chris")
    answer = ucwa.join(meeting, operationId="op-7", importance="Normal", subject="Roster")
    assert (answer.status_code, answer.content) == (201, b"")
    channel = Channel(ucwa)
    events = channel.poll()
    assert [each[:3] for each in events] == [
        ("started", "onlineMeetingInvitation", ""),
        ("added", "conversation", ""),
        ("added", "localParticipant", ""),
        ("added", "localParticipant", "leaders"),
        ("added", "participant", ""),
        ("added", "participant", "attendees"),
        ("updated", "conversation", ""),
        ("completed", "onlineMeetingInvitation", ""),
    ]
    started, completed = events[0][3], events[-1][3]
    assert started["link"]["href"] == answer.headers["location"]
    assert started["_embedded"]["onlineMeetingInvitation"]["operationId"] == "op-7"
    assert started["_embedded"]["onlineMeetingInvitation"]["state"] == "Connecting"
    assert completed["_embedded"]["onlineMeetingInvitation"]["state"] == "Connected"
    assert completed["status"] == "Success"
    assert [each["rel"] for each in channel.body["sender"]] == [
        "communication",
        "conversation",
        "communication",
    ]
    assert channel.body["_links"]["self"]["href"].endswith("/events?ack=1")
    assert channel.body["_links"]["next"]["href"].endswith("/events?ack=2")
    assert ucwa.get(answer.headers["location"]).json()["state"] == "Connected"


def test_a_participant_is_printed_as_documented(ucwa: Ucwa, meeting: dict[str, Any]) -> None:
    ucwa.lync.join(meeting["onlineMeetingId"], "sip:chris@contoso.example", "Chris")
    ucwa.join(meeting)
    event = Channel(ucwa).poll()[4][3]
    person = event["_embedded"]["participant"]
    assert event["link"]["title"] == "Chris"
    assert event["link"]["href"].endswith("/participants/chris@contoso.example")
    assert {
        name: person[name] for name in ("name", "uri", "role", "anonymous", "inLobby", "local", "organizer")
    } == {
        "name": "Chris",
        "uri": "sip:chris@contoso.example",
        "role": "Attendee",
        "anonymous": False,
        "inLobby": False,
        "local": False,
        "organizer": False,
    }
    assert person["sourceNetwork"] == "SameEnterprise"
    assert {"self", "conversation", "contact", "eject", "promote"} == set(person["_links"])
    assert ucwa.get(event["link"]["href"]).json() == person


def test_the_local_participant_is_a_participant_by_its_inner_rel(ucwa: Ucwa, meeting: dict[str, Any]) -> None:
    ucwa.join(meeting)
    event = Channel(ucwa).poll()[2][3]
    local = event["_embedded"]["localParticipant"]
    assert (local["rel"], local["local"], local["organizer"], local["role"]) == (
        "participant",
        True,
        True,
        "Leader",
    )


def test_people_come_and_go(inside: Channel, meeting: dict[str, Any]) -> None:
    lync, name = inside.client.lync, meeting["onlineMeetingId"]
    uri = lync.join(name, "sip:chris@contoso.example", "Chris")
    assert inside.short() == [
        ("added", "participant", ""),
        ("added", "participant", "attendees"),
        ("updated", "conversation", ""),
    ]
    lync.promote(name, uri)
    assert inside.short() == [
        ("deleted", "participant", "attendees"),
        ("added", "participant", "leaders"),
        ("updated", "participant", ""),
    ]
    lync.demote(name, uri)
    assert inside.short()[:2] == [
        ("deleted", "participant", "leaders"),
        ("added", "participant", "attendees"),
    ]
    lync.leave(name, uri)
    assert inside.short() == [
        ("deleted", "participant", "attendees"),
        ("deleted", "participant", ""),
        ("updated", "conversation", ""),
    ]
    assert lync.participants(name)[0]["uri"] == "sip:svc-lms@contoso.example"


def test_the_lobby_is_left_by_admission(inside: Channel, meeting: dict[str, Any]) -> None:
    lync, name = inside.client.lync, meeting["onlineMeetingId"]
    uri = lync.join(name, "sip:chris@contoso.example", lobby=True)
    event = inside.poll()
    assert [each[:3] for each in event][:2] == [
        ("added", "participant", ""),
        ("added", "participant", "lobby"),
    ]
    person = event[0][3]["_embedded"]["participant"]
    assert person["inLobby"] is True
    assert {"admit", "reject"} <= set(person["_links"])
    lync.admit(name, uri)
    assert inside.short()[:2] == [("deleted", "participant", "lobby"), ("added", "participant", "attendees")]
    lync.to_lobby(name, uri)
    assert inside.short()[:2] == [("deleted", "participant", "attendees"), ("added", "participant", "lobby")]


def test_guests_and_phones_are_recognisable(inside: Channel, meeting: dict[str, Any]) -> None:
    lync, name = inside.client.lync, meeting["onlineMeetingId"]
    guest = lync.join(name, name="Joe", anonymous=True)
    phone = lync.join(name, phone="+15555550123")
    people = [e[3]["_embedded"]["participant"] for e in inside.poll() if e[0] == "added" and not e[2]]
    assert [(p["uri"], p["name"], p["anonymous"]) for p in people] == [
        (guest, "Joe", True),
        (phone, "+15555550123", False),
    ]
    assert guest.startswith("sip:")
    assert phone == people[1]["otherPhoneNumber"] == "tel:+15555550123"
    assert all("contact" not in p["_links"] for p in people)


@pytest.mark.parametrize(
    ("level", "waiting"),
    [
        ("Everyone", []),
        ("SameEnterprise", ["guest", "partner"]),
        ("Invited", ["colleague", "guest", "partner"]),
        ("Locked", ["invited", "colleague", "guest", "partner"]),
    ],
)
def test_the_access_level_decides_who_waits(ucwa: Ucwa, level: str, waiting: list[str]) -> None:
    meeting = ucwa.schedule(
        accessLevel=level, leaders=["sip:leader@contoso.example"], attendees=["sip:invited@contoso.example"]
    )
    lync, name = ucwa.lync, meeting["onlineMeetingId"]
    for person in ("leader", "invited", "colleague"):
        lync.join(name, f"sip:{person}@contoso.example", person)
    lync.join(name, name="guest", anonymous=True)
    lync.join(name, "sip:partner@elsewhere.example", "partner")
    people = lync.participants(name)
    assert [p["name"] for p in people if p["in_lobby"]] == waiting
    assert [p["name"] for p in people if p["role"] == "Leader"] == ["leader"]


def test_the_lists_of_a_conversation_can_be_read(inside: Channel, meeting: dict[str, Any]) -> None:
    client, lync = inside.client, inside.client.lync
    lync.join(meeting["onlineMeetingId"], "sip:chris@contoso.example", "Chris")
    lync.join(meeting["onlineMeetingId"], "sip:ann@contoso.example", "Ann", lobby=True)
    listed = client.get(client.link("conversations")).json()["_links"]["conversation"]
    talk = client.get(listed[0]["href"]).json()
    assert (talk["state"], talk["participantCount"]) == ("Conferenced", 2)
    names = {
        place: [p["title"] for p in client.get(talk["_links"][place]["href"]).json()["_links"]["participant"]]
        for place in ("participants", "attendees", "leaders", "lobby")
    }
    assert names == {
        "participants": ["LMS Service", "Chris", "Ann"],
        "attendees": ["Chris"],
        "leaders": ["LMS Service"],
        "lobby": ["Ann"],
    }
    online = client.get(talk["_links"]["onlineMeeting"]["href"]).json()
    assert (online["rel"], online["joinUrl"]) == ("onlineMeeting", meeting["joinUrl"])


def test_a_leader_acts_on_people_through_their_links(inside: Channel, meeting: dict[str, Any]) -> None:
    client, lync, name = inside.client, inside.client.lync, meeting["onlineMeetingId"]
    lync.join(name, "sip:chris@contoso.example", lobby=True)
    person = inside.poll()[0][3]["_embedded"]["participant"]
    assert client.post(person["_links"]["admit"]["href"]).status_code == 204
    person = client.get(self_href(person)).json()
    assert client.post(person["_links"]["promote"]["href"]).status_code == 204
    assert lync.participants(name)[1]["role"] == "Leader"
    assert client.post(person["_links"]["eject"]["href"]).status_code == 204
    assert client.get(self_href(person)).status_code == 404


def test_waiting_in_the_lobby_keeps_the_invitation_open(ucwa: Ucwa, meeting: dict[str, Any]) -> None:
    lync, name, channel = ucwa.lync, meeting["onlineMeetingId"], Channel(ucwa)
    lync.fault_on("lobby", count=1)
    ucwa.join(meeting)
    events = channel.poll()
    assert [each[:2] for each in events][:2] == [
        ("started", "onlineMeetingInvitation"),
        ("added", "conversation"),
    ]
    assert events[1][3]["_embedded"]["conversation"]["state"] == "InLobby"
    assert events[-1][:3] == ("added", "localParticipant", "lobby")
    lync.join(name, "sip:chris@contoso.example")
    assert channel.short() == []
    lync.admit(name, lync.user)
    after = channel.short()
    assert ("added", "participant", "attendees") in after
    assert after[-1] == ("completed", "onlineMeetingInvitation", "")


def test_leaving_the_lobby_fails_the_invitation(ucwa: Ucwa, meeting: dict[str, Any]) -> None:
    channel = Channel(ucwa)
    ucwa.lync.fault_on("lobby", count=1)
    ucwa.join(meeting)
    talk = channel.poll()[1][3]["link"]["href"]
    ucwa.delete(talk)
    completed, deleted = channel.poll()
    assert completed[:2] == ("completed", "onlineMeetingInvitation")
    assert completed[3]["status"] == "Failure"
    assert deleted[:2] == ("deleted", "conversation")


def test_one_account_may_sit_in_a_meeting_twice(ucwa: Ucwa, meeting: dict[str, Any]) -> None:
    other = Ucwa(ucwa.lync).sign_in()
    other.create(EndpointId="another")
    ucwa.join(meeting)
    other.join(meeting)
    name = meeting["onlineMeetingId"]
    assert len(ucwa.lync.participants(name)) == 1
    ucwa.delete(self_href(ucwa.application))
    assert len(ucwa.lync.participants(name)) == 1
    other.delete(self_href(other.application))
    assert ucwa.lync.participants(name) == []


def test_a_join_can_fail(ucwa: Ucwa, meeting: dict[str, Any]) -> None:
    ucwa.lync.fault_on("join-fails")
    assert ucwa.join(meeting).status_code == 201
    completed = Channel(ucwa).poll()[-1][3]
    assert completed["status"] == "Failure"
    assert completed["reason"]["code"]
    assert completed["_embedded"]["onlineMeetingInvitation"]["state"] == "Failed"


def test_there_must_be_a_meeting_to_join(ucwa: Ucwa) -> None:
    answer = ucwa.join({"onlineMeetingUri": "sip:a@contoso.example;gruu;opaque=app:conf:focus:id:NOTHERE1"})
    assert error(answer) == (404, "NotFound", "DestinationNotFound")


@pytest.mark.parametrize(
    "fields", [{"operationId": "x" * 51}, {"subject": "x" * 251}, {"importance": "High"}]
)
def test_a_join_is_checked(ucwa: Ucwa, meeting: dict[str, Any], fields: dict[str, str]) -> None:
    assert error(ucwa.join(meeting, **fields))[2] == "ParameterValidationFailure"


def test_without_a_meeting_a_new_one_is_made(ucwa: Ucwa) -> None:
    assert ucwa.post(ucwa.link("startOnlineMeeting"), {"operationId": "1"}).status_code == 201
    assert len(ucwa.listed()) == 1


def test_leaving_ends_the_conversation_but_not_the_meeting(inside: Channel, meeting: dict[str, Any]) -> None:
    client = inside.client
    talk = client.get(client.link("conversations")).json()["_links"]["conversation"][0]["href"]
    assert client.delete(talk).status_code == 204
    assert inside.short() == [("deleted", "conversation", "")]
    assert error(client.get(talk)) == (404, "NotFound", "ConversationNotFound")
    assert client.lync.participants(meeting["onlineMeetingId"]) == []
    assert len(client.listed()) == 1


def test_deleting_the_meeting_ends_the_conversation(inside: Channel, meeting: dict[str, Any]) -> None:
    inside.client.delete(self_href(meeting))
    event = inside.poll()[0]
    assert event[:2] == ("deleted", "conversation")
    assert event[3]["reason"]["subcode"] == "Ended"


def test_events_may_come_without_their_resources(ucwa: Ucwa, meeting: dict[str, Any]) -> None:
    ucwa.lync.fault_on("events-without-body")
    ucwa.join(meeting)
    events = Channel(ucwa).poll()
    assert all("_embedded" not in each[3] for each in events)
    assert ucwa.get(events[1][3]["link"]["href"]).json()["rel"] == "conversation"


# the channel itself


def test_a_quiet_poll_ends_with_next_alone(ucwa: Ucwa) -> None:
    started = time.monotonic()
    channel = Channel(ucwa)
    assert channel.poll() == []
    assert time.monotonic() - started >= 0.3
    assert set(channel.body) == {"_links"}
    assert set(channel.body["_links"]) == {"self", "next"}


def test_an_event_wakes_the_poll_that_waits(simulator: Callable[..., LyncSimulator]) -> None:
    lync = simulator(shortest_poll=20)
    client = Ucwa(lync).start()
    meeting = client.schedule()
    client.join(meeting)
    channel = Channel(client)
    channel.poll()
    timer = threading.Timer(0.2, lync.join, (meeting["onlineMeetingId"], "sip:chris@contoso.example"))
    timer.start()
    started = time.monotonic()
    assert ("added", "participant", "") in channel.short()
    assert time.monotonic() - started < 15


def test_every_event_comes_once(inside: Channel, meeting: dict[str, Any]) -> None:
    inside.client.lync.join(meeting["onlineMeetingId"], "sip:chris@contoso.example")
    assert inside.short() != []
    assert inside.short() == []


def test_a_lost_package_is_sent_again_for_the_same_number(inside: Channel, meeting: dict[str, Any]) -> None:
    inside.client.lync.join(meeting["onlineMeetingId"], "sip:chris@contoso.example")
    href = inside.next
    first, again = inside.client.get(href).json(), inside.client.get(href).json()
    assert first == again


def test_a_wrong_number_gets_nothing_but_resync(inside: Channel) -> None:
    href = inside.client.link("events").replace("ack=1", "ack=99")
    content = inside.client.get(href).json()
    assert list(content["_links"]) == ["resync"]
    assert list(content) == ["_links"]
    assert "next" in inside.client.get(content["_links"]["resync"]["href"]).json()["_links"]


def _parallel(client: Ucwa, *hrefs: str) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(hrefs)) as threads:
        waiting = []
        for href in hrefs:
            waiting.append(threads.submit(client.get, href))
            time.sleep(0.1)
        return [each.result() for each in waiting]


def test_a_second_poll_replaces_the_first(simulator: Callable[..., LyncSimulator]) -> None:
    client = Ucwa(simulator(shortest_poll=1)).start()
    href = client.link("events")
    first, second = _parallel(client, href, href)
    assert error(first) == (409, "Conflict", "PGetReplaced")
    assert second.status_code == 200


def test_a_poll_of_lower_priority_replaces_nothing(simulator: Callable[..., LyncSimulator]) -> None:
    client = Ucwa(simulator(shortest_poll=1)).start()
    href = client.link("events")
    first, second = _parallel(client, f"{href}&priority=5", href)
    assert first.status_code == 200
    assert error(second)[2] == "PGetReplaced"


def test_a_poll_is_released_when_its_application_ends(simulator: Callable[..., LyncSimulator]) -> None:
    lync = simulator(shortest_poll=20)
    client = Ucwa(lync).start()
    threading.Timer(0.2, lync.drop_applications).start()
    assert error(client.get(client.link("events"))) == (404, "NotFound", "ApplicationNotFound")


@pytest.mark.parametrize("query", ["timeout=0.1", "timeout=1801", "medium=4", "low=1801", "priority=x"])
def test_timing_has_its_limits(ucwa: Ucwa, query: str) -> None:
    assert error(ucwa.get(f"{ucwa.link('events')}&{query}"))[2] == "ParameterValidationFailure"


def test_the_documented_limits_hold_unless_shortened() -> None:
    with LyncSimulator() as lync:
        client = Ucwa(lync).start()
        assert client.get(client.link("events") + "&timeout=179").status_code == 400


def test_timing_is_remembered(ucwa: Ucwa) -> None:
    channel = Channel(ucwa)
    channel.next += "&timeout=0.6&medium=5&low=15"
    channel.poll()
    started = time.monotonic()
    channel.poll()
    assert time.monotonic() - started >= 0.6


def test_after_a_long_silence_the_conversations_are_gone(inside: Channel, meeting: dict[str, Any]) -> None:
    client = inside.client
    client.lync.advance(1000)
    assert inside.poll() == []
    assert set(inside.body["_links"]) == {"self", "resume"}
    assert "conversation" not in client.get(client.link("conversations")).json()["_links"]
    assert inside.poll() == []
    assert "next" in inside.body["_links"]
    assert client.join(meeting).status_code == 201


def test_resume_resync_and_replacement_can_be_switched_on(inside: Channel) -> None:
    lync = inside.client.lync
    lync.fault_on("channel-resume", count=1)
    inside.poll()
    assert "resume" in inside.body["_links"]
    lync.fault_on("channel-resync", count=1)
    inside.poll()
    assert list(inside.body["_links"]) == ["resync"]
    inside.poll()
    lync.fault_on("poll-replaced", count=1)
    assert error(inside.client.get(inside.next))[2] == "PGetReplaced"


def test_aggregation_hides_short_visits(simulator: Callable[..., LyncSimulator]) -> None:
    lync = simulator(aggregation=0.1)
    client = Ucwa(lync).start()
    meeting = client.schedule()
    client.join(meeting)
    channel = Channel(client)
    channel.poll()
    lync.leave(meeting["onlineMeetingId"], lync.join(meeting["onlineMeetingId"], "sip:chris@contoso.example"))
    assert {rel for _, rel, _ in channel.short()} == {"conversation"}
