"""What goes in and out of this door: the shapes of the answers, and the forms as the document shows them."""

from typing import Any, Literal

from pydantic import BaseModel


class TokenAnswer(BaseModel):
    """RFC 6749 section 5.1. `expires_in` in seconds, `scope` with blanks between."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a kind of token, no secret)
    expires_in: int
    scope: str


class OAuthError(BaseModel):
    """RFC 6749 section 5.2."""

    error: str
    error_description: str


class JwkSet(BaseModel):
    """RFC 7517: the public keys."""

    keys: list[dict[str, str]]


class ServerMetadata(BaseModel):
    """RFC 8414."""

    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": OAuthError, "description": "The request is wrong, or asks for too much."},
    401: {"model": OAuthError, "description": "The client is unknown, or its secret is wrong."},
    413: {"model": OAuthError, "description": "The form is too large."},
    429: {"model": OAuthError, "description": "Too many failed attempts; see Retry-After."},
}

_CREDENTIALS: dict[str, Any] = {
    "client_id": {"type": "string", "description": "Unless HTTP Basic is used."},
    "client_secret": {"type": "string", "description": "Unless HTTP Basic is used."},
}


def form(required: str, **fields: dict[str, Any]) -> dict[str, Any]:
    """The document's request body: a form with one required field beside the credentials."""
    schema = {
        "type": "object",
        "required": [required],
        "properties": {**fields, **_CREDENTIALS},
        "additionalProperties": {"type": "string"},  # never a list: no field comes twice
    }
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


TOKEN_FORM = form(
    "grant_type",
    grant_type={"type": "string", "const": "client_credentials"},
    scope={"type": "string", "description": "With blanks between; left out: all that the client has."},
)
REVOCATION_FORM = form(
    "token",
    token={"type": "string", "minLength": 1},
    token_type_hint={"type": "string", "description": "Not needed."},
)
