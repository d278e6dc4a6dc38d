"""Fields become drafts: what is required, what is forgiven, and what is cut to size."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract import schemas
from app.contract.plaintext import plain_text
from app.contract.reading import Fields
from app.domain.errors import InvalidRequest
from tests.contract.raw import outcome

SESSION = {
    "CreatorEmail": "admin@example.com",
    "Title": "Fire safety",
    "Description": "Part 1",
    "DateBegin": "2030-05-14T15:00:00",
    "DateEnd": "2030-05-14T16:30:00",
    "TimeZone": Fields([("UTCOffset", "-07:00")]),
    "SessionId": "3F1c2f0e",
}
TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.lists(TEXT, max_size=3)


def draft(path_id: str | None = None, **changes: Any) -> schemas.SessionDraft:
    return schemas.session_draft(Fields({**SESSION, **changes}.items()), path_id)


def without(name: str) -> Fields:
    return Fields((key, value) for key, value in SESSION.items() if key != name)


def test_a_session_is_understood() -> None:
    found = draft(InstructorEmails="a@x.org", LoId="LO-1")
    assert found.starts_at == datetime(2030, 5, 14, 15, tzinfo=UTC)
    assert found.ends_at - found.starts_at == timedelta(minutes=90)
    assert (found.external_id, found.title, found.description) == ("3F1c2f0e", "Fire safety", "Part 1")
    assert (found.time_zone, found.utc_offset) == ("-07:00", timedelta(hours=-7))
    assert (found.instructors, found.lo_id, found.creator_email) == (
        ("a@x.org",),
        "LO-1",
        "admin@example.com",
    )


@pytest.mark.parametrize("name", ["CreatorEmail", "Title", "DateBegin", "DateEnd", "SessionId"])
def test_a_required_field_is_named_when_it_is_missing(name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{name} is missing"):
        schemas.session_draft(without(name))
    for empty in (None, "", " \t"):
        with pytest.raises(InvalidRequest, match=name):
            draft(**{name: empty})


@pytest.mark.parametrize("name", ["Description", "TimeZone", "InstructorEmails", "LoId"])
def test_an_optional_field_may_be_missing_or_null(name: str) -> None:
    assert schemas.session_draft(without(name)).title == draft(**{name: None}).title == "Fire safety"


@given(st.sampled_from([*SESSION, "InstructorEmails", "LoId"]), ANYTHING)
def test_any_value_in_any_field_is_a_draft_or_a_sentence(name: str, value: Any) -> None:
    found = outcome(lambda: draft(**{name: value}))
    if isinstance(found, InvalidRequest):
        assert name in found.message
        return
    for text in (found.title, found.description, found.time_zone, found.lo_id or "", found.external_id):
        assert "\0" not in text
        assert text.encode().decode() == text


def test_pain_a25_the_end_is_after_the_beginning() -> None:
    for end in ("2030-05-14T14:00:00", "2030-05-14T15:00:00"):
        with pytest.raises(InvalidRequest, match="DateEnd must be later"):
            draft(DateEnd=end)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Part 1", "Part 1"),
        ("<p>Part&nbsp;1</p><p>Bring <b>boots</b> &amp; gloves</p>", "Part 1\n\nBring boots & gloves"),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ("<script>alert(1)</script>x<style>p{}</style>", "x"),
        ("<SCRIPT>a</b></Script>x", "x"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("&lt;b&gt;", "<b>"),
        ("<!-- note -->x<img src=x onerror=alert(1)>", "x"),
        ("a\x07b\r\nc", "a b\nc"),
    ],
)
def test_pain_a25_a_description_is_plain_text(html: str, text: str) -> None:
    assert plain_text(html) == draft(Description=html).description == text


@given(st.text(st.sampled_from("<>/!ab &;sctyle\n\"'-="), max_size=300))
def test_no_tag_survives(html: str) -> None:
    assert plain_text(html.replace("&", "")).count("<a>") == 0


@pytest.mark.parametrize("piece", ["<script>", "<", "<a ", "</", "&lt", "<!--", "\n", "<p>"])
def test_a_hostile_description_costs_time_by_its_length_and_no_more(piece: str) -> None:
    def cost(times: int) -> float:
        started = time.process_time()
        assert len(draft(Description=piece * times).description) <= schemas.MOST_DESCRIPTION
        return time.process_time() - started

    short, four_times = (min(cost(times) for _ in range(3)) for times in (10_000, 40_000))
    assert four_times < 8 * short + 0.05  # by the square it would be sixteen times


def test_long_text_is_cut_and_not_refused() -> None:
    found = draft(Title="x" * 5000, Description="y" * 50_000, LoId="z" * 500, TimeZone="t" * 5000)
    sizes = [len(text) for text in (found.title, found.description, found.lo_id or "", found.time_zone)]
    assert sizes == [1_000, 10_000, 200, 100]


def test_a_title_is_one_line() -> None:
    assert draft(Title=" Fire\r\n\tsafety\x1b ").title == "Fire safety"
    assert draft(Title="नमस्ते \u200dزمین").title == "नमस्ते \u200dزمین"


def test_the_path_wins_over_the_body() -> None:
    assert draft(path_id="ABC", SessionId="other").external_id == "ABC"
    assert draft(path_id="ABC", SessionId=None).external_id == "ABC"


@pytest.mark.parametrize(
    ("segment", "told"),
    [("%7BABC%7D", "{ABC}"), ("a%2Fb", "a/b"), ("%E9", "é"), ("a%20b", "a b"), ("x%zz", "x%zz")],
)
def test_a_session_id_is_opaque(segment: str, told: str) -> None:
    assert schemas.session_id(segment) == told


@pytest.mark.parametrize("segment", ["", "%20", "%7B%7D", "a%00b", "a%0Ab", "x" * 201])
def test_a_session_id_that_is_none_is_refused(segment: str) -> None:
    with pytest.raises(InvalidRequest, match="SessionId"):
        schemas.session_id(segment)


@pytest.mark.parametrize("name", ["OldEmail", "NewEmail", "FirstName", "LastName"])
def test_an_instructor_field_is_named_when_it_is_wrong(name: str) -> None:
    right = {"OldEmail": "a@x.org", "NewEmail": "b@x.org", "FirstName": "Ina", "LastName": "Ruiz"}
    assert schemas.instructor_change(Fields(right.items())).record.active is None
    for wrong in (None, "", 5, "\0"):
        with pytest.raises(InvalidRequest, match=name):
            schemas.instructor_change(Fields({**right, name: wrong}.items()))


@pytest.mark.parametrize(
    "email", ["nobody", "@", "a@", "@b", "a b@c.org", "a\x7f@c.org", "x" * 320 + "@c.org"]
)
def test_an_address_that_is_none_is_refused_by_name(email: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^Email is not an e-mail address\.$"):
        schemas.instructor_draft(Fields([("Email", email), ("FirstName", "Ina"), ("LastName", "Ruiz")]))
