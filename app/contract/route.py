"""A route that hands the request straight to its function and still stands in the OpenAPI document.

FastAPI's own way (solve dependencies, validate, serialise) costs half of a launch's time and answers in a
shape that is not the envelope; here `schemas` reads and `envelope` answers.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class PlainRoute(APIRoute):
    """Functions take the request alone and return a response."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint
