"""Is the service there: the one address of the contract door that asks for no credentials (contract C)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.contract.documents import HEALTH
from app.contract.envelope import success
from app.contract.route import PlainRoute

router = APIRouter(route_class=PlainRoute)


@router.head("/health", include_in_schema=False)
@router.get("/health", **HEALTH)
async def health(request: Request) -> Response:
    return success(request.scope)


def is_asked(scope: Scope) -> bool:
    return scope["path"] == "/health" and scope["method"] in {"GET", "HEAD"}
