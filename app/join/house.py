"""The two things that this door asks of every request: the house, and who holds the link."""

from typing import Annotated

from fastapi import Depends, Request

from app.services.launches import Visit
from app.wiring import House


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
