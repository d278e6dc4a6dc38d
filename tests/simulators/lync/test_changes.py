"""PUT: preconditions, the odd property, replacement of the whole; and extensions."""

from __future__ import annotations

from typing import Any

import pytest

from .test_meetings import odd
from .ucwa import Ucwa, error, self_href


def quoted(meeting: dict[str, Any]) -> str:
    return f'"{meeting["etag"]}"'


def test_a_change_gives_a_new_etag(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule(description="old")
    answer = ucwa.put(self_href(meeting), {**meeting, "description": "new"}, quoted(meeting))
    changed = answer.json()
    assert answer.status_code == 200
    assert changed["etag"] != meeting["etag"]
    assert answer.headers["etag"] == quoted(changed)
    assert {**changed, "etag": "", "description": ""} == {**meeting, "etag": "", "description": ""}
    assert ucwa.get(self_href(meeting)).json() == changed


def test_the_printed_put_example_works(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    body = {
        **meeting,
        "expirationTime": "2030-02-07T01:17:18.000Z",
        "attendanceAnnouncementsStatus": "Disabled",
    }
    changed = ucwa.put(self_href(meeting), body, quoted(meeting)).json()
    assert changed["expirationTime"] == "/Date(1896657438000)/"
    assert changed["joinUrl"] == meeting["joinUrl"]


def test_a_change_without_an_etag_is_428(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    answer = ucwa.put(self_href(meeting), meeting)
    assert error(answer) == (428, "PreconditionRequired", "PreconditionRequired")


@pytest.mark.parametrize("form", ['"1"', "{etag}", "nonsense"])
def test_a_stale_or_unquoted_etag_is_412(ucwa: Ucwa, form: str) -> None:
    meeting = ucwa.schedule()
    answer = ucwa.put(self_href(meeting), meeting, form.format(etag=meeting["etag"]))
    assert error(answer) == (412, "PreconditionFailed", "PreconditionFailed")


def test_somebody_else_may_have_changed_it(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    ucwa.lync.touch_meeting(meeting["onlineMeetingId"])
    assert ucwa.put(self_href(meeting), meeting, quoted(meeting)).status_code == 412
    fresh = ucwa.get(self_href(meeting)).json()
    assert ucwa.put(self_href(meeting), fresh, quoted(fresh)).status_code == 200


def test_a_412_can_be_switched_on_and_the_etag_is_then_really_new(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    ucwa.lync.fault_on("precondition-failed", count=1)
    assert ucwa.put(self_href(meeting), meeting, quoted(meeting)).status_code == 412
    fresh = ucwa.get(self_href(meeting)).json()
    assert fresh["etag"] != meeting["etag"]
    assert ucwa.put(self_href(meeting), fresh, quoted(fresh)).status_code == 200


def test_the_odd_property_must_come_back(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    name = odd(meeting)
    for body in ({**meeting, name: "something else"}, {k: v for k, v in meeting.items() if k != name}):
        answer = ucwa.put(self_href(meeting), body, quoted(meeting))
        assert error(answer) == (400, "BadRequest", "ParameterValidationFailure")
        assert list(answer.json()["parameters"]) == [name]
    assert ucwa.get(self_href(meeting)).json() == meeting


def test_the_complaint_about_it_can_be_switched_on(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    ucwa.lync.fault_on("odd-property-missing", count=1)
    assert ucwa.put(self_href(meeting), meeting, quoted(meeting)).status_code == 400
    assert ucwa.put(self_href(meeting), meeting, quoted(meeting)).status_code == 200


def test_some_servers_have_no_odd_property(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("odd-property-absent")
    meeting = ucwa.schedule()
    assert "please pass this in a PUT request" not in meeting.values()
    assert ucwa.put(self_href(meeting), meeting, quoted(meeting)).status_code == 200


def test_what_is_left_out_is_erased(ucwa: Ucwa) -> None:
    full = {"description": "d", "leaders": ["sip:a@contoso.example"], "accessLevel": "Everyone"}
    meeting = ucwa.schedule(**full, expirationTime="2030-01-01T00:00:00Z")
    bare = {"subject": "only this", odd(meeting): meeting[odd(meeting)]}
    changed = ucwa.put(self_href(meeting), bare, quoted(meeting)).json()
    assert "description" not in changed
    assert changed["leaders"] == []
    assert changed["accessLevel"] == "SameEnterprise"
    assert changed["expirationTime"] != meeting["expirationTime"]
    assert changed["onlineMeetingId"] == meeting["onlineMeetingId"]


def test_what_is_not_the_clients_to_write_is_ignored(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    body = {**meeting, "joinUrl": "https://evil.example", "onlineMeetingId": "X", "rel": "x", "_links": {}}
    changed = ucwa.put(self_href(meeting), body, quoted(meeting)).json()
    assert changed["joinUrl"] == meeting["joinUrl"]
    assert self_href(changed) == self_href(meeting)


def test_a_wrong_change_changes_nothing(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    assert ucwa.put(self_href(meeting), {**meeting, "accessLevel": "x"}, quoted(meeting)).status_code == 400
    assert ucwa.get(self_href(meeting)).json() == meeting


def test_a_deleted_meeting_cannot_be_changed(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    ucwa.lync.remove_meeting(meeting["onlineMeetingUri"])
    assert ucwa.put(self_href(meeting), meeting, quoted(meeting)).status_code == 404


def test_extensions_are_made_read_changed_and_deleted(ucwa: Ucwa) -> None:
    meeting = ucwa.schedule()
    href = meeting["_links"]["onlineMeetingExtensions"]["href"]
    assert "_embedded" not in ucwa.get(href).json()
    made = ucwa.post(href, {"id": "lms-8f1c", "type": "RoamedOrganizerData", "session": "8f1c"})
    content = made.json()
    assert made.status_code == 201
    assert made.headers["etag"] == f'"{content["etag"]}"'
    assert (content["id"], content["type"], content["session"]) == ("lms-8f1c", "RoamedOrganizerData", "8f1c")
    assert ucwa.get(self_href(content)).json() == content
    assert ucwa.get(href).json()["_embedded"]["onlineMeetingExtension"] == [content]
    assert ucwa.listed()[0]["_embedded"]["onlineMeetingExtension"] == [content]
    assert ucwa.put(self_href(content), content).status_code == 428
    changed = ucwa.put(self_href(content), {**content, "session": "2"}, f'"{content["etag"]}"').json()
    assert changed["session"] == "2"
    assert ucwa.delete(self_href(content)).status_code == 204
    assert ucwa.delete(self_href(content)).status_code == 404


def test_an_extension_is_checked(ucwa: Ucwa) -> None:
    href = ucwa.schedule()["_links"]["onlineMeetingExtensions"]["href"]
    assert error(ucwa.post(href, {"id": "a", "type": "Secret"}))[2] == "ParameterValidationFailure"
    assert ucwa.post(href, {"id": "a"}).json()["type"] == "Undefined"
    assert error(ucwa.post(href, {"id": "a"})) == (409, "Conflict", "AlreadyExists")
