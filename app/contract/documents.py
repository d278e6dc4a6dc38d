"""The contract in the generated OpenAPI document. For readers only: nothing here is executed on a request.

The document that partners rely on is `openapi/vilt-contract.yaml`; a test keeps the two from drifting apart.
"""

from typing import Any, Literal

from fastapi import Security
from fastapi.security import HTTPBasic, OAuth2
from pydantic import BaseModel

from app.domain.permissions import CONTRACT_SCOPES, Scope

BASIC = HTTPBasic(scheme_name="basic", auto_error=False)
OAUTH2 = OAuth2(
    scheme_name="oauth2",
    flows={
        "clientCredentials": {
            "tokenUrl": "/oauth2/token",
            "scopes": {s.value: s.name for s in CONTRACT_SCOPES},
        }
    },
    auto_error=False,
)


class Success(BaseModel):
    """The plain success envelope."""

    status: Literal["Success"]
    correlationId: str
    timestamp: str


class JoinUrl(BaseModel):
    joinUrl: str


class LaunchSuccess(Success):
    data: JoinUrl


class Attendee(BaseModel):
    email: str


class Attendees(BaseModel):
    attendees: list[Attendee]


class AttendeesSuccess(Success):
    data: Attendees


class ErrorDetail(BaseModel):
    code: Literal[400, 401, 403, 404, 500]
    message: str


class ErrorEnvelope(BaseModel):
    """What every error wears."""

    status: Literal["PartialSuccess", "ValidationError", "SystemError"]
    correlationId: str
    timestamp: str
    error: ErrorDetail


_TEXT = {"type": "string"}
_EMAIL = {"type": "string", "maxLength": 320, "pattern": "^[^@ ]+@[^@ ]+$"}
_NAMES = {"FirstName": _TEXT, "LastName": _TEXT}
_SESSION = {
    "CreatorEmail": _EMAIL,
    "Title": _TEXT,
    "Description": {"type": ["string", "null"]},
    "DateBegin": {**_TEXT, "description": "UTC, YYYY-MM-DDTHH:MM:SS"},
    "DateEnd": {**_TEXT, "description": "UTC, later than DateBegin"},
    "TimeZone": {"description": 'Informational: { "UTCOffset": "-07:00" }, or its bare value'},
    "SessionId": {**_TEXT, "minLength": 1, "maxLength": 200},
    "InstructorEmails": {"description": "Addresses divided by ; or , or blanks, or an array of them"},
    "LoId": {"type": ["string", "integer", "null"]},
}
_SESSION_NEEDS = ["CreatorEmail", "Title", "DateBegin", "DateEnd"]


def _operation(scope: Scope, summary: str, answer: type[BaseModel] = Success, **extra: Any) -> dict[str, Any]:
    """Keyword arguments for a route: what it needs, what it answers, and every refusal in its envelope."""
    refusals: dict[int | str, dict[str, Any]] = {
        code: {"model": ErrorEnvelope, "description": words} for code, words in _REFUSALS.items()
    }
    parameters = [*extra.pop("parameters", []), *_HEADERS]
    return {
        "summary": summary,
        "operation_id": summary,
        "tags": ["vILT contract"],
        "responses": {200: {"model": answer, "description": "Success"}, **refusals},
        "dependencies": [Security(BASIC), Security(OAUTH2, scopes=[scope.value])],
        "openapi_extra": {"parameters": parameters, **extra},
    }


def _body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, where: str, about: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": where, "required": where == "path", "description": about, "schema": schema}


_REFUSALS = {
    400: "InvalidData",
    401: "Unauthorized",
    403: "Forbidden",
    404: "ResourceNotFound",
    413: "InvalidData: the body is too large",
    500: "SystemError",
}
_HEADERS = [
    _parameter("CorrelationId", "header", "Repeated in the answer"),
    _parameter("Debug", "header", "`true` logs this one request in detail"),
]
_SESSION_ID = _parameter("session_id", "path", "Made by the LMS; any case, braces allowed")
_ADDRESS = _parameter("base64_email", "path", "The person's e-mail address in base64")

ADD_INSTRUCTOR = _operation(
    Scope.INSTRUCTOR_CREATE,
    "AddInstructor",
    requestBody=_body({"Email": _EMAIL, **_NAMES}, ["Email", "FirstName", "LastName"]),
)
UPDATE_INSTRUCTOR = _operation(
    Scope.INSTRUCTOR_UPDATE,
    "UpdateInstructor",
    requestBody=_body(
        {"OldEmail": _EMAIL, "NewEmail": _EMAIL, **_NAMES, "IsActive": {"type": ["boolean", "null"]}},
        ["OldEmail", "NewEmail", "FirstName", "LastName"],
    ),
)
CREATE_SESSION = _operation(
    Scope.SESSION_CREATE, "CreateSession", requestBody=_body(_SESSION, [*_SESSION_NEEDS, "SessionId"])
)
UPDATE_SESSION = _operation(
    Scope.SESSION_UPDATE,
    "UpdateSession",
    parameters=[_SESSION_ID],
    requestBody=_body(_SESSION, _SESSION_NEEDS),
)
CANCEL_SESSION = _operation(Scope.SESSION_CANCEL, "CancelSession", parameters=[_SESSION_ID])
LAUNCH_SESSION = _operation(
    Scope.SESSION_LAUNCH, "LaunchSession", LaunchSuccess, parameters=[_SESSION_ID, _ADDRESS]
)
GET_ATTENDEES = _operation(Scope.ATTENDANCE_READ, "GetAttendees", AttendeesSuccess, parameters=[_SESSION_ID])
HEALTH: dict[str, Any] = {
    "summary": "Is the service there",
    "operation_id": "Health",
    "tags": ["vILT contract"],
    "responses": {200: {"model": Success, "description": "Success"}},
}
