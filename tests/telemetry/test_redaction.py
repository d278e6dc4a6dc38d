"""What must never be written down is not, in whichever shape it comes; what helps stays readable."""

from base64 import b64encode, urlsafe_b64encode

import pytest

from app.telemetry.redaction import HIDDEN, redact, redact_value

DANA = "dana.lee@example.com"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"no such person {DANA}, sorry", DANA),
        ("zoë@example.com", "zoë"),
        ("GET /x?who=dana.lee%40example.com", "dana.lee"),
        ("Authorization: Basic Y3NvZC1lZGdlOnMzY3JldA==", "Y3NvZC1lZGdl"),
        ("authorization: bearer abc.def-ghi_jkl~m", "abc.def"),
        ("GET https://pool.example.com/x?cwt=AAEBHAEFAAAAAAAFFQ&y=1", "AAEBHAEF"),
        (f"token was {JWT}", "eyJ"),
        ("opened /join/AbCd-1234_xyz.sig?x=1", "AbCd-1234"),
        ("opened https://x.example/room/AbCd-1234", "AbCd-1234"),
        (f"/session/1/user/{b64encode(DANA.encode()).decode()}/url", "ZGFuY"),
        ("/session/1/user/em/Dq0BleGFtcGxlLmNvbQ==/url", "Dq0BleG"),
        (f"could not read {b64encode(DANA.encode()).decode()}", "ZGFuY"),
        (f"could not read {urlsafe_b64encode(DANA.encode()).decode().rstrip('=')}", "ZGFuY"),
        ('{"password": "pa55 word!"}', "pa55"),
        ("client_secret=abcdef&grant_type=client_credentials", "abcdef"),
        ("postgresql+asyncpg://vilt:hunter2@db/vilt", "hunter2"),
        ("postgresql://vilt:hunt:er2@db/vilt", "hunt"),
    ],
)
def test_no_secret_and_no_address_stays_in_a_text(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in redact(text)
    assert HIDDEN in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "7d0f3a52-5a0e-4c3e-9a51-1f0f5f0b8a11",
        "/session/{session_id}/user/{email}",
        "the database does not answer",
        "2030-05-14T15:00:00Z ProviderUnavailable at services/sessions.py:42",
    ],
)
def test_what_helps_the_operator_stays_readable(text: str) -> None:
    assert redact(text) in (text, text.replace("{email}", HIDDEN))


def test_a_value_under_a_telling_name_is_hidden_whole_and_at_any_depth() -> None:
    value = {"client": {"client_secret": "abc", "id": 7}, "people": [DANA, {"Email": DANA}]}
    shown = redact_value("event", value)
    assert shown == {"client": {"client_secret": HIDDEN, "id": 7}, "people": [HIDDEN, {"Email": HIDDEN}]}


def test_numbers_and_truths_are_left_alone() -> None:
    assert [redact_value("ms", v) for v in (1.5, 2, True, None)] == [1.5, 2, True, None]
