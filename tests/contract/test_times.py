"""Dates become moments, offsets become offsets, and neither is ever read in the server's own zone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.reading import Fields
from app.contract.times import moment, offset
from app.domain.errors import InvalidRequest
from app.domain.session import EARLIEST, LATEST

THREE = datetime(2030, 5, 14, 15, tzinfo=UTC)
MOMENTS = st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None, year=2199))


def read(text: Any) -> datetime:
    return moment(Fields([("DateBegin", text)]), "DateBegin")


@pytest.mark.parametrize(
    "text",
    [
        "2030-05-14T15:00:00",
        "2030-05-14T15:00",
        "2030-05-14 15:00:00",
        "2030-05-14t15:00:00z",
        "2030-05-14T15:00:00Z",
        "2030-05-14T15:00:00.0000000Z",
        "2030-05-14T15:00:00.000",
        "2030-05-14T08:00:00-07:00",
        "2030-05-14T08:00:00 -0700",
        "2030-05-14T08:00:00-07",
        "2030-05-14T20:30:00+05:30",
        " 2030-05-14T15:00:00 UTC ",
    ],
)
def test_pain_a9_b12_every_spelling_is_the_same_moment(text: str) -> None:
    assert read(text) == THREE


@given(MOMENTS, st.sampled_from(["", "Z", "+00:00"]), st.sampled_from("T "))
def test_a_moment_survives_its_iso_form(at: datetime, zone: str, between: str) -> None:
    assert read(at.isoformat(between) + zone) == at.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow",
        "2030-05-14",
        "14.05.2030 15:00",
        "0000-01-01T00:00:00",
        "0001-01-01T00:00:00+23:00",
        "1969-12-31T23:59:59",
        "2200-01-01T00:00:00",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59",
        "2030-02-30T00:00:00",
        "2030-05-14T24:00:00",
        "2030-05-14T15:00:00+99:99",
        "２０３０-05-14T15:00:00",
        "2030-05-14T15:00:00; DROP TABLE sessions",
    ],
)
def test_a_date_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest, match="DateBegin"):
        read(text)


@pytest.mark.parametrize("value", [None, "", 5, 1.5, True, [], {}, "a\0", "\ud800"])
def test_what_is_no_text_is_no_date(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="DateBegin"):
        read(value)


@pytest.mark.parametrize(
    ("value", "minutes"),
    [
        ("-08:00", -480),
        ("+0530", 330),
        ("0530", 330),
        ("-8", -480),
        (-8, -480),
        ("5.5", 330),
        (5.5, 330),
        ("-08:00:00", -480),
        ("-08:00:00.000", -480),
        ("UTC-08:00", -480),
        ("GMT+5:45", 345),
        ("(UTC-08:00) Pacific Time", -480),
        ("\u221208:00", -480),
        ("Z", 0),
        ("UTC", 0),
        (0, 0),
        (-480, -480),
        ("-480", -480),
        (330, 330),
        (14, 840),
    ],
)
def test_an_offset_is_read_in_many_forms(value: Any, minutes: int) -> None:
    assert offset(value) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "value",
    [None, "", "Pacific", "+25:00", "99999", 10**30, float("nan"), float("inf"), True, [], Fields([])],
)
def test_an_offset_that_cannot_be_read_hurts_nobody(value: Any) -> None:
    assert offset(value) is None


@given(st.text() | st.floats() | st.integers())
def test_an_offset_is_believable_or_none(value: Any) -> None:
    found = offset(value)
    assert found is None or abs(found) <= timedelta(hours=14)
