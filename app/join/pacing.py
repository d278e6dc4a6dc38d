"""When a page looks again. Ten thousand people may wait for one class, so nobody is told the same second.

A waiting page comes back after the door has opened, at a random moment of a spread of up to half a minute;
before that about once a minute, in case the class was moved or cancelled. People inside ask less often the
fuller the room is. Every delay is drawn here, so the pages and the reload without JavaScript behave alike.
"""

from datetime import datetime
from random import SystemRandom

from app.domain.people import Role
from app.services.launches import Door, Visit

LOOK_EVERY = 60.0
WIDEST_SPREAD = 30.0
_dice = SystemRandom()


def seconds_until_open(visit: Visit, now: datetime) -> float:
    return max(0.0, (visit.opens_at - now).total_seconds())


def next_look(visit: Visit, now: datetime, chance: float | None = None) -> float:
    """Seconds until a waiting page asks again. `chance` (0–1) is drawn where it is not given."""
    chance = _dice.random() if chance is None else chance
    if visit.door is not Door.WAITING:  # the meeting is being prepared
        return 4 + 6 * chance
    arrival = seconds_until_open(visit, now) + 0.3 + _spread(visit) * chance
    return min(arrival, LOOK_EVERY * (1 + chance / 2))


def next_roster(people: int, chance: float | None = None) -> float:
    """Seconds until a page in the room asks again who is there: 3 in a small room, 30 in a full one."""
    chance = _dice.random() if chance is None else chance
    return min(30.0, 3 + people / 20) * (0.8 + 0.4 * chance)


def try_again() -> int:
    """Whole seconds until a page that failed for the moment is tried again: 10 to 25."""
    return 10 + _dice.randrange(16)


def _spread(visit: Visit) -> float:
    """A tenth of the time between door and class, so that the spread costs nobody the beginning."""
    if visit.role is Role.INSTRUCTOR:
        return 1.0
    lead = (visit.session.starts_at - visit.opens_at).total_seconds()
    return min(WIDEST_SPREAD, max(2.0, lead / 10))
