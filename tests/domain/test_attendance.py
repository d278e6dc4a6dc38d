"""The rule is blind to order, doubling and splitting; and says no to what it does not know."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.attendance import Class, Evidence, Kind, Policy, Rule, decide

START = datetime(2030, 5, 14, 15, tzinfo=UTC)
PLANNED = Class(START, START + timedelta(hours=1))
NOW = START + timedelta(hours=5)
POLICY = Policy(Rule.PRESENT, minimum=timedelta(minutes=10), percent=50)

moments = st.integers(-180, 300).map(lambda minutes: START + timedelta(minutes=minutes))
spans = st.tuples(moments, st.integers(0, 120)).map(lambda s: (s[0], s[0] + timedelta(minutes=s[1])))
people = st.sampled_from(["dana@example.com", "Dana@Example.com", "zoë@example.com", "ab~c@example.com"])


@st.composite
def pieces(draw: st.DrawFn) -> Evidence:
    kind = draw(st.sampled_from(Kind))
    start, end = draw(spans)
    return Evidence(draw(people), kind, start, end if kind is Kind.PRESENT else None)


policies = st.builds(
    Policy,
    rule=st.sampled_from(Rule),
    minimum=st.integers(0, 60).map(lambda m: timedelta(minutes=m)),
    percent=st.integers(1, 100),
    without_presence=st.none() | st.just(Rule.LAUNCHED),
)


def present(email: str, start: float, end: float | None) -> Evidence:
    until = None if end is None else START + timedelta(minutes=end)
    return Evidence(email, Kind.PRESENT, START + timedelta(minutes=start), until)


@given(st.lists(pieces(), max_size=12), policies, st.randoms())
def test_b21_order_changes_nothing(evidence: list[Evidence], policy: Policy, random) -> None:
    shuffled = list(evidence)
    random.shuffle(shuffled)
    assert decide(evidence, policy, PLANNED, NOW) == decide(shuffled, policy, PLANNED, NOW)


@given(st.lists(pieces(), max_size=12), policies)
def test_b2_doubled_rows_change_nothing(evidence: list[Evidence], policy: Policy) -> None:
    assert decide(evidence, policy, PLANNED, NOW) == decide(evidence * 3, policy, PLANNED, NOW)


@given(st.lists(pieces(), min_size=1, max_size=8), policies, st.data())
def test_an_interval_told_in_two_parts_is_the_same_interval(evidence, policy: Policy, data) -> None:
    index = data.draw(st.integers(0, len(evidence) - 1))
    whole = evidence[index]
    if whole.until is None:
        return
    middle = whole.at + (whole.until - whole.at) * data.draw(st.floats(0, 1))
    parts = [replace(whole, until=middle), replace(whole, at=middle)]
    split = evidence[:index] + parts + evidence[index + 1 :]
    assert decide(evidence, policy, PLANNED, NOW) == decide(split, policy, PLANNED, NOW)


@given(st.lists(pieces(), max_size=12), policies)
def test_nobody_is_present_for_longer_than_the_class_and_its_grace(evidence, policy: Policy) -> None:
    longest = PLANNED.ends_at - PLANNED.starts_at + 2 * policy.grace
    assert all(d.present <= longest for d in decide(evidence, policy, PLANNED, NOW))


@given(st.lists(pieces(), max_size=12), policies)
def test_b19_one_row_per_person_whatever_the_spelling(evidence, policy: Policy) -> None:
    decided = [d.email.casefold() for d in decide(evidence, policy, PLANNED, NOW)]
    assert len(decided) == len(set(decided))


def test_two_devices_at_once_are_not_counted_twice() -> None:
    (decision,) = decide([present("d@x.y", 0, 8), present("d@x.y", 2, 9)], POLICY, PLANNED, NOW)
    assert decision.present == timedelta(minutes=9)
    assert not decision.attended


def test_a_rejoin_adds_up() -> None:
    (decision,) = decide([present("d@x.y", 0, 6), present("d@x.y", 30, 36)], POLICY, PLANNED, NOW)
    assert decision.attended
    assert decision.reason == "present for 12 minutes"


def test_a_percentage_is_enough_where_it_is_reached_first() -> None:
    short = Class(START, START + timedelta(minutes=10))
    (decision,) = decide([present("d@x.y", 0, 5)], POLICY, short, NOW)
    assert decision.attended


def test_time_outside_the_class_and_its_grace_counts_for_nothing() -> None:
    (decision,) = decide([present("d@x.y", 100, 200)], POLICY, PLANNED, NOW)
    assert (decision.attended, decision.reason) == (False, "not seen in the meeting")


def test_who_asked_but_was_not_in_the_meeting_gets_no_credit() -> None:
    asked = Evidence("z@x.y", Kind.ASKED, START)
    decisions = decide([asked, present("d@x.y", 0, 60)], POLICY, PLANNED, NOW)
    assert {d.email: d.attended for d in decisions} == {"d@x.y": True, "z@x.y": False}


def test_an_open_interval_ends_now_and_not_in_the_future() -> None:
    (decision,) = decide([present("d@x.y", 0, None)], POLICY, PLANNED, START + timedelta(minutes=4))
    assert decision.present == timedelta(minutes=4)


def test_opened_rule_does_not_credit_who_only_asked() -> None:
    asked = Evidence("z@x.y", Kind.ASKED, START)
    opened = Evidence("d@x.y", Kind.OPENED, START)
    decisions = decide([asked, opened], Policy(Rule.OPENED), PLANNED, NOW)
    assert [d.email for d in decisions if d.attended] == ["d@x.y"]


def test_the_row_is_spelled_as_at_the_first_launch() -> None:
    first = Evidence("Zoë@Example.com", Kind.ASKED, START)
    second = Evidence("zoë@example.com", Kind.ASKED, START + timedelta(minutes=1))
    before = Evidence("ZOË@EXAMPLE.COM", Kind.PRESENT, START - timedelta(minutes=1), START)
    (decision,) = decide([second, before, first], Policy(Rule.LAUNCHED), PLANNED, NOW)
    assert decision.email == "Zoë@Example.com"


def test_without_any_presence_the_stated_fallback_decides() -> None:
    asked = Evidence("z@x.y", Kind.ASKED, START)
    practice = replace(POLICY, without_presence=Rule.LAUNCHED)
    assert decide([asked], practice, PLANNED, NOW)[0].attended
    assert not decide([asked], POLICY, PLANNED, NOW)[0].attended
