"""CreateSession, UpdateSession and the cancellation of a session."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.contract import documents, schemas
from app.contract.auth import caller_of, house_of
from app.contract.envelope import success
from app.contract.route import PlainRoute
from app.domain.permissions import Scope

router = APIRouter(route_class=PlainRoute)


@router.post("/session", **documents.CREATE_SESSION)
async def create(request: Request) -> Response:
    caller = caller_of(request, Scope.SESSION_CREATE)
    draft = schemas.session_draft(await schemas.fields_of(request))
    await house_of(request).sessions.create(caller, draft)
    return success(request.scope)


@router.put("/session/{session_id}", **documents.UPDATE_SESSION)
async def update(request: Request) -> Response:
    caller = caller_of(request, Scope.SESSION_UPDATE)
    session_id = schemas.session_id(request.path_params["session_id"])
    draft = schemas.session_draft(await schemas.fields_of(request), session_id)
    await house_of(request).sessions.update(caller, session_id, draft)
    return success(request.scope)


@router.delete("/session/{session_id}", **documents.CANCEL_SESSION)
async def cancel(request: Request) -> Response:
    caller = caller_of(request, Scope.SESSION_CANCEL)
    session_id = schemas.session_id(request.path_params["session_id"])
    await house_of(request).sessions.cancel(caller, session_id)
    return success(request.scope)
