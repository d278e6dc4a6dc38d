"""The four addresses of this door: token, revocation, keys, metadata."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from app.domain.errors import InvalidRequest
from app.domain.permissions import Scope as Permission
from app.oauth import schemas
from app.oauth.errors import NO_STORE, UnsupportedGrant, dress
from app.oauth.forms import credentials, read_form
from app.services.access import Access
from app.services.tokens import Tokens

AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class DressedRoute(APIRoute):
    """A route whose every refusal leaves as an OAuth error, whatever the application does with exceptions."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handler(request: Request) -> Response:
            try:
                answer: Response = await self.endpoint(request)
            except Exception as exc:
                return dress(exc)
            return answer

        return handler

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().handle(scope, receive, send)
        except HTTPException as exc:  # the method is another
            await dress(exc)(scope, receive, send)


router = APIRouter(tags=["OAuth"], route_class=DressedRoute)


@router.post(
    "/oauth2/token",
    summary="Get an access token",
    response_model=None,
    responses={200: {"model": schemas.TokenAnswer}, **schemas.REFUSALS},
    openapi_extra=schemas.TOKEN_FORM,
)
async def token(request: Request) -> Response:
    """The client credentials grant (RFC 6749 section 4.4). Credentials by HTTP Basic or in the form."""
    form = await read_form(request)
    if "grant_type" not in form:
        raise InvalidRequest("The field grant_type is missing.")
    if form["grant_type"] != "client_credentials":
        raise UnsupportedGrant
    who = credentials(request, form)
    issued = await _access(request).issue(who.client_id, who.secret, who.address, form.get("scope"))
    answer = schemas.TokenAnswer(
        access_token=issued.access_token, expires_in=issued.expires_in, scope=issued.scope
    )
    return JSONResponse(answer.model_dump(), headers=NO_STORE)


@router.post(
    "/oauth2/revoke",
    summary="Give an access token back",
    response_model=None,
    responses={200: {"description": "The token is good for nothing (any more)."}, **schemas.REFUSALS},
    openapi_extra=schemas.REVOCATION_FORM,
)
async def revoke(request: Request) -> Response:
    """RFC 7009. A token that is unknown or has expired is a success; another client's is refused."""
    form = await read_form(request)
    if "token" not in form:
        raise InvalidRequest("The field token is missing.")
    who = credentials(request, form)
    await _access(request).revoke(who.client_id, who.secret, who.address, form["token"])
    return Response(headers=NO_STORE)


@router.get(
    "/.well-known/jwks.json",
    summary="The public keys that verify access tokens",
    response_model=None,
    responses={200: {"model": schemas.JwkSet}},
)
async def jwks(request: Request) -> Response:
    """RFC 7517. After a rotation the old key stays until its last token has expired."""
    keys = await _tokens(request).jwks()
    return JSONResponse(keys, headers={"Cache-Control": "public, max-age=300"})


@router.get(
    "/.well-known/oauth-authorization-server",
    summary="What this authorization server offers",
    response_model=None,
    responses={200: {"model": schemas.ServerMetadata}},
)
async def metadata(request: Request) -> Response:
    """RFC 8414."""
    issuer = _tokens(request).issuer
    answer = schemas.ServerMetadata(
        issuer=issuer,
        token_endpoint=f"{issuer}/oauth2/token",
        revocation_endpoint=f"{issuer}/oauth2/revoke",
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        scopes_supported=[scope.value for scope in Permission],
        response_types_supported=[],
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=AUTH_METHODS,
        revocation_endpoint_auth_methods_supported=AUTH_METHODS,
    )
    return JSONResponse(answer.model_dump(), headers={"Cache-Control": "public, max-age=3600"})


def _access(request: Request) -> Access:
    access: Access = request.app.state.house.access
    return access


def _tokens(request: Request) -> Tokens:
    tokens: Tokens = request.app.state.house.tokens
    return tokens
