"""Long lists in slices: a cursor says where the last one ended, so nothing is shown twice or left out."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from app.domain.errors import InvalidRequest

T = TypeVar("T")
USUAL, MOST = 50, 500
LONGEST_CURSOR = 1000
NOT_OURS = "This cursor is not one of ours."


class Slice(BaseModel, Generic[T]):
    """`next` goes into `cursor` of the next call; null at the end."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next slice; null at the end.")


class Slicing:
    """What was asked for. `after`: the sort key of the last item seen, as given to `cut`; None at first."""

    def __init__(self, after: list[str | int] | None, limit: int) -> None:
        self.after, self.limit = after, limit

    def texts(self, count: int) -> list[str] | None:
        """`after` as so many texts. Raises InvalidRequest for a cursor of another list."""
        if self.after is None:
            return None
        found = [part for part in self.after if isinstance(part, str) and part.isprintable()]
        if len(found) != count or len(self.after) != count:
            raise InvalidRequest(NOT_OURS)
        return found

    def text(self) -> str | None:
        """`after` as the one text that it is."""
        found = self.texts(1)
        return None if found is None else found[0]

    def place(self) -> tuple[str, UUID] | None:
        """`after` as a text and an id, for lists in which a text may come twice."""
        found = self.texts(2)
        try:
            return None if found is None else (found[0], UUID(found[1]))
        except ValueError as exc:
            raise InvalidRequest(NOT_OURS) from exc

    def cut(self, found: Sequence[T], key: Callable[[T], list[str | int]]) -> Slice[T]:
        """A slice of what was `found`: ask for `limit + 1`, so that the end is known."""
        shown = list(found[: self.limit])
        more = len(found) > self.limit
        return Slice[Any](items=shown, next=_closed(key(shown[-1])) if more else None)


async def sliced(
    limit: Annotated[int, Query(ge=1, le=MOST, description="Items in a slice.")] = USUAL,
    cursor: Annotated[
        str | None, Query(max_length=LONGEST_CURSOR, description="`next` of the last slice.")
    ] = None,
) -> Slicing:
    return Slicing(None if cursor is None else _opened(cursor), limit)


Sliced = Annotated[Slicing, Depends(sliced)]


def _closed(key: list[str | int]) -> str:
    return urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _opened(cursor: str) -> list[str | int]:
    try:
        key = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as exc:
        raise InvalidRequest(NOT_OURS) from exc
    if not isinstance(key, list) or not all(isinstance(part, (str, int)) for part in key) or not key:
        raise InvalidRequest(NOT_OURS)
    return key
