"""GET /join/{token}: the door of a class. Wait, go on to the provider, or come into the practice room."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.domain.errors import LinkNotValid
from app.join import pages
from app.join.house import Inside, Visiting
from app.join.pacing import next_look, seconds_until_open
from app.join.visitors import fetched_ahead, only_looking
from app.services.launches import Door, Visit
from app.wiring import House

router = APIRouter(prefix="/join", include_in_schema=False)
elsewhere = APIRouter(prefix="/join", include_in_schema=False)  # what no other route of this door took


@router.api_route("/{token}", methods=["GET", "HEAD"])
async def door(request: Request, visit: Visiting, house: Inside) -> Response:
    """The page for this person at this moment."""
    if fetched_ahead(request):
        return _come_again(request)
    match visit.door:
        case Door.WAITING | Door.PREPARING:
            return pages.waiting(request, visit, house.rooms.clock())
        case Door.CANCELLED | Door.OVER:
            return pages.closed(request, visit)
    if only_looking(request):
        return pages.threshold(request, visit)
    return await _let_in(request, visit, house)


@router.get("/{token}/door")
async def state_of_door(visit: Visiting, house: Inside) -> JSONResponse:
    """How the door stands now and when to ask again; the waiting page asks this. It enters nobody."""
    now = house.rooms.clock()
    answer: dict[str, Any] = {
        "door": visit.door.value,
        "seconds": round(seconds_until_open(visit, now), 1),
        "again_in": round(next_look(visit, now), 1),
    }
    return JSONResponse(answer, headers=pages.HEADERS)


@elsewhere.api_route("/{anything:path}", methods=["GET", "HEAD"])
async def nothing_here(anything: str) -> Response:
    raise LinkNotValid


async def _let_in(request: Request, visit: Visit, house: House) -> Response:
    address = await house.launches.enter(visit)
    if address is None:
        return pages.room(request, visit)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, headers=pages.HEADERS)


def _come_again(request: Request) -> Response:
    """Not a success, so that the browser throws this away and asks anew when somebody really clicks."""
    heading, message = "Your class is one click away", "Open the link to go there."
    return pages.notice(request, HTTPStatus.SERVICE_UNAVAILABLE, heading, message)
