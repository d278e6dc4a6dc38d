"""Every form in which a provider asks to be left alone."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.providers.retry_after import LONGEST, asked_of, read

NOW = datetime(2030, 5, 14, 9, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("17", 17),
        (" 0 ", 0),
        ("0.5", 0.5),
        ("12.25", 12.25),
        ("-3", 0),
        ("Tue, 14 May 2030 09:00:30 GMT", 30),
        ("Tuesday, 14-May-30 09:00:30 GMT", 30),
        ("Tue, 14 May 2030 08:59:00 GMT", 0),
        ("2030-05-14T09:00:40Z", 40),
        ("2030-05-14T11:00:40+02:00", 40),
        ("2030-05-14T09:00:40", 40),
        ("99999999", LONGEST.total_seconds()),
        ("inf", LONGEST.total_seconds()),
        ("2031-01-01T00:00:00Z", LONGEST.total_seconds()),
    ],
)
def test_the_wait_is_read_in_every_form(text, seconds):
    assert read(text, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "soon", "nan", "1,5", "12s", "Tue, 99 May 2030", "2030-13-01T00:00:00Z"]
)
def test_what_cannot_be_read_asks_for_nothing(text):
    assert read(text, NOW) is None


@pytest.mark.parametrize("moment", ["Tue, 14 May 2030 09:00:30 GMT", "2030-05-14T09:00:30Z"])
def test_a_moment_is_measured_by_the_servers_own_clock(moment):
    headers = {"Date": "Tue, 14 May 2030 09:00:10 GMT", "Retry-After": moment}
    assert asked_of(httpx.Response(503, headers=headers)) == timedelta(seconds=20)


def test_without_the_header_nothing_is_asked():
    assert asked_of(httpx.Response(503)) is None
