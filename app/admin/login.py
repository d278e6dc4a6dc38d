"""Signing in, the one-time link that sets a password, and signing out."""

import re

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import Form, OpenForm, attempt
from app.admin.pages import page, see_other
from app.admin.signed import (
    ANYONE,
    Browser,
    Inside,
    address_of,
    cookie_of,
    drop,
    keep,
    mark_of,
    remember,
)
from app.domain.errors import Busy, ConnectorError, UnknownCaller
from app.services.passwords import SHORTEST
from app.wiring import House

router = APIRouter(prefix="/admin", include_in_schema=False)

OUR_PAGES = re.compile(r"/admin/[\w/.~?=&%+-]*", re.ASCII)
NOTES = {
    "out": "You are signed out.",
    "everywhere": "You are signed out everywhere.",
    "set": "Your password is set. Sign in with it.",
}


@router.get("/login", dependencies=[ANYONE])
async def login_page(request: Request, house: Inside, next: str = "", said: str = "") -> Response:
    company = house.identity.offered
    return page(request, "login.html", next=safe(next), note=NOTES.get(said, ""), company=company)


@router.post("/login", dependencies=[ANYONE])
async def sign_in(request: Request, house: Inside, form: OpenForm) -> Response:
    address, mark = address_of(request), mark_of(request)
    deed = house.logins.sign_in(form.text("email"), form.raw("password"), address, mark)
    entered = await attempt(deed, UnknownCaller, Busy)
    onward = safe(form.text("next"))
    if isinstance(entered, ConnectorError):
        company = house.identity.offered
        return refused(request, "login.html", entered, form=form, next=onward, note="", company=company)
    if old := cookie_of(request):
        await house.logins.sign_out(old, address)
    response = keep(see_other(request, onward), house, entered.secret)
    return remember(response, house, entered.mark)


@router.post("/logout")
async def sign_out(request: Request, house: Inside, login: Browser, form: Form) -> Response:
    hint = await house.logins.sign_out(login.secret, address_of(request))
    return await left(request, house, hint, "out")


async def left(request: Request, house: House, hint: bytes | None, said: str) -> Response:
    """Signed out here; and on to the company's own sign-out, for whoever came in from there.

    A form of ours may lead to no other site (its policy says so): the next page goes there by itself.
    """
    request.state.login = None
    there = await house.identity.farewell(hint)
    if there is None:
        return drop(see_other(request, f"/admin/login?said={said}"), house)
    response = drop(page(request, "left.html", there=there), house)
    response.headers["Refresh"] = f"0; url={there}"
    return response


@router.get("/welcome", dependencies=[ANYONE])
async def welcome(request: Request, house: Inside, link: str = "") -> Response:
    return _welcome(request, link, await house.logins.invited(link))


@router.post("/welcome", dependencies=[ANYONE])
async def set_password(request: Request, house: Inside, form: OpenForm) -> Response:
    link = form.text("link")
    email = await house.logins.invited(link)
    if form.raw("password") != form.raw("again"):
        return _welcome(request, link, email, "The two passwords are not the same.")
    mark = await attempt(house.logins.accept(link, form.raw("password"), address_of(request)))
    if isinstance(mark, ConnectorError):
        return _welcome(request, link, email, mark.message)
    return remember(drop(see_other(request, "/admin/login?said=set"), house), house, mark)


def _welcome(request: Request, link: str, email: str, refusal: str = "") -> Response:
    status = 400 if refusal else 200
    return page(request, "welcome.html", status, link=link, email=email, shortest=SHORTEST, wrong=refusal)


def safe(target: str) -> str:
    """Only to a page of this door, whatever the address says."""
    return target if OUR_PAGES.fullmatch(target) else "/admin/"
