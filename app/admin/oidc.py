"""Signing in at the company, and out: there by a link (a form may not lead to another site), and back."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.admin.login import safe
from app.admin.pages import HEADERS, see_other
from app.admin.signed import ANYONE, Inside, address_of, cookie_of, keep
from app.services.identity import LIFE, Back
from app.wiring import House

router = APIRouter(prefix="/admin/oidc", include_in_schema=False)


@router.get("/start", dependencies=[ANYONE])
async def start(house: Inside, next: str = "") -> Response:
    begun = await house.identity.begin(safe(next))
    response = RedirectResponse(begun.url, 303, headers=HEADERS)
    # Lax, not strict: the way back is a link from another site.
    response.set_cookie(
        _cookie(house),
        begun.cookie,
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=house.logins.cookie_is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/back", dependencies=[ANYONE])
async def back(request: Request, house: Inside, state: str = "", code: str = "", iss: str = "") -> Response:
    old, address = cookie_of(request), address_of(request)
    present = await house.logins.find(old, address) if old else None
    cookie = request.cookies.get(_cookie(house), "")
    secret, onward = await house.identity.finish(Back(cookie, state, code, iss, address, present))
    if old:
        await house.logins.sign_out(old, address)
    response = keep(see_other(request, safe(onward)), house, secret)
    secure = house.logins.cookie_is_secure
    response.delete_cookie(_cookie(house), path="/", secure=secure, httponly=True, samesite="lax")
    return response


@router.get("/out", dependencies=[ANYONE])
async def out(request: Request) -> Response:
    """Where the company sends a browser that signed out there too."""
    return see_other(request, "/admin/login?said=out")


def _cookie(house: House) -> str:
    return f"{house.logins.cookie_name}-oidc"
