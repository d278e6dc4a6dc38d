"""Joins and leaves from the monitoring database become presence, or a sentence that says why not."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.meeting import MeetingRef
from app.providers.lync.cdr import read_cdr
from tests.providers.lync.printed import CREATED

URI = CREATED["onlineMeetingUri"]
HEADER = "ConferenceUri,UserUri,UserUriType,UserEndpointId,UserJoinTime,UserLeaveTime"


def table(*lines: str, header: str = HEADER) -> str:
    return "\n".join((header, *lines))


def line(
    user="chris@contoso.com", joined="2029-05-12 09:00:01.000", left="2029-05-12 10:29:59.123", **more
) -> str:
    return ",".join(
        (more.get("uri", URI), user, more.get("kind", "UserUri"), more.get("endpoint", "e1"), joined, left)
    )


def test_a_line_of_the_view_is_an_interval_in_utc():
    (row,) = read_cdr(table(line()), URI).rows
    assert row.email == "chris@contoso.com"
    assert row.joined_at == datetime(2029, 5, 12, 9, 0, 1, tzinfo=UTC)
    assert row.left_at == datetime(2029, 5, 12, 10, 29, 59, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    "header",
    [
        "user_uri;User Join Time;USERLEAVETIME",
        "\ufeffUserUri;UserJoinTime;UserLeaveTime",
        '"User Uri";"Join Time";"Leave Time"',
    ],
)
def test_the_header_is_read_tolerantly_and_a_file_without_conferences_is_this_meeting(header):
    text = table("sip:chris@contoso.com;2029-05-12T09:00:00Z;2029-05-12T11:00:00+01:00", header=header)
    (row,) = read_cdr(text, URI).rows
    assert row.email == "chris@contoso.com"
    assert row.left_at == datetime(2029, 5, 12, 10, 0, tzinfo=UTC)


def test_b3_other_meetings_are_counted_and_left_out():
    read = read_cdr(
        table(line(), line(uri="sip:svc-lms@contoso.com;gruu;opaque=app:conf:focus:id:OTHER")), URI
    )
    assert len(read.rows) == 1
    assert read.other_meetings == 1


def test_b2_a_line_twice_is_one_row_and_a_second_device_is_a_second_row():
    read = read_cdr(table(line(), line(), line(endpoint="e2")), URI)
    assert len(read.rows) == 2
    assert len({row.instance for row in read.rows}) == 2


def test_b1_guests_and_phones_are_counted_but_name_nobody():
    guests = [
        line(user="tel:+15550100"),
        line(user="1b2c@anonymous.invalid"),
        line(user="x@contoso.com", kind="Anonymous"),
    ]
    read = read_cdr(table(*guests), URI)
    assert read.rows == ()
    assert read.unidentified == 3


def test_a_leave_that_is_not_known_leaves_the_interval_open():
    for nothing in ("", "NULL"):
        (row,) = read_cdr(table(line(left=nothing)), URI).rows
        assert row.left_at is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (line(joined="yesterday"), "time of joining"),
        (line(left="later"), "time of leaving"),
        (line(joined="2029-05-12 11:00:00"), "before"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_others_are_kept(wrong, said):
    read = read_cdr(table(wrong, line()), URI)
    assert len(read.rows) == 1
    assert read.problems[0].startswith("Line 2: ")
    assert said in read.problems[0]


def test_a_file_without_the_columns_says_which_are_missing():
    assert read_cdr("a,b,c\n1,2,3", URI).problems == (
        "The first line names no column UserUri, UserJoinTime, UserLeaveTime.",
    )
    assert read_cdr("", URI).rows == ()


@given(st.text(max_size=300))
def test_no_text_breaks_the_import(text):
    assert read_cdr(table(text), URI) is not None
    assert read_cdr(text, URI) is not None


def test_a_time_before_all_time_is_a_sentence_and_no_crash():
    read = read_cdr(table(line(joined="0001-01-01T00:00:00+14:00")), URI)
    assert read.rows == ()
    assert len(read.problems) == 1


def test_files_are_taken_only_where_the_import_is_chosen(lync):
    ref = MeetingRef(URI)
    chosen, other = lync(attendance="cdr_import"), lync(attendance="live_roster")
    assert (chosen.takes_attendance_files, other.takes_attendance_files) == (True, False)
    assert len(chosen.read_attendance_file(table(line()), ref).rows) == 1
    assert other.read_attendance_file(table(line()), ref) is None
