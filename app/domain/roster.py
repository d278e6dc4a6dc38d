"""A class's roster: what the evidence says of each person, and over it what somebody has said by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.attendance import Decision
from app.domain.people import person_key


@dataclass(frozen=True, slots=True)
class Mark:
    """A manual correction. It changes no evidence: it stands over it until it is removed."""

    email: str
    attended: bool
    reason: str
    made_by: str
    made_at: datetime

    @property
    def key(self) -> str:
        return person_key(self.email)


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the roster. `decision` is None where there is no evidence, only a mark."""

    decision: Decision | None
    mark: Mark | None

    @property
    def email(self) -> str:
        """As spelled at launch, where there was one."""
        return self.decision.email if self.decision else self.mark.email if self.mark else ""

    @property
    def key(self) -> str:
        return person_key(self.email)

    @property
    def attended(self) -> bool:
        if self.mark:
            return self.mark.attended
        return self.decision is not None and self.decision.attended

    @property
    def reason(self) -> str:
        if self.mark:
            return f"corrected by hand: {self.mark.reason}"
        return self.decision.reason if self.decision else ""

    @property
    def present(self) -> timedelta:
        return self.decision.present if self.decision else timedelta(0)


def merged(decisions: Iterable[Decision], marks: Iterable[Mark]) -> list[Line]:
    """The roster by person key: a mark decides, whatever the evidence says; without one the evidence does."""
    said = {mark.key: mark for mark in marks}
    lines = [Line(decision, said.pop(person_key(decision.email), None)) for decision in decisions]
    return sorted([*lines, *(Line(None, mark) for mark in said.values())], key=lambda line: line.key)
