"""What this door needs of the house, and the two questions that it asks of every request."""

from typing import Annotated, Protocol

from fastapi import Depends, Request

from app.services.launches import Launches, Visit
from app.services.rooms import Rooms


class House(Protocol):
    """The parts that wiring carries in."""

    @property
    def launches(self) -> Launches: ...

    @property
    def rooms(self) -> Rooms: ...


async def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


Inside = Annotated[House, Depends(house_of)]


async def visit_of(token: str, request: Request, house: Inside) -> Visit:
    """Who holds this link, and how the door stands; kept so that an error page can name the class."""
    visit = await house.launches.visit(token)
    request.state.visit = visit
    return visit


Visiting = Annotated[Visit, Depends(visit_of)]
