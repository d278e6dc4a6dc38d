"""Applications: creation, sameness, limits, end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.simulators.lync import LyncSimulator

from .ucwa import APPLICATION, Ucwa, error, self_href


def test_the_application_embeds_its_four_resources(ucwa: Ucwa) -> None:
    content = ucwa.application
    assert content["culture"] == "en-US"
    assert content["userAgent"] == "Tests/1.0"
    assert set(content["_links"]) == {"self", "policies", "batch", "events"}
    assert content["_links"]["events"]["href"].endswith("/events?ack=1")
    assert set(content["_embedded"]) == {"me", "people", "onlineMeetings", "communication"}
    assert content["_embedded"]["me"]["uri"] == "sip:svc-lms@contoso.example"
    assert self_href(content).startswith("/ucwa/oauth/v1/applications/")
    assert set(content["_embedded"]["onlineMeetings"]["_links"]) == {
        "self",
        "myOnlineMeetings",
        "onlineMeetingDefaultValues",
        "onlineMeetingEligibleValues",
        "onlineMeetingInvitationCustomization",
        "onlineMeetingPolicies",
        "phoneDialInInformation",
        "myAssignedOnlineMeeting",
    }


def test_creation_answers_201_with_the_photo_cookie(lync: LyncSimulator) -> None:
    answer = Ucwa(lync).sign_in().create()
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "/photos; secure; HttpOnly" in answer.headers["set-cookie"]


def test_every_link_of_the_application_that_is_simulated_answers(ucwa: Ucwa) -> None:
    names = [
        "self",
        "policies",
        "onlineMeetingDefaultValues",
        "onlineMeetingEligibleValues",
        "myOnlineMeetings",
    ]
    names += ["onlineMeetingInvitationCustomization", "onlineMeetingPolicies", "phoneDialInInformation"]
    names += ["myAssignedOnlineMeeting", "conversations"]
    for name in names:
        assert ucwa.get(ucwa.link(name)).status_code == 200, name
    for name, part in ucwa.application["_embedded"].items():
        assert ucwa.get(self_href(part)).json()["rel"] == name


@pytest.mark.parametrize("name", ["UserAgent", "userAgent", "USERAGENT"])
def test_field_names_come_in_any_case(lync: LyncSimulator, name: str) -> None:
    client = Ucwa(lync).sign_in()
    body = {name: "x", "endpointId": "e", "Culture": "en-US"}
    assert client.http.post(client.applications_href(), json=body).status_code == 201


@pytest.mark.parametrize("name", ["UserAgent", "EndpointId", "Culture"])
@pytest.mark.parametrize("value", [None, "", "x" * 101, 7])
def test_required_fields_are_required(lync: LyncSimulator, name: str, value: Any) -> None:
    answer = Ucwa(lync).sign_in().create(**{name: value})
    assert error(answer) == (400, "BadRequest", "ParameterValidationFailure")
    assert list(answer.json()["parameters"]) == [name[0].lower() + name[1:]]


def test_a_hundred_characters_are_allowed(lync: LyncSimulator) -> None:
    assert Ucwa(lync).sign_in().create(UserAgent="x" * 100).status_code == 201


def test_the_same_instance_gets_its_running_application_back(lync: LyncSimulator) -> None:
    client = Ucwa(lync).sign_in()
    modern = {"X-MS-RequiresMinResourceVersion": "2"}
    first = client.create(modern, instanceId="i")
    again = client.create(modern, instanceId="i")
    assert (first.status_code, again.status_code) == (201, 200)
    assert self_href(first.json()) == self_href(again.json())


def test_without_the_header_the_same_application_is_created_again(lync: LyncSimulator) -> None:
    client = Ucwa(lync).sign_in()
    first, again = client.create(), client.create()
    assert (first.status_code, again.status_code) == (201, 201)
    assert self_href(first.json()) == self_href(again.json())
    other = client.create(EndpointId="another")
    assert self_href(other.json()) != self_href(first.json())


def test_there_is_a_limit_of_applications_for_a_user(simulator: Callable[..., LyncSimulator]) -> None:
    client = Ucwa(simulator(max_applications=2)).sign_in()
    assert [client.create(EndpointId=each).status_code for each in "ab"] == [201, 201]
    assert error(client.create(EndpointId="c")) == (410, "Gone", "TooManyApplications")
    client.delete(self_href(client.application))
    assert client.create(EndpointId="c").status_code == 201


def test_deleting_signs_out(ucwa: Ucwa) -> None:
    own = self_href(ucwa.application)
    assert ucwa.delete(own).status_code == 204
    assert error(ucwa.get(own)) == (404, "NotFound", "ApplicationNotFound")
    assert error(ucwa.get(ucwa.link("myOnlineMeetings"))) == (404, "NotFound", "ApplicationNotFound")


def test_an_idle_application_is_gone(ucwa: Ucwa) -> None:
    ucwa.lync.advance(1801)
    assert error(ucwa.get(ucwa.link("myOnlineMeetings"))) == (404, "NotFound", "ApplicationNotFound")
    assert ucwa.create().status_code == 201
    assert ucwa.listed() == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("application-gone", (404, "NotFound", "ApplicationNotFound")),
        ("application-expired", (410, "Gone", "InactiveApplicationExpired")),
    ],
)
def test_an_application_can_end_at_any_request(
    ucwa: Ucwa, fault: str, expected: tuple[int, str, str]
) -> None:
    ucwa.lync.fault_on(fault, count=1)
    assert error(ucwa.get(ucwa.link("myOnlineMeetings"))) == expected
    assert error(ucwa.get(ucwa.link("myOnlineMeetings")))[2] == "ApplicationNotFound"
    assert ucwa.create().status_code == 201


@pytest.mark.parametrize(
    ("fault", "subcode"),
    [
        ("too-many-applications", "TooManyApplications"),
        ("user-agent-banned", "UserAgentNotAllowed"),
        ("cannot-redirect", "CannotRedirect"),
    ],
)
def test_creation_can_be_refused(lync: LyncSimulator, fault: str, subcode: str) -> None:
    client = Ucwa(lync).sign_in()
    lync.fault_on(fault)
    assert error(client.create()) == (410, "Gone", subcode)


def test_a_banned_user_agent_is_refused(simulator: Callable[..., LyncSimulator]) -> None:
    client = Ucwa(simulator(user_agents_banned=("Tests/1.0",))).sign_in()
    assert error(client.create())[2] == "UserAgentNotAllowed"


@pytest.mark.parametrize(
    ("fault", "link"),
    [("meetings-forbidden", "myOnlineMeetings"), ("assigned-absent", "myAssignedOnlineMeeting")],
)
def test_a_link_may_be_absent(lync: LyncSimulator, fault: str, link: str) -> None:
    lync.fault_on(fault)
    client = Ucwa(lync).start()
    assert link not in client.application["_embedded"]["onlineMeetings"]["_links"]


def test_the_path_prefix_is_the_servers_own_affair(simulator: Callable[..., LyncSimulator]) -> None:
    client = Ucwa(simulator(path_prefix="/ucwa/v1")).start()
    assert self_href(client.application).startswith("/ucwa/v1/applications/")
    assert client.schedule()["onlineMeetingId"]


def test_making_oneself_available_happens_once(ucwa: Ucwa) -> None:
    me = ucwa.application["_embedded"]["me"]["_links"]
    activity = me["makeMeAvailable"]["href"].replace("makeMeAvailable", "reportMyActivity")
    assert error(ucwa.post(activity)) == (409, "Conflict", "MakeMeAvailableRequired")
    assert ucwa.post(me["makeMeAvailable"]["href"]).status_code == 204
    assert ucwa.post(me["makeMeAvailable"]["href"]).status_code == 409
    assert ucwa.post(activity).status_code == 204


def test_what_is_not_simulated_says_so(ucwa: Ucwa) -> None:
    assert ucwa.post(ucwa.link("batch")).status_code == 501
    assert ucwa.get(ucwa.link("photo")).status_code == 404
    assert ucwa.get(ucwa.link("self"), headers={"Accept": "application/xml"}).status_code == 406


def test_bodies_must_be_json_objects(lync: LyncSimulator) -> None:
    client = Ucwa(lync).sign_in()
    href = client.applications_href()
    json = {"Content-Type": "application/json"}
    assert error(client.http.post(href, content="{", headers=json)) == (
        400,
        "BadRequest",
        "DeserializationFailure",
    )
    assert error(client.http.post(href, content="[]", headers=json))[2] == "DeserializationFailure"
    assert client.http.post(href, data=APPLICATION).status_code == 415
    assert client.http.post(href, content=b"x" * 300_000, headers=json).status_code == 413
