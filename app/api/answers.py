"""Answers with their revision, edits that say what they are based on, and creates that happen once."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from app.api.callers import HEADERS, Inside, Signed
from app.api.problems import PreconditionMissing
from app.domain.actor import Actor
from app.domain.errors import InvalidRequest, Stale
from app.services.answers import Kept
from app.wiring import House

LONGEST_KEY = 200
KEPT_HEADERS = ("content-type", "etag", "location")
Deed = Callable[[], Awaitable[Response]]


def answer(
    body: BaseModel | None, status: int = 200, *, revision: int | None = None, location: str = ""
) -> Response:
    """A JSON answer that nobody caches; `revision` becomes its ETag, None as `body` an empty answer."""
    headers = dict(HEADERS)
    if revision is not None:
        headers["ETag"] = f'"{revision}"'
    if location:
        headers["Location"] = location
    if body is None:
        return Response(status_code=status, headers=headers)
    return Response(body.model_dump_json(), status, headers, "application/json")


async def based_on(
    if_match: Annotated[str | None, Header(description="The ETag of what was read.")] = None,
) -> int:
    """The revision that an edit is based on. Raises PreconditionMissing; Stale for what was never ours."""
    if if_match is None:
        raise PreconditionMissing
    tag = if_match.strip().removeprefix("W/").strip('"')
    if not tag.isascii() or not tag.isdigit() or len(tag) > 9:
        raise Stale
    return int(tag)


BasedOn = Annotated[int, Depends(based_on)]


class Doing:
    """A create that happens once per Idempotency-Key; without the header it simply happens."""

    def __init__(self, house: House, actor: Actor, key: str | None, request: bytes) -> None:
        self._answers, self._actor, self._key, self._request = house.answers, actor, key, request

    async def __call__(self, deed: Deed) -> Response:
        """Do it, or repeat the answer. Raises InvalidRequest for another request under the same key, Conflict
        while the first is still being done. Only a success is kept: what failed may be tried again."""
        if self._key is None:
            return await deed()
        kept = await self._answers.begin(self._actor, self._key, self._request)
        if kept is not None:
            return Response(
                kept.body, kept.status, {**HEADERS, **kept.headers, "Idempotency-Replayed": "true"}
            )
        try:
            made = await deed()
        except BaseException:
            await self._answers.forget(self._actor, self._key)
            raise
        headers = {name: made.headers[name] for name in KEPT_HEADERS if name in made.headers}
        await self._answers.keep(self._actor, self._key, Kept(made.status_code, headers, bytes(made.body)))
        return made


async def once(
    request: Request,
    house: Inside,
    actor: Signed,
    idempotency_key: Annotated[
        str | None, Header(description="Any text of yours: the same again repeats the answer for 24 hours.")
    ] = None,
) -> Doing:
    """Raises InvalidRequest for a key that cannot be one."""
    key = idempotency_key
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise InvalidRequest(f"Idempotency-Key must have 1 to {LONGEST_KEY} printable characters.")
    asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + await request.body()).digest()
    return Doing(house, actor, key, asked)


Once = Annotated[Doing, Depends(once)]
