"""LaunchSession: the address that one person opens."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.contract import documents, schemas
from app.contract.addresses import address_in
from app.contract.auth import caller_of, house_of
from app.contract.envelope import success
from app.contract.route import PlainRoute
from app.domain.permissions import Scope

router = APIRouter(route_class=PlainRoute)


@router.get("/session/{session_id}/user/{base64_email:path}/url", **documents.LAUNCH_SESSION)
async def launch(request: Request) -> Response:
    caller = caller_of(request, Scope.SESSION_LAUNCH)
    session_id = schemas.session_id(request.path_params["session_id"])
    email = address_in(request.path_params["base64_email"])
    correlation_id = request.scope["state"]["correlation_id"]
    join_url = await house_of(request).launches.launch(caller, session_id, email, correlation_id)
    return success(request.scope, {"joinUrl": join_url})
