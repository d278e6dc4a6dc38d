"""The practice room's small JSON interface: enter, beat, leave, and who is present. Used by its page only."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from app.join.house import Inside, Visiting
from app.join.pacing import next_roster
from app.join.pages import HEADERS
from app.join.roster import roster
from app.services.launches import Visit
from app.wiring import House

router = APIRouter(prefix="/join/{token}/room", include_in_schema=False)


@router.post("/enter")
async def enter(visit: Visiting, house: Inside) -> JSONResponse:
    """Presence begins. `visit` names it in every beat and in the goodbye."""
    visit_id = await house.rooms.enter(visit)
    return await _answer(visit, house, visit_id)


@router.post("/{visit_id}/beat")
async def beat(visit: Visiting, visit_id: UUID, house: Inside) -> Response:
    """Still here."""
    await house.rooms.beat(visit, visit_id)
    return Response(status_code=204, headers=HEADERS)


@router.post("/{visit_id}/leave")
async def leave(visit: Visiting, visit_id: UUID, house: Inside) -> Response:
    """Goodbye. Also sent as a beacon when the page is closed."""
    await house.rooms.leave(visit, visit_id)
    return Response(status_code=204, headers=HEADERS)


@router.get("/present")
async def present(visit: Visiting, house: Inside) -> JSONResponse:
    """Who is here now, and when to ask again."""
    return await _answer(visit, house)


async def _answer(visit: Visit, house: House, entered: UUID | None = None) -> JSONResponse:
    seats = await house.rooms.look_around(visit)
    body: dict[str, Any] = {**roster(visit, seats), "again_in": round(next_roster(len(seats)), 1)}
    if entered:
        body["visit"] = str(entered)
    return JSONResponse(body, headers=HEADERS)
