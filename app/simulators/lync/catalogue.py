"""The faults that can be switched on, by name, each with what it does."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    # discovery
    "root-redirect": "the root answers 200 with nothing but a redirect link, to this server's home root",
    "root-foreign-redirect": "the root's redirect link points to a host of somebody else",
    "root-302": "the root answers 302 to another domain",
    "root-404": "the root answers 404",
    "root-old-style": "the root answers in the older AccessLocation/Root/Links style",
    "user-redirect": "the user link answers a redirect link (without /oauth/user) to the home root",
    "other-host": "UCWA lives on another host name than discovery, and only there",
    "href-unquoted": "the challenge prints its href without quotes",
    "password-not-offered": "the challenge does not offer the password grant, and the grant is refused",
    # tickets
    "token-invalid-request": "the token request is answered invalid_request",
    "token-invalid-grant": "the token request is answered invalid_grant",
    "token-unsupported-grant": "the token request is answered unsupported_grant_type",
    "token-invalid-scope": "the token request is answered invalid_scope",
    "token-server-error": "the token request is answered server_error",
    "token-passive": "invalid_grant with ms_rtc_passiveauthuri, as a federated sign-in site answers",
    "token-short": "new tokens live for two seconds only",
    "account-locked": "the account counts as locked out: even the right password is invalid_grant",
    # access to UCWA
    "token-expired": "the token ends at this request: 401 with a fresh challenge",
    "forbidden-challenge": "the token ends at this request: 403 that carries a challenge (diagnostics 28055)",
    # applications
    "application-gone": "the application is dropped: 404 ApplicationNotFound",
    "application-expired": "the application is dropped: 410 InactiveApplicationExpired",
    "too-many-applications": "creating an application answers 410 TooManyApplications",
    "user-agent-banned": "creating an application answers 410 UserAgentNotAllowed",
    "cannot-redirect": "410 CannotRedirect: no backup pool",
    "meetings-forbidden": "the application resource comes without the myOnlineMeetings link",
    "assigned-absent": "the application resource comes without the myAssignedOnlineMeeting link",
    # meetings
    "create-200": "creating a meeting answers 200 instead of 201, as the how-to article prints it",
    "precondition-failed": "PUT finds that somebody else changed the meeting just before: 412",
    "odd-property-missing": "PUT is answered 400 as if the odd property had not come back",
    "odd-property-absent": "meetings come without the odd property, and PUT does not ask for it",
    "odd-property-varies": "each meeting has its own name for the odd property",
    "numeric-hrefs": "meeting links end in a number that is not the onlineMeetingId",
    "too-many-meetings": "creating a meeting answers 409 TooManyOnlineMeetings",
    "answer-lost": "POST, PUT or DELETE of a meeting is carried out, then the connection is reset",
    # transport and layers in front of UCWA
    "request-lost": "the connection is reset before anything is carried out",
    "throttled": "429 TooManyRequests (no Retry-After, none is documented)",
    "unavailable": "503 ServiceUnavailable",
    "server-error": "500 ServiceFailure",
    "gateway-timeout": "504 Timeout",
    "bad-gateway": "502 with an HTML page, as a reverse proxy answers",
    "html-200": "200 with an HTML page instead of JSON, as a captive portal answers",
    "slow": "the answer comes late (after the work was done)",
    # people and events
    "search-forbidden": "people/search answers 403",
    "lobby": "whoever joins by joinOnlineMeeting waits in the lobby until admitted",
    "join-fails": "the invitation completes with a failure",
    "channel-resume": "the poll answers a resume link; conversations are closed",
    "channel-resync": "the poll answers nothing but a resync link",
    "poll-replaced": "the poll is answered 409 PGetReplaced",
    "events-without-body": "events carry links only: the resources must be fetched",
}
