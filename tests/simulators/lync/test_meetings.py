"""myOnlineMeetings: create, list, read, delete, expire, and what a value may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.simulators.lync import LyncSimulator

from .ucwa import Ucwa, error, self_href

NAME_OF_ODD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def expiry(meeting: dict[str, Any]) -> float:
    match = re.fullmatch(r"/Date\((\d+)\)/", meeting["expirationTime"])
    assert match
    return int(match[1]) / 1000


def odd(meeting: dict[str, Any]) -> str:
    return next(name for name, value in meeting.items() if value == "please pass this in a PUT request")


def test_a_meeting_is_created_as_the_documentation_prints_it(ucwa: Ucwa) -> None:
    wanted = {
        "subject": "Fire safety - 12 May",
        "description": "[lms:8f1c] Class 09:00-10:30 UTC",
        "accessLevel": "Everyone",
        "automaticLeaderAssignment": "Disabled",
        "entryExitAnnouncement": "Disabled",
        "leaders": ["sip:trainer@contoso.example"],
        "attendees": ["sip:chris@contoso.example"],
        "expirationTime": "/Date(1893456000000)/",
        "phoneUserAdmission": "Disabled",
        "lobbyBypassForPhoneUsers": "Disabled",
    }
    answer = ucwa.post(ucwa.link("myOnlineMeetings"), wanted)
    content = answer.json()
    number = content["onlineMeetingId"]
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["etag"] == f'"{content["etag"]}"'
    assert {name: content[name] for name in wanted} == wanted
    assert r'"expirationTime":"\/Date(1893456000000)\/"' in answer.text
    assert re.fullmatch(r"[A-Z0-9]{8}", number)
    assert (
        content["onlineMeetingUri"] == f"sip:svc-lms@contoso.example;gruu;opaque=app:conf:focus:id:{number}"
    )
    assert content["joinUrl"] == f"https://meet.contoso.example/svc-lms/{number}"
    assert content["onlineMeetingRel"] == "myOnlineMeetings"
    assert content["organizerUri"] == "sip:svc-lms@contoso.example"
    assert content["rel"] == "myOnlineMeeting"
    assert NAME_OF_ODD.fullmatch(odd(content))
    assert self_href(content).endswith(f"/onlineMeetings/myOnlineMeetings/{number}")
    assert content["_links"]["onlineMeetingExtensions"]["href"] == self_href(content) + "/extensions"


def test_creating_can_answer_200(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("create-200")
    assert ucwa.post(ucwa.link("myOnlineMeetings"), {"subject": "x"}).status_code == 200


def test_everything_has_a_default(ucwa: Ucwa) -> None:
    content = ucwa.post(ucwa.link("myOnlineMeetings"), {}).json()
    assert content["accessLevel"] == "SameEnterprise"
    assert content["leaders"] == content["attendees"] == []
    assert "subject" not in content


def test_without_an_expiry_the_meeting_lives_eight_hours(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    now = ucwa.lync.pool.clock.now()
    assert abs(expiry(meeting) - now - 8 * 3600) < 60
    ucwa.lync.advance(8 * 3600 + 5)
    ucwa.sign_in().create()
    assert ucwa.listed() == []
    assert ucwa.lync.meetings()[0]["onlineMeetingRel"] == "myAssignedOnlineMeeting"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2030-01-01T00:00:00.000Z", 1893456000),
        ("2030-01-01T01:00:00+01:00", 1893456000),
        ("/Date(1893456000000)/", 1893456000),
        ("/Date(1893456000000+0000)/", 1893456000),
    ],
)
def test_dates_come_in_two_forms_and_go_out_in_one(ucwa: Ucwa, text: str, seconds: int) -> None:
    assert expiry(ucwa.schedule(expirationTime=text)) == seconds


@pytest.mark.parametrize(
    "text", ["tomorrow", "", "/Date(x)/", "2001-01-01T00:00:00Z", "/Date(99999999999999)/"]
)
def test_an_expiry_must_be_a_date_within_the_range(ucwa: Ucwa, text: str) -> None:
    answer = ucwa.post(ucwa.link("myOnlineMeetings"), {"subject": "x", "expirationTime": text})
    assert error(answer) == (400, "BadRequest", "ParameterValidationFailure")
    assert list(answer.json()["parameters"]) == ["expirationTime"]


@pytest.mark.parametrize("days", [-364, 3650])
def test_the_range_goes_from_one_year_ago_to_ten_years_ahead(ucwa: Ucwa, days: int) -> None:
    moment = int((ucwa.lync.pool.clock.now() + days * 86400) * 1000)
    answer = ucwa.post(ucwa.link("myOnlineMeetings"), {"expirationTime": f"/Date({moment})/"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "fields",
    [
        {"accessLevel": "None"},
        {"accessLevel": "Anybody"},
        {"automaticLeaderAssignment": "Some"},
        {"entryExitAnnouncement": "On"},
        {"lobbyBypassForPhoneUsers": "Yes"},
        {"phoneUserAdmission": "Maybe"},
        {"subject": "x" * 251},
        {"leaders": ["trainer@contoso.example"]},
        {"leaders": ["sip:guest@elsewhere.example"]},
        {"attendees": ["sip:guest@elsewhere.example"]},
        {"attendees": [7]},
    ],
)
def test_a_wrong_value_is_named(ucwa: Ucwa, fields: dict[str, Any]) -> None:
    answer = ucwa.post(ucwa.link("myOnlineMeetings"), fields)
    assert error(answer) == (400, "BadRequest", "ParameterValidationFailure")
    assert list(answer.json()["parameters"]) == list(fields)
    assert answer.json()["message"]
    assert ucwa.listed() == []


@pytest.mark.parametrize(
    "fields", [{"subject": 7}, {"leaders": "sip:a@contoso.example"}, {"expirationTime": 5}]
)
def test_a_wrong_type_cannot_be_read(ucwa: Ucwa, fields: dict[str, Any]) -> None:
    answer = ucwa.post(ucwa.link("myOnlineMeetings"), fields)
    assert error(answer) == (400, "BadRequest", "DeserializationFailure")


def test_unknown_properties_are_ignored_as_in_the_printed_example(ucwa: Ucwa) -> None:
    assert ucwa.schedule(attendanceAnnouncementsStatus="Disabled", leaders=[])["subject"] == "Class"


def test_only_eligible_values_are_taken(simulator: Callable[..., LyncSimulator]) -> None:
    lync = simulator(access_levels=("SameEnterprise", "Locked"), dial_in=False)
    client = Ucwa(lync).start()
    values = client.get(client.link("onlineMeetingEligibleValues")).json()
    assert values["accessLevels"] == ["SameEnterprise", "Locked"]
    href = client.link("myOnlineMeetings")
    assert client.post(href, {"accessLevel": "Everyone"}).status_code == 400
    assert client.post(href, {"phoneUserAdmission": "Enabled"}).status_code == 400
    assert client.post(href, {"accessLevel": "Locked"}).status_code == 201


def test_a_strict_directory_knows_its_people(simulator: Callable[..., LyncSimulator]) -> None:
    lync = simulator(strict_directory=True)
    client = Ucwa(lync).start()
    href, body = client.link("myOnlineMeetings"), {"leaders": ["sip:Ann@contoso.example"]}
    assert client.post(href, body).status_code == 400
    lync.add_person("ann@contoso.example", "Ann")
    assert client.post(href, body).status_code == 201


def test_dial_in_brings_a_conference_id(ucwa: Ucwa) -> None:
    assert ucwa.schedule(phoneUserAdmission="Enabled")["conferenceId"].isdigit()


def test_the_list_holds_the_assigned_meeting_and_the_scheduled_ones(ucwa: Ucwa) -> None:
    one, two = ucwa.schedule(subject="1"), ucwa.schedule(subject="2")
    content = ucwa.get(ucwa.link("myOnlineMeetings")).json()
    assert content["rel"] == "myOnlineMeetings"
    assigned = content["_embedded"]["myAssignedOnlineMeeting"]
    assert [each["rel"] for each in assigned] == ["myAssignedOnlineMeeting"]
    assert ucwa.full(self_href(assigned[0])) == ucwa.link("myAssignedOnlineMeeting")
    assert content["_embedded"]["myOnlineMeeting"] == [one, two]


def test_empty_arrays_are_missing(ucwa: Ucwa, simulator: Callable[..., LyncSimulator]) -> None:
    assert "myOnlineMeeting" not in ucwa.get(ucwa.link("myOnlineMeetings")).json()["_embedded"]
    bare = Ucwa(simulator(assigned_meeting=False)).start()
    assert "_embedded" not in bare.get(bare.link("myOnlineMeetings")).json()
    assert "myAssignedOnlineMeeting" not in bare.application["_embedded"]["onlineMeetings"]["_links"]


def test_nobody_sees_the_meetings_of_others(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    ucwa.lync.add_person("ann@contoso.example", "Ann", password="x")
    other = Ucwa(ucwa.lync, "ann@contoso.example", "x").start()
    assert other.listed() == []
    assert other.get(f"{other.link('myOnlineMeetings')}/{meeting['onlineMeetingId']}").status_code == 404


def test_a_meeting_outlives_its_application(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    ucwa.delete(self_href(ucwa.application))
    ucwa.create(EndpointId="another")
    assert [each["onlineMeetingUri"] for each in ucwa.listed()] == [meeting["onlineMeetingUri"]]
    assert self_href(ucwa.listed()[0]) != self_href(meeting)


def test_reading_again_can_be_spared(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    own, etag = self_href(meeting), meeting["etag"]
    assert ucwa.get(own).json() == meeting
    known = ucwa.get(own, headers={"If-None-Match": f'"{etag}"'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", f'"{etag}"')
    assert ucwa.get(own, headers={"If-None-Match": '"1"'}).status_code == 200


def test_deleting_needs_no_etag_and_happens_once(ucwa: Ucwa) -> None:
    own = self_href(ucwa.schedule())
    assert ucwa.delete(own).status_code == 204
    assert error(ucwa.delete(own)) == (404, "NotFound", None)
    assert error(ucwa.get(own)) == (404, "NotFound", None)


def test_there_is_a_limit_of_meetings(simulator: Callable[..., LyncSimulator]) -> None:
    client = Ucwa(simulator(max_meetings=2)).start()
    client.schedule()
    own = self_href(client.schedule())
    assert error(client.post(client.link("myOnlineMeetings"))) == (409, "Conflict", "TooManyOnlineMeetings")
    client.delete(own)
    assert client.schedule()


def test_the_limit_can_be_switched_on(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("too-many-meetings", count=1)
    assert error(ucwa.post(ucwa.link("myOnlineMeetings")))[2] == "TooManyOnlineMeetings"
    assert ucwa.schedule()


def test_posting_twice_makes_two_meetings(ucwa: Ucwa) -> None:
    assert ucwa.schedule()["onlineMeetingUri"] != ucwa.schedule()["onlineMeetingUri"]


def test_links_may_end_in_a_number(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("numeric-hrefs")
    meeting = ucwa.schedule()
    assert self_href(meeting).rsplit("/", 1)[1].isdigit()
    assert ucwa.get(self_href(meeting)).json() == meeting
    assert ucwa.get(f"{ucwa.link('myOnlineMeetings')}/{meeting['onlineMeetingId']}").status_code == 404


def test_the_assigned_meeting_has_a_number_too(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("numeric-hrefs")
    ucwa.create()
    assert ucwa.get(ucwa.link("myAssignedOnlineMeeting")).json()["rel"] == "myAssignedOnlineMeeting"


def test_the_odd_property_has_a_new_name_at_every_start(
    ucwa: Ucwa, simulator: Callable[..., LyncSimulator]
) -> None:
    assert odd(ucwa.schedule()) == odd(ucwa.schedule())
    assert odd(Ucwa(simulator()).start().schedule()) != odd(ucwa.schedule())


def test_the_odd_property_can_have_a_name_for_each_meeting(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("odd-property-varies")
    one, two = ucwa.schedule(), ucwa.schedule()
    assert odd(one) != odd(two)
    assert ucwa.put(self_href(one), one, f'"{one["etag"]}"').status_code == 200
    assert ucwa.put(self_href(two), {**two, odd(two): None, odd(one): two[odd(two)]}, "*").status_code == 400
