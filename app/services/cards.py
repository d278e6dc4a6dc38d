"""A provider's card as sentences for somebody who chooses one: what it can, and what it cannot."""

from dataclasses import dataclass

from app.domain.attendance import Rule
from app.providers.base import AttendanceSource, Card


@dataclass(frozen=True, slots=True)
class Abilities:
    """Sentences; `cannot` includes the limits that the provider itself names."""

    can: tuple[str, ...]
    cannot: tuple[str, ...]


_SOURCES = {
    AttendanceSource.HOSTED: "It knows who was in the room, and for how long.",
    AttendanceSource.PULL: "After the class it reports who was there, and for how long.",
    AttendanceSource.PUSH: "It reports who joins and leaves while the class runs.",
    AttendanceSource.LIVE: "It shows who is in the class while it runs.",
}
_RULES = {
    Rule.LAUNCHED: "Attendance means: who launched the class.",
    Rule.OPENED: "Attendance means: who opened the link.",
    Rule.PRESENT: "Attendance means: who was there long enough.",
}


def abilities(card: Card) -> Abilities:
    """The sentences of a card."""
    source = _SOURCES.get(card.attendance)
    told = (
        (card.hosted, "Classes take place in this service; no account anywhere is needed.", ""),
        (
            card.moves_in_place,
            "A class that is moved keeps its link.",
            "A class that is moved gets another meeting; people who open it from the LMS do not notice.",
        ),
        (card.join_link_per_person, "Each person gets a link of their own.", "Everybody gets the same link."),
        (
            card.checks_people,
            "Instructors are checked in its directory.",
            "Instructors are not checked there.",
        ),
        (card.plants_presenters, "Instructors present; a change of instructors follows at once.", ""),
        (source is not None, source or "", "It does not tell who was in a class, nor for how long."),
        (True, _RULES[card.default_policy.rule], ""),
        (card.keeps_schedule, "", "It keeps no calendar of its own: the LMS is the schedule."),
    )
    can = tuple(yes for has, yes, _ in told if has and yes)
    cannot = tuple(no for has, _, no in told if not has and no)
    return Abilities(can, (*cannot, *card.limits))
