"""AddInstructor and UpdateInstructor."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.contract import documents, schemas
from app.contract.auth import caller_of, house_of
from app.contract.envelope import success
from app.contract.route import PlainRoute
from app.domain.permissions import Scope

router = APIRouter(route_class=PlainRoute)


@router.post("/instructor", **documents.ADD_INSTRUCTOR)
async def add(request: Request) -> Response:
    caller = caller_of(request, Scope.INSTRUCTOR_CREATE)
    draft = schemas.instructor_draft(await schemas.fields_of(request))
    await house_of(request).instructors.add(caller, draft)
    return success(request.scope)


@router.put("/instructor", **documents.UPDATE_INSTRUCTOR)
async def update(request: Request) -> Response:
    caller = caller_of(request, Scope.INSTRUCTOR_UPDATE)
    change = schemas.instructor_change(await schemas.fields_of(request))
    await house_of(request).instructors.update(caller, change)
    return success(request.scope)
