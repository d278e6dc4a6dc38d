"""Who is here, as one reader may see it.

A learner sees of other learners only what stands before the @, so that a class is no list of addresses to
carry off; instructors see whole addresses, which they have on their roster anyway. Names are shown where
the instructor registry has them.
"""

from collections.abc import Sequence
from typing import Any

from app.domain.people import Role
from app.services.launches import Visit
from app.services.rooms import Seat

SHOWN_AT_MOST = 200


def roster(visit: Visit, seats: Sequence[Seat]) -> dict[str, Any]:
    """The reader first, then the others in their order; `count` counts those not shown, too."""
    mine = [seat for seat in seats if seat.person.key == visit.person.key]
    others = [seat for seat in seats if seat.person.key != visit.person.key]
    shown = (mine + others)[:SHOWN_AT_MOST]
    return {"count": len(seats), "people": [_line(visit, seat) for seat in shown]}


def _line(visit: Visit, seat: Seat) -> dict[str, Any]:
    person, you = seat.person, seat.person.key == visit.person.key
    whole = you or visit.role is Role.INSTRUCTOR
    address = person.email if whole else person.email.rpartition("@")[0]
    return {
        "name": person.name or address,
        "detail": person.email if whole and person.name else "",
        "role": seat.role.value,
        "you": you,
    }
