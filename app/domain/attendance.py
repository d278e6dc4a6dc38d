"""Who attended: evidence in, a decision with its reason out. Pure; blind to order, doubling, splitting.

Evidence is kept raw; this function is run over all of it whenever somebody asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
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

    @property
    def length(self) -> timedelta:
        return max(self.ends_at - self.starts_at, timedelta(0))

    def widened(self, grace: timedelta) -> "Class":
        """The same class with `grace` before and after."""
        return Class(self.starts_at - grace, self.ends_at + grace)


@dataclass(frozen=True, slots=True)
class Decision:
    """One person, spelled as at the first launch where there was one."""

    email: str
    attended: bool
    reason: str
    present: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Summary:
    """One person's evidence, added up: what was seen at all, and the time covered within the class."""

    email: str
    asked: bool
    opened: bool
    seen: bool
    present: timedelta
    anywhere: bool  # presence was recorded, even if outside the class


def decide(evidence: Iterable[Evidence], policy: Policy, planned: Class, now: datetime) -> list[Decision]:
    """One decision per person, ordered by person key.

    `now` closes the intervals that have not ended. The outcome depends on the set of moments and covered
    time only: order, repetition and splitting of intervals change nothing.
    """
    people = summarise(evidence, planned.widened(policy.grace), now)
    rule = rule_for(people, policy)
    return [verdict(summary, rule, policy, planned) for summary in people]


def rule_for(people: Iterable[Summary], policy: Policy) -> Rule:
    """The rule that decides about these people: another one, where nobody's presence was recorded at all."""
    if policy.rule is Rule.PRESENT and policy.without_presence and not any(s.anywhere for s in people):
        return policy.without_presence
    return policy.rule


def summarise(evidence: Iterable[Evidence], window: Class, now: datetime) -> list[Summary]:
    """Add up each person's evidence within `window`. The database can do the same (`db/evidence.py`)."""
    people: dict[str, list[Evidence]] = {}
    for piece in evidence:
        people.setdefault(person_key(piece.email), []).append(piece)
    return [_summary(pieces, window, now) for _, pieces in sorted(people.items())]


def _summary(pieces: list[Evidence], window: Class, now: datetime) -> Summary:
    stays = [p for p in pieces if p.kind is Kind.PRESENT]
    return Summary(
        email=_spelling(pieces),
        asked=any(p.kind is Kind.ASKED for p in pieces),
        opened=any(p.kind is Kind.OPENED for p in pieces),
        seen=any(p.at <= window.ends_at and (p.until or now) >= window.starts_at for p in stays),
        present=_covered(stays, window, now),
        anywhere=bool(stays),
    )


def _spelling(pieces: list[Evidence]) -> str:
    """As at the first launch; without one, the first spelling seen. Ties go to the smaller text."""
    return min(pieces, key=lambda p: (p.kind is not Kind.ASKED, p.at, p.email)).email


def _covered(stays: list[Evidence], window: Class, now: datetime) -> timedelta:
    """The time covered by the union of the stays, clipped to the window."""
    total, covered_to = timedelta(0), window.starts_at
    for start, end in sorted((p.at, min(p.until or now, window.ends_at)) for p in stays):
        fresh_from = max(start, covered_to)
        if end > fresh_from:
            total += end - fresh_from
            covered_to = end
    return total


def verdict(summary: Summary, rule: Rule, policy: Policy, planned: Class) -> Decision:
    """What the policy decides about one person, with its reason."""
    if rule is Rule.PRESENT:
        enough, reason = _enough(summary, policy, planned)
    elif rule is Rule.OPENED:
        enough = summary.opened or summary.anywhere
        reason = "opened the link" if enough else "never opened the link"
    else:
        enough, reason = True, "launched"
    return Decision(summary.email, enough, reason, summary.present)


def _enough(summary: Summary, policy: Policy, planned: Class) -> tuple[bool, str]:
    if not summary.seen:
        return False, "not seen in the meeting"
    minutes = f"present for {summary.present.total_seconds() / 60:.0f} minutes"
    if summary.present >= policy.minimum:
        return True, minutes
    share = summary.present * 100 / planned.length if planned.length else 0
    if share >= policy.percent:
        return True, f"{minutes}, {share:.0f} % of the class"
    return False, f"{minutes}, too short"
