"""A route that hands the request straight to its function and still stands in the OpenAPI document.

FastAPI's own way (solve dependencies, validate, serialise, exit stacks, exception handlers) costs half of a
launch's time and answers in a shape that is not the envelope; here `schemas` reads, `envelope` answers and
the door dresses what is raised.
"""

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send


class PlainRoute(APIRoute):
    """Functions take the request alone and return a response."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)
