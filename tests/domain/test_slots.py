"""Free times: zones, nights on which clocks change, classes in the way."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from app.domain.calendar import Span, Week, zone
from app.domain.errors import InvalidRequest
from app.domain.slots import HORIZON, Hours, Participant, Search, free_slots

BERLIN, NEW_YORK, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_several_zones_meet_where_everybody_is_at_work() -> None:
    people = [Participant(Hours(BERLIN)), Participant(Hours(NEW_YORK))]
    found = free_slots(people, Search(at("2030-05-14T00:00"), HOUR, 3))
    assert [span.starts_at for span in found] == [
        at("2030-05-14T13:00"),
        at("2030-05-14T14:00"),
        at("2030-05-15T13:00"),
    ]


def test_b12_the_same_local_hours_are_other_hours_of_utc_after_the_clocks_changed() -> None:
    only = [Participant(Hours(BERLIN, time(9), time(10), frozenset(range(7))))]
    found = free_slots(only, Search(at("2030-03-30T00:00"), HOUR, 3))  # the clocks change on the 31st
    assert [f"{span.starts_at:%d %H}" for span in found] == ["30 08", "31 07", "01 07"]
    assert {span.starts_at.astimezone(BERLIN).hour for span in found} == {9}


@pytest.mark.parametrize(("night", "hours"), [("2030-03-31", 3), ("2030-10-27", 5), ("2030-06-02", 4)])
def test_b12_a_night_shift_is_as_long_as_the_night(night: str, hours: int) -> None:
    shift = Hours(BERLIN, time(1), time(5), frozenset({6}))
    found = free_slots([Participant(shift)], Search(at(night) - HOUR * 2, HOUR, hours))
    assert all(b.starts_at - a.starts_at == HOUR for a, b in pairwise(found))
    assert found[-1].ends_at.astimezone(BERLIN).time() == time(5)


def test_working_over_midnight_begins_the_evening_before() -> None:
    late = Hours(BERLIN, time(22), time(2), frozenset({0}))
    (found,) = free_slots([Participant(late)], Search(at("2030-05-13T22:10"), HOUR, 1))  # ten past midnight
    assert found.starts_at == at("2030-05-13T22:15")


def test_classes_are_in_the_way_however_they_overlap() -> None:
    busy = [
        Span(at("2030-05-14T08:00"), at("2030-05-14T09:10")),
        Span(at("2030-05-14T06:00"), at("2030-05-14T08:30")),
        Span(at("2030-05-14T10:00"), at("2030-05-14T20:00")),
    ]
    utc = Hours(ZoneInfo("UTC"))
    found = free_slots([Participant(utc, busy)], Search(at("2030-05-14T00:00"), HOUR / 2, 3))
    assert [f"{span.starts_at:%d %H:%M}" for span in found] == ["14 09:15", "15 09:00", "15 09:30"]


def test_slots_never_overlap_nor_leave_anybodys_hours() -> None:
    people = [Participant(Hours(KOLKATA)), Participant(Hours(BERLIN, time(7), time(23)))]
    found = free_slots(people, Search(at("2030-05-14T05:07"), timedelta(minutes=50), 50))
    assert len(found) == 50
    for one, following in pairwise(found):
        assert one.ends_at <= following.starts_at
    for span in found:
        there = span.starts_at.astimezone(KOLKATA)
        assert time(9) <= there.time()
        assert span.ends_at.astimezone(KOLKATA).time() <= time(17)
        assert there.weekday() < 5


def test_where_nobody_can_there_is_nothing_and_the_search_ends() -> None:
    apart = [Participant(Hours(BERLIN, days=frozenset({0}))), Participant(Hours(BERLIN, days=frozenset({1})))]
    assert free_slots(apart, Search(at("2030-05-14T00:00"), HOUR)) == []
    everything = Span(at("2030-05-01T00:00"), at("2030-05-14T00:00") + HORIZON)
    assert free_slots([Participant(Hours(BERLIN), [everything])], Search(at("2030-05-14T00:00"), HOUR)) == []


@pytest.mark.parametrize(("minutes", "count"), [(1, 1), (721, 1), (60, 0), (60, 51)])
def test_a_search_without_sense_is_refused(minutes: int, count: int) -> None:
    with pytest.raises(InvalidRequest):
        Search(at("2030-05-14T00:00"), timedelta(minutes=minutes), count)


@pytest.mark.parametrize(("day", "hours"), [("2030-03-27", 167), ("2030-10-24", 169), ("2030-06-05", 168)])
def test_b12_a_week_is_as_long_as_its_clocks_say(day: str, hours: int) -> None:
    span = Week.around(datetime.fromisoformat(day).date(), BERLIN).span
    assert span.ends_at - span.starts_at == timedelta(hours=hours)
    assert span.starts_at.astimezone(BERLIN).weekday() == 0


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "Europe/Berlin\n", "europe"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        zone(name)
