"""Who is asking: the login behind the cookie, and what a page needs. Every route declares one of these."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Request, Response

from app.domain.actor import Actor
from app.domain.errors import UnknownCaller
from app.domain.permissions import Scope
from app.services.guesses import MARK_LIFE
from app.services.logins import SignedIn
from app.wiring import House


class SignedOut(UnknownCaller):
    """Nobody is signed in (any more): to the login page."""

    default = "Please sign in."


async def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


Inside = Annotated[House, Depends(house_of)]


def cookie_of(request: Request) -> str:
    """What the browser says it is signed in with."""
    house: House = request.app.state.house
    return request.cookies.get(house.logins.cookie_name, "")


def mark_of(request: Request) -> str:
    """By which the browser says that it was signed in before."""
    house: House = request.app.state.house
    return request.cookies.get(f"{house.logins.cookie_name}-known", "")


def address_of(request: Request) -> str:
    """Where the request came from."""
    return request.client.host if request.client else ""


def keep(response: Response, house: House, secret: str) -> Response:
    """Let the browser hold the secret of its login; the name pins it to this host where there is https."""
    name, secure = house.logins.cookie_name, house.logins.cookie_is_secure
    response.set_cookie(name, secret, path="/", secure=secure, httponly=True, samesite="lax")
    return response


def remember(response: Response, house: House, mark: str) -> Response:
    """Let the browser be known from now on (services/guesses.py); that opens nothing."""
    name, secure, life = f"{house.logins.cookie_name}-known", house.logins.cookie_is_secure, MARK_LIFE
    seconds = int(life.total_seconds())
    response.set_cookie(name, mark, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")
    return response


def drop(response: Response, house: House) -> Response:
    """Take the cookie away."""
    secure = house.logins.cookie_is_secure
    response.delete_cookie(house.logins.cookie_name, path="/", secure=secure, httponly=True)
    return response


class _LoginOf:
    """The login of this browser. Raises SignedOut."""

    declares: Literal["signed in"] = "signed in"

    async def __call__(self, request: Request, house: Inside) -> SignedIn:
        secret = cookie_of(request)
        found = await house.logins.find(secret, address_of(request)) if secret else None
        if found is None:
            raise SignedOut
        request.state.login = found
        return found


class _Anyone:
    """A page that needs no login."""

    declares: Literal["anyone"] = "anyone"

    async def __call__(self) -> None:
        return None


Browser = Annotated[SignedIn, Depends(_LoginOf())]


class Need:
    """A page behind one permission. Raises SignedOut; NotAllowed, naming it."""

    def __init__(self, scope: Scope) -> None:
        self.declares = scope

    async def __call__(self, login: Browser) -> Actor:
        login.actor.require(self.declares)
        return login.actor


async def actor_of(login: Browser) -> Actor:
    return login.actor


Signed = Annotated[Actor, Depends(actor_of)]
ANYONE = Depends(_Anyone())


def need(scope: Scope) -> Any:
    """`actor: Annotated[Actor, need(Scope.X)]`: only for whoever has that permission."""
    return Depends(Need(scope))
