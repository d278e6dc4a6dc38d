"""GetAttendees: who attended, by e-mail address and nothing else (contract A5)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.contract import documents, schemas
from app.contract.auth import caller_of, house_of
from app.contract.envelope import success
from app.contract.route import PlainRoute
from app.domain.permissions import Scope

router = APIRouter(route_class=PlainRoute)


@router.get("/session/{session_id}/attendees", **documents.GET_ATTENDEES)
async def attendees(request: Request) -> Response:
    caller = caller_of(request, Scope.ATTENDANCE_READ)
    session_id = schemas.session_id(request.path_params["session_id"])
    emails = await house_of(request).attendance.attendees(caller, session_id)
    return success(request.scope, {"attendees": [{"email": email} for email in emails]})
