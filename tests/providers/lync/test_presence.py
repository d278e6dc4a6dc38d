"""The roster as the documentation prints its events."""

from datetime import UTC, datetime, timedelta

import pytest

from app.providers.lync.presence import Roster, events

T = datetime(2029, 5, 12, 9, 0, tzinfo=UTC)
JOHN = "/ucwa/oauth/v1/applications/105/conversations/21a1/participants/john@contoso.com"


def person(**changes):
    return {
        "rel": "participant",
        "name": "John",
        "uri": "sip:john@contoso.com",
        "inLobby": False,
        "anonymous": False,
    } | changes


def event(kind, link=JOHN, within=None, resource=None, rel="participant"):
    said = {"link": {"rel": rel, "href": link}, "type": kind}
    if within:
        said["in"] = {"rel": within, "href": f"/{within}"}
    if resource:
        said["_embedded"] = {rel: resource}
    return said


def answer(*happened, sender="conversation"):
    return {
        "_links": {"next": {"href": "/events?ack=2"}},
        "sender": [{"rel": sender, "events": list(happened)}],
    }


@pytest.fixture
def roster():
    return Roster("sip:svc-lms@contoso.com")


def told(roster, *happened, minutes=0):
    return roster.take(list(events(answer(*happened))), T + timedelta(minutes=minutes))


def test_from_added_to_deleted_is_an_interval(roster):
    (came,) = told(roster, event("added", resource=person()))
    assert (came.email, came.joined_at, came.left_at) == ("john@contoso.com", T, None)
    (went,) = told(roster, event("deleted"), minutes=50)
    assert went.instance == came.instance
    assert went.left_at - went.joined_at == timedelta(minutes=50)


def test_b20_the_lobby_is_not_the_meeting(roster):
    assert told(roster, event("added", resource=person(inLobby=True))) == []
    assert told(roster, event("added", within="lobby")) == []
    assert told(roster, event("deleted", within="lobby"), minutes=4) == []
    (came,) = told(roster, event("added", within="attendees"), minutes=5)
    assert came.joined_at == T + timedelta(minutes=5)


def test_promotion_neither_ends_nor_doubles_the_interval(roster):
    told(roster, event("added", resource=person()))
    assert (
        told(roster, event("deleted", within="attendees"), event("added", within="leaders"), minutes=5) == []
    )
    (went,) = told(roster, event("deleted"), minutes=50)
    assert went.joined_at == T


def test_b2_coming_back_is_a_second_row(roster):
    told(roster, event("added", resource=person()))
    (first,) = told(roster, event("deleted"), minutes=10)
    told(roster, event("added", resource=person()), minutes=20)
    (second,) = told(roster, event("deleted"), minutes=30)
    assert first.instance != second.instance


def test_b1_guests_phones_and_the_watching_account_are_nobody(roster):
    for nobody in (
        person(anonymous=True, uri="sip:a1b2@contoso.com"),
        person(uri="tel:+15550100"),
        person(local=True),
        person(uri="sip:SVC-LMS@contoso.com"),
        person(uri=None),
    ):
        assert told(roster, event("added", link=str(nobody), resource=nobody)) == []
    assert told(roster, event("added", rel="localParticipant", resource=person())) == []


def test_an_event_without_a_body_asks_for_the_resource(roster):
    happened = list(events(answer(event("added"))))
    assert roster.unknown(happened) == [JOHN]
    roster.describe(JOHN, person())
    assert roster.take(happened, T)[0].email == "john@contoso.com"


def test_when_the_watch_ends_everybody_leaves_at_the_last_moment_seen(roster):
    told(roster, event("added", resource=person()))
    (went,) = roster.close(T + timedelta(minutes=7))
    assert went.left_at == T + timedelta(minutes=7)
    assert roster.close(T + timedelta(minutes=8)) == []


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        {"sender": None},
        {"sender": [1, {"events": "x"}]},
        {"sender": [{"events": [{"link": {"href": 3}}, {"type": "added"}]}]},
    ],
)
def test_unreadable_events_are_passed_over(nonsense):
    assert list(events(nonsense)) == []
