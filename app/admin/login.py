"""Signing in, the one-time link that sets a password, and signing out."""

import re

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import Form, OpenForm, attempt
from app.admin.pages import page, see_other
from app.admin.signed import ANYONE, Browser, Inside, address_of, cookie_of, drop, keep
from app.domain.errors import Busy, ConnectorError, UnknownCaller
from app.services.passwords import SHORTEST

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
    deed = house.logins.sign_in(form.text("email"), form.raw("password"), address_of(request))
    secret = await attempt(deed, UnknownCaller, Busy)
    onward = safe(form.text("next"))
    if isinstance(secret, ConnectorError):
        company = house.identity.offered
        return refused(request, "login.html", secret, form=form, next=onward, note="", company=company)
    if old := cookie_of(request):
        await house.logins.sign_out(old)
    return keep(see_other(request, onward), house, secret)


@router.post("/logout")
async def sign_out(request: Request, house: Inside, login: Browser, form: Form) -> Response:
    await house.logins.sign_out(login.secret)
    return drop(see_other(request, "/admin/login?said=out"), house)


@router.get("/welcome", dependencies=[ANYONE])
async def welcome(request: Request, house: Inside, link: str = "") -> Response:
    return _welcome(request, link, await house.logins.invited(link))


@router.post("/welcome", dependencies=[ANYONE])
async def set_password(request: Request, house: Inside, form: OpenForm) -> Response:
    link = form.text("link")
    email = await house.logins.invited(link)
    if form.raw("password") != form.raw("again"):
        return _welcome(request, link, email, "The two passwords are not the same.")
    done = await attempt(house.logins.accept(link, form.raw("password")))
    if isinstance(done, ConnectorError):
        return _welcome(request, link, email, done.message)
    return drop(see_other(request, "/admin/login?said=set"), house)


def _welcome(request: Request, link: str, email: str, refusal: str = "") -> Response:
    status = 400 if refusal else 200
    return page(request, "welcome.html", status, link=link, email=email, shortest=SHORTEST, wrong=refusal)


def safe(target: str) -> str:
    """Only to a page of this door, whatever the address says."""
    return target if OUR_PAGES.fullmatch(target) else "/admin/"
