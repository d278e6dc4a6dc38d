"""Addresses are found in every spelling that an LMS may use, and in nothing else."""

from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.addresses import address_in, instructor_emails
from app.contract.reading import read
from app.domain.errors import InvalidRequest
from app.domain.people import is_email

LOCAL = st.text(
    st.characters(min_codepoint=33, exclude_characters='@"<>', exclude_categories=["C", "Z"]), min_size=1
)
EMAIL = LOCAL.map(lambda local: f"{local}@example.com").filter(is_email)


@given(EMAIL, st.booleans(), st.booleans(), st.booleans())
def test_any_address_survives_any_base64(email: str, urlsafe: bool, padded: bool, quoted: bool) -> None:
    text = (urlsafe_b64encode if urlsafe else b64encode)(email.encode()).decode()
    text = text if padded else text.rstrip("=")
    assert address_in(quote(text, safe="") if quoted else text) == email


@pytest.mark.parametrize(
    ("segment", "email"),
    [
        ("dana.lee@example.com", "dana.lee@example.com"),
        ("dana.lee%40example.com", "dana.lee@example.com"),
        ("a+b@example.com", "a+b@example.com"),
        ("em/Dq0BleGFtcGxlLmNvbQ==/", "zoë@example.com"),
        ("/em/Dq0BleGFtcGxlLmNvbQ", "zoë@example.com"),
        ("YWJ%20Y0BleGFtcGxlLmNvbQ==", "ab~c@example.com"),
        (b64encode("zoë@example.com".encode("latin-1")).decode(), "zoë@example.com"),
        (b64encode("ü@example.com".encode("latin-1")).decode(), "ü@example.com"),
        (b64encode(b" dana@example.com\r\n").decode(), "dana@example.com"),
    ],
)
def test_an_address_is_read_with_tolerance(segment: str, email: str) -> None:
    assert address_in(segment) == email


@pytest.mark.parametrize(
    "segment",
    ["", "!!!!", "YQ==", "A", "%00", "/", "====", "ZGFuYQ==", "a b@example.com", "YQBAAGIA", "@", "%FF%FE"],
)
def test_what_holds_no_address_is_refused(segment: str) -> None:
    with pytest.raises(InvalidRequest, match="e-mail"):
        address_in(segment)


@pytest.mark.parametrize(
    ("value", "emails"),
    [
        ('"a@x.org;b@x.org"', ("a@x.org", "b@x.org")),
        ('"a@x.org, b@x.org"', ("a@x.org", "b@x.org")),
        ('" a@x.org\\tb@x.org;; "', ("a@x.org", "b@x.org")),
        ('["a@x.org", "b@x.org;A@X.org"]', ("a@x.org", "b@x.org")),
        ('[{"Email": "a@x.org"}, {"EMAIL": "b@x.org"}, null]', ("a@x.org", "b@x.org")),
        ('"Ina Ruiz <a@x.org>"', ("a@x.org",)),
        ('""', ()),
        ("[]", ()),
        ("null", None),
    ],
)
@pytest.mark.parametrize("name", ["InstructorEmails", "instructoremails", "Instructors"])
def test_instructors_come_in_many_forms(name: str, value: str, emails: tuple[str, ...] | None) -> None:
    assert instructor_emails(read(f'{{"{name}": {value}}}'.encode())) == emails


@pytest.mark.parametrize(
    "value",
    ["5", "true", "{}", "[5]", '"nobody"', '"@"', '"a@x.org; b@"', '"a\\u0000@x.org"', '[["a@x.org"]]'],
)
def test_instructors_that_are_none_are_refused_by_name(value: str) -> None:
    fields = read(f'{{"InstructorEmails": {value}}}'.encode())
    with pytest.raises(InvalidRequest, match="InstructorEmails"):
        instructor_emails(fields)


def test_a_flood_of_instructors_is_refused() -> None:
    many = ";".join(f"p{i}@x.org" for i in range(501))
    with pytest.raises(InvalidRequest, match="more than 500"):
        instructor_emails(read(f'{{"InstructorEmails": "{many}"}}'.encode()))
