"""The own account: change the password, sign out everywhere."""

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import Form, attempt
from app.admin.login import left
from app.admin.pages import page, see_other
from app.admin.signed import Browser, Inside, keep
from app.domain.errors import ConnectorError, InvalidRequest, Throttled
from app.services.passwords import SHORTEST

router = APIRouter(prefix="/admin", include_in_schema=False)


@router.get("/account")
async def account(request: Request, house: Inside, login: Browser, changed: str = "") -> Response:
    company = house.identity.offered
    return page(request, "account.html", shortest=SHORTEST, changed=bool(changed), company=company)


@router.post("/account/password")
async def change_password(request: Request, house: Inside, login: Browser, form: Form) -> Response:
    secret: str | ConnectorError = InvalidRequest("The two new passwords are not the same.")
    if form.raw("password") == form.raw("again"):
        deed = house.logins.change_password(login, form.raw("old"), form.raw("password"))
        secret = await attempt(deed, Throttled)
    if isinstance(secret, ConnectorError):
        values = {"shortest": SHORTEST, "changed": False, "company": house.identity.offered}
        return refused(request, "account.html", secret, **values)
    return keep(see_other(request, "/admin/account?changed=yes"), house, secret)


@router.post("/account/everywhere")
async def sign_out_everywhere(request: Request, house: Inside, login: Browser, form: Form) -> Response:
    return await left(request, house, await house.logins.sign_out_everywhere(login), "everywhere")
