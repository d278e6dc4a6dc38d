"""What went wrong in other connectors does not go wrong here: told to a real service, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.conftest import Service
from tests.contract.envelopes import assert_envelope, assert_error
from tests.contract.wire import Lms, basic

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=3,
)


def session(**changes: Any) -> dict[str, Any]:
    return {
        "CreatorEmail": "admin@example.com",
        "Title": "Fire safety",
        "Description": "Part 1",
        "DateBegin": "2030-05-14T15:00:00",
        "DateEnd": "2030-05-14T16:30:00",
        "TimeZone": {"UTCOffset": "-07:00"},
        "SessionId": str(uuid4()),
        **changes,
    }


def test_pain_a1_one_right_half_of_a_credential_opens_nothing(lms: Lms, service: Service) -> None:
    for pair in ((lms.client_id, "wrong"), ("wrong", lms.client_secret), (lms.client_secret, lms.client_id)):
        answer = lms.call("POST", "/session", session(), {"Authorization": basic(*pair)})
        assert_error(answer.status, answer.body)
        assert answer.status == 401
    wanted = session()
    assert service.session(lms, wanted["SessionId"]) is None


def test_pain_a8_twenty_posts_at_once_make_one_meeting(service: Service) -> None:
    service.forget()
    lms, wanted = service.newcomer("fake"), session()
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda _: lms.call("POST", "/session", wanted), range(20)))
    for answer in answers:
        assert_envelope(answer.status, answer.body)
    assert {answer.status for answer in answers} == {200}
    assert len(service.meetings()) == 1


def test_pain_a11_an_update_changes_the_description(service: Service, lms: Lms) -> None:
    wanted = session()
    assert lms.call("POST", "/session", wanted).status == 200
    changed = {**wanted, "Description": "<p>Bring&nbsp;boots</p>"}
    assert lms.call("PUT", f"/session/{wanted['SessionId']}", changed).status == 200
    stored = service.session(lms, wanted["SessionId"])
    assert stored is not None
    assert stored["description"] == "Bring boots"


def test_pain_a21_a_cancelled_session_can_be_revived(lms: Lms) -> None:
    wanted = session()
    place = f"/session/{wanted['SessionId']}"
    for verb, path, body in (("POST", "/session", wanted), ("DELETE", place, None), ("PUT", place, wanted)):
        assert lms.call(verb, path, body).status == 200
    assert lms.call("GET", f"{place}/user/ZGFuYS5sZWVAZXhhbXBsZS5jb20=/url").status == 200


def test_a_session_id_in_another_spelling_is_the_same(lms: Lms, service: Service) -> None:
    wanted = session()
    assert lms.call("POST", "/session", wanted).status == 200
    for spelling in (wanted["SessionId"].upper(), f"%7B{wanted['SessionId']}%7D"):
        assert lms.call("GET", f"/session/{spelling}/attendees").status == 200


def test_somebody_elses_session_is_unknown_and_never_forbidden(lms: Lms, service: Service) -> None:
    wanted = session()
    assert lms.call("POST", "/session", wanted).status == 200
    stranger = service.newcomer()
    for path in ("attendees", "user/ZGFuYS5sZWVAZXhhbXBsZS5jb20=/url"):
        answer = stranger.call("GET", f"/session/{wanted['SessionId']}/{path}")
        assert answer.status == 404
        assert answer.body["error"]["message"] == "This training session is not known here."
    assert stranger.call("DELETE", f"/session/{wanted['SessionId']}").status == 200
    assert (
        lms.call("GET", f"/session/{wanted['SessionId']}/user/ZGFuYS5sZWVAZXhhbXBsZS5jb20=/url").status == 200
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*session(), "InstructorEmails", "LoId"]), JSON)
def test_any_value_in_any_field_leaves_an_envelope_and_no_half_made_row(
    service: Service, lms: Lms, field: str, value: Any
) -> None:
    wanted = session()
    answer = lms.call("POST", "/session", {**wanted, field: value})
    assert_envelope(answer.status, answer.body)
    assert answer.status in {200, 400}, answer.text
    if answer.status == 400:
        assert field in answer.body["error"]["message"]
        assert service.session(lms, wanted["SessionId"]) is None


@pytest.mark.parametrize(
    "segment", ["%00", "a%00b", "%ff%fe", "%ED%A0%80", "'%20OR%201=1--", "..%2f..", "x" * 5000]
)
def test_pain_a4_any_session_id_is_only_an_id(lms: Lms, segment: str) -> None:
    for verb, path in (("GET", "/attendees"), ("GET", "/user/YUB4Lm9yZw==/url"), ("DELETE", "")):
        answer = lms.call(verb, f"/session/{segment}{path}")
        assert_envelope(answer.status, answer.body)
        assert answer.status in {200, 400, 404}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//session", 200),
        ("/session/", 200),
        ("/SESSION//", 200),
        ("/%53ession", 200),
        ("/sessions", 404),
        ("/", 404),
    ],
)
def test_no_spelling_of_a_path_is_redirected(lms: Lms, path: str, status: int) -> None:
    answer = lms.call("POST", path, session())
    assert_envelope(answer.status, answer.body)
    assert answer.status == status


def test_a_body_too_large_is_answered_before_it_is_all_sent(lms: Lms) -> None:
    large = b'{"Title": "' + b"x" * 3_000_000 + b'"}'
    for headers in ({}, {"Connection": "close"}, {"Authorization": None, "Connection": "close"}):
        answer = lms.call("POST", "/session", large, headers)
        assert_error(answer.status, answer.body)
        assert answer.status == (401 if "Authorization" in headers else 413)


def test_a_body_in_pieces_is_counted(lms: Lms) -> None:
    place = urlsplit(lms.base_url)
    line = HTTPConnection(place.hostname or "", place.port, timeout=30)
    pieces = (b"x" * 50_000 for _ in range(20))
    line.request("POST", "/session", pieces, {"Authorization": lms.authorization}, encode_chunked=True)
    assert line.getresponse().status == 413
    line.close()


def test_strict_deployments_know_no_strangers(strict_service: Any) -> None:
    with strict_service(unknown_session="strict") as service:
        lms, unknown = service.newcomer(), str(uuid4())
        for verb, body in (("PUT", session()), ("DELETE", None)):
            answer = lms.call(verb, f"/session/{unknown}", body)
            assert_error(answer.status, answer.body)
            assert (answer.status, answer.body["error"]["code"]) == (404, 404)


def test_an_lms_that_reads_only_500_gets_500(strict_service: Any) -> None:
    with strict_service(errors_as_500=True) as service:
        lms = service.newcomer()
        answer = lms.call("GET", f"/session/{uuid4()}/attendees")
        assert (answer.status, answer.body["error"]["code"]) == (500, 404)
        assert lms.call("POST", "/session", session()).status == 200
