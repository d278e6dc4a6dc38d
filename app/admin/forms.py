"""Forms of this door: read within bounds, and only from its own pages (token, Origin, Sec-Fetch-Site)."""

import hmac
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from app.admin.signed import Browser
from app.domain.errors import Conflict, ConnectorError, InvalidRequest, NotAllowed, ProviderError
from app.wiring import House

T = TypeVar("T")
LARGEST_FORM = 8 * 1024 * 1024  # a CSV of 50,000 people
MOST_FIELDS = 2_000
FOREIGN = "This form did not come from a page of this service, or that page is too old. Please load it again."


class Posted:
    """The fields of a form. What is missing is empty."""

    def __init__(self, fields: FormData) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """One line without the blanks around it."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """As typed: for passwords."""
        value = self._fields.get(name, "")
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        """Every value of a field that may come several times."""
        return [value for value in self._fields.getlist(name) if isinstance(value, str) and value]

    def lines(self, name: str) -> list[str]:
        """The lines of a text area, empty ones left out."""
        return [line.strip() for line in self.raw(name).splitlines() if line.strip()]

    def checked(self, name: str) -> bool:
        return bool(self.raw(name))

    def number(self, name: str) -> int:
        """Raises InvalidRequest."""
        text = self.text(name)
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise InvalidRequest(f"The field {name} must be a number.")
        return int(text)

    async def file(self, name: str) -> bytes:
        """The content of an uploaded file. Raises InvalidRequest without one."""
        upload = self._fields.get(name)
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise InvalidRequest("Choose a file.")
        return await upload.read()


NO_FORM = Posted(FormData())


async def posted_by_anyone(request: Request) -> Posted:
    """A form of a page that needs no login. Raises NotAllowed when it comes from elsewhere."""
    _refuse_foreign(request)
    try:
        return Posted(await request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=LARGEST_FORM))
    except ValueError as exc:
        raise InvalidRequest from exc


async def posted(login: Browser, form: Annotated[Posted, Depends(posted_by_anyone)]) -> Posted:
    """A form of this very login. Raises SignedOut, NotAllowed."""
    if not hmac.compare_digest(form.raw("form_token").encode(), login.form_token.encode()):
        raise NotAllowed(FOREIGN)
    return form


OpenForm = Annotated[Posted, Depends(posted_by_anyone)]
Form = Annotated[Posted, Depends(posted)]


async def attempt(deed: Coroutine[Any, Any, T], *more: type[ConnectorError]) -> T | ConnectorError:
    """What the deed returns, or why it could not be done: for a form that is shown again with the reason.

    Takes what the person at the form can put right (InvalidRequest, Conflict, ProviderError, and `more`).
    """
    expected: tuple[type[ConnectorError], ...] = (InvalidRequest, Conflict, ProviderError, *more)
    try:
        return await deed
    except expected as exc:
        return exc


def _refuse_foreign(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    house: House = request.app.state.house
    ours = {request.headers.get("host", ""), urlsplit(house.logins.public_url).netloc}
    if site is not None:
        if site != "same-origin":
            raise NotAllowed(FOREIGN)
    elif origin is not None and urlsplit(origin).netloc not in ours:
        raise NotAllowed(FOREIGN)
