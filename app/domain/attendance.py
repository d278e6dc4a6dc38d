"""Who attended: evidence in, a decision with its reason out. Pure; blind to order, doubling, splitting.

Evidence is kept raw; this function is run over all of it whenever somebody asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.domain.people import person_key


class Kind(StrEnum):
    """What a piece of evidence says, from weak to strong."""

    ASKED = "asked"  # the LMS asked for this person's link: a launch (contract A9)
    OPENED = "opened"  # the person opened the link
    PRESENT = "present"  # the person was in the meeting from – to


class Rule(StrEnum):
    """What has to be shown for somebody to count as attended."""

    LAUNCHED = "launched"
    OPENED = "opened"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Policy:
    """A stated rule.

    For PRESENT: at least `minimum`, or `percent` of the planned time, over the union of all intervals,
    clipped to the class widened by `grace` at both ends. `without_presence` says what counts while nobody's
    presence in this class was recorded at all (None: nobody is credited).
    """

    rule: Rule
    minimum: timedelta = timedelta(minutes=10)
    percent: int = 50
    grace: timedelta = timedelta(minutes=15)
    without_presence: Rule | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation about one person. `until` is None for a moment, or for an interval not yet ended."""

    email: str
    kind: Kind
    at: datetime
    until: datetime | None = None
    source: str = ""
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Class:
    """The planned time of the class, aware UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """One person, spelled as at the first launch where there was one."""

    email: str
    attended: bool
    reason: str
    present: timedelta = timedelta(0)


def decide(evidence: Iterable[Evidence], policy: Policy, planned: Class, now: datetime) -> list[Decision]:
    """One decision per person, ordered by person key.

    `now` closes the intervals that have not ended. The outcome depends on the set of moments and covered
    time only: order, repetition and splitting of intervals change nothing.
    """
    people: dict[str, list[Evidence]] = {}
    for piece in evidence:
        people.setdefault(person_key(piece.email), []).append(piece)
    rule = _rule_in_force(people.values(), policy)
    return [_judge(pieces, rule, policy, planned, now) for _, pieces in sorted(people.items())]


def _rule_in_force(people: Iterable[list[Evidence]], policy: Policy) -> Rule:
    if policy.rule is not Rule.PRESENT or policy.without_presence is None:
        return policy.rule
    seen = any(piece.kind is Kind.PRESENT for pieces in people for piece in pieces)
    return Rule.PRESENT if seen else policy.without_presence


def _judge(pieces: list[Evidence], rule: Rule, policy: Policy, planned: Class, now: datetime) -> Decision:
    email = _spelling(pieces)
    present = _time_present(pieces, policy, planned, now)
    if rule is Rule.PRESENT:
        enough, reason = _enough(pieces, present, policy, planned)
        return Decision(email, enough, reason, present)
    wanted = {Kind.OPENED, Kind.PRESENT} if rule is Rule.OPENED else set(Kind)
    shown = any(piece.kind in wanted for piece in pieces)
    deed = "opened the link" if rule is Rule.OPENED else "launched"
    return Decision(email, shown, deed if shown else f"never {deed}", present)


def _spelling(pieces: list[Evidence]) -> str:
    """As at the first launch; without one, the first spelling seen. Ties go to the smaller text."""
    launches = [p for p in pieces if p.kind is Kind.ASKED]
    return min(launches or pieces, key=lambda p: (p.at, p.email)).email


def _time_present(pieces: list[Evidence], policy: Policy, planned: Class, now: datetime) -> timedelta:
    opens, closes = _widened(planned, policy.grace)
    spans = sorted(
        (max(p.at, opens), min(p.until if p.until is not None else now, closes))
        for p in pieces
        if p.kind is Kind.PRESENT
    )
    total, covered_to = timedelta(0), datetime.min.replace(tzinfo=UTC)
    for start, end in spans:
        fresh_from = max(start, covered_to)
        if end > fresh_from:
            total += end - fresh_from
            covered_to = end
    return total


def _enough(pieces: list[Evidence], present: timedelta, policy: Policy, planned: Class) -> tuple[bool, str]:
    if not _was_inside(pieces, policy, planned):
        return False, "not seen in the meeting"
    share = (
        present * 100 / (planned.ends_at - planned.starts_at) if planned.ends_at > planned.starts_at else 0
    )
    minutes = f"present for {present.total_seconds() / 60:.0f} minutes"
    if present >= policy.minimum:
        return True, minutes
    if share >= policy.percent:
        return True, f"{minutes}, {share:.0f} % of the class"
    return False, f"{minutes}, too short"


def _was_inside(pieces: list[Evidence], policy: Policy, planned: Class) -> bool:
    opens, closes = _widened(planned, policy.grace)
    return any(
        p.kind is Kind.PRESENT and p.at <= closes and (p.until is None or p.until >= opens) for p in pieces
    )


def _widened(planned: Class, grace: timedelta) -> tuple[datetime, datetime]:
    return planned.starts_at - grace, planned.ends_at + grace
