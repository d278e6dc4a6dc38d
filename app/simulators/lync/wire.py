"""Requests and answers as plain values, and the error bodies of UCWA."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

CODES = {
    400: "BadRequest",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    408: "Timeout",
    409: "Conflict",
    410: "Gone",
    412: "PreconditionFailed",
    413: "EntityTooLarge",
    415: "UnsupportedMediaType",
    428: "PreconditionRequired",
    429: "TooManyRequests",
    500: "ServiceFailure",
    501: "ServiceFailure",
    503: "ServiceUnavailable",
    504: "Timeout",
}
_LARGEST_BODY = 256 * 1024
_TICKS = re.compile(r'"/(Date\(-?\d+\))/"')


class UcwaError(Exception):
    """A refusal in the terms of the documentation: status, subcode, message, invalid parameters."""

    def __init__(self, status: int, subcode: str = "", message: str = "", **parameters: str) -> None:
        super().__init__(f"{status} {subcode} {message}")
        self.status, self.subcode, self.message, self.parameters = status, subcode, message, parameters

    def body(self) -> Json:
        """Only `code` is always there; `parameters` belongs to 400 alone."""
        body: Json = {"code": CODES[self.status]}
        if self.subcode:
            body["subcode"] = self.subcode
        if self.message:
            body["message"] = self.message
        if self.parameters and self.status == 400:
            body["parameters"] = self.parameters
        return body


def invalid(message: str, **parameters: str) -> UcwaError:
    """400 ParameterValidationFailure, naming the properties that are wrong."""
    return UcwaError(400, "ParameterValidationFailure", message, **parameters)


@dataclass
class Call:
    """One request as it came in."""

    method: str
    path: str
    scheme: str = "https"
    authority: str = ""
    raw_query: str = ""
    query: dict[str, str] = field(default_factory=dict)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    params: dict[str, str] = field(default_factory=dict)
    struck: list[str] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """The first header of this name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Json:
        """The body as a JSON object, or the documented refusal. XML is not simulated (415)."""
        if len(self.body) > _LARGEST_BODY:
            raise UcwaError(413, "", "The request is too large.")
        if "json" not in (self.header("content-type") or "").lower():
            raise UcwaError(415, "UnsupportedMediaType", "The content-type is not supported.")
        try:
            content = json.loads(self.body)
        except ValueError as exc:
            raise UcwaError(400, "DeserializationFailure", "The body is not well-formed JSON.") from exc
        if not isinstance(content, dict):
            raise UcwaError(400, "DeserializationFailure", "The body must be a JSON object.")
        return content


@dataclass
class Answer:
    """One response as it goes out."""

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


def resource(content: Json, status: int = 200, *more: tuple[str, str]) -> Answer:
    """A JSON resource; an `etag` in the body is repeated, quoted, in the ETag header.

    The slashes of a date are escaped as the ASP.NET serialiser does it.
    """
    text = _TICKS.sub(r'"\\/\1\\/"', json.dumps(content, ensure_ascii=False, separators=(",", ":")))
    headers = [("Content-Type", "application/json; charset=utf-8"), *more]
    if "etag" in content:
        headers.append(("ETag", f'"{content["etag"]}"'))
    return Answer(status, text.encode(), headers)


def failure(error: UcwaError) -> Answer:
    """The answer that carries an error body."""
    return resource(error.body(), error.status)


def nothing(status: int = 204, *more: tuple[str, str]) -> Answer:
    """An answer without a body."""
    return Answer(status, b"", list(more))


def html(status: int, title: str, *more: tuple[str, str]) -> Answer:
    """A page as a web server or proxy in front of UCWA writes it."""
    page = f"<html><head><title>{title}</title></head><body><h1>{status} - {title}</h1></body></html>"
    return Answer(status, page.encode(), [("Content-Type", "text/html"), *more])
