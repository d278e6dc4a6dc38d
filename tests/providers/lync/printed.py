"""A server that answers with the documentation's printed examples, and writes down what it was asked."""

import json

import httpx

DISCOVER = "https://lyncdiscoverinternal.contoso.com/"
ROOT = "https://lyncweb.contoso.com/Autodiscover/AutodiscoverService.svc/root"
USER = f"{ROOT}/oauth/user?originalDomain=contoso.com"
TICKET = "https://lyncweb.contoso.com/WebTicket/oauthtoken"
APPS = "https://lyncweb.contoso.com/ucwa/oauth/v1/applications"
APP = f"{APPS}/105"
MEETINGS = f"{APP}/onlineMeetings/myOnlineMeetings"
ODD = "56de7bbf-1081-43e6-bbf2-1cabf3224c83"

BEARER = (
    'Bearer trusted_issuers="00000002-0000-0ff1-ce00-000000000000@contoso.com", '
    'client_id="00000004-0000-0ff1-ce00-000000000000"'
)
RTC = (
    'MsRtcOAuth href="https://lyncweb.contoso.com/WebTicket/oauthtoken",'
    'grant_type="urn:microsoft.rtc:windows,urn:microsoft.rtc:anonmeeting,password"'
)
ROOT_DOCUMENT = {
    "_links": {
        "self": {"href": f"{ROOT}?originalDomain=contoso.com"},
        "user": {"href": USER},
        "xframe": {"href": "https://lyncweb.contoso.com/Autodiscover/XFrame/XFrame.html"},
    }
}
BASE = "/ucwa/oauth/v1/applications/105"
APPLICATION = {
    "culture": "en-US",
    "userAgent": "UCWA Samples",
    "_links": {
        "self": {"href": BASE},
        "policies": {"href": f"{BASE}/policies"},
        "batch": {"href": f"{BASE}/batch"},
        "events": {"href": f"{BASE}/events?ack=1"},
    },
    "_embedded": {
        "me": {"name": "LMS", "uri": "sip:svc-lms@contoso.com", "_links": {"self": {"href": f"{BASE}/me"}}},
        "people": {"_links": {"search": {"href": f"{BASE}/people/search"}}, "rel": "people"},
        "onlineMeetings": {
            "_links": {
                "self": {"href": f"{BASE}/onlineMeetings"},
                "myOnlineMeetings": {"href": f"{BASE}/onlineMeetings/myOnlineMeetings"},
                "onlineMeetingDefaultValues": {"href": f"{BASE}/onlineMeetings/defaultValues"},
                "onlineMeetingEligibleValues": {"href": f"{BASE}/onlineMeetings/eligibleValues"},
            },
            "rel": "onlineMeetings",
        },
        "communication": {
            "_links": {"joinOnlineMeeting": {"href": f"{BASE}/communication/onlineMeetingInvitations"}},
            "rel": "communication",
        },
    },
    "rel": "application",
}
CREATED = {
    "accessLevel": "Everyone",
    "entryExitAnnouncement": "Disabled",
    "attendees": ["sip:chris@contoso.com"],
    "automaticLeaderAssignment": "Disabled",
    "description": "...",
    "expirationTime": "/Date(1893456000000)/",
    "leaders": ["sip:trainer@contoso.com"],
    "onlineMeetingId": "PYC58WSY",
    "onlineMeetingUri": "sip:svc-lms@contoso.com;gruu;opaque=app:conf:focus:id:PYC58WSY",
    "onlineMeetingRel": "myOnlineMeetings",
    "organizerUri": "sip:svc-lms@contoso.com",
    "phoneUserAdmission": "Disabled",
    "lobbyBypassForPhoneUsers": "Disabled",
    "subject": "Fire safety - 12 May",
    "joinUrl": "https://meet.contoso.com/svc-lms/PYC58WSY",
    ODD: "please pass this in a PUT request",
    "_links": {"self": {"href": f"{BASE}/onlineMeetings/myOnlineMeetings/PYC58WSY"}},
    "rel": "myOnlineMeeting",
    "etag": "3109609770",
}
ASSIGNED = {
    **CREATED,
    "onlineMeetingId": "1XAW22CG",
    "onlineMeetingUri": "sip:svc-lms@contoso.com;gruu;opaque=app:conf:focus:id:1XAW22CG",
    "onlineMeetingRel": "myAssignedOnlineMeeting",
    "rel": "myAssignedOnlineMeeting",
}
ELIGIBLE = {
    "accessLevels": ["SameEnterprise", "Locked", "Invited", "Everyone"],
    "automaticLeaderAssignments": ["Disabled", "SameEnterprise", "Everyone"],
    "entryExitAnnouncements": ["Disabled", "Enabled"],
    "lobbyBypassForPhoneUsersSettings": ["Disabled", "Enabled"],
}


def challenge(*headers: str, status: int = 401) -> httpx.Response:
    """401 with the given WWW-Authenticate headers and IIS's HTML."""
    pairs = [("WWW-Authenticate", header) for header in headers] + [("Content-Type", "text/html")]
    return httpx.Response(status, headers=pairs, text="<html>Server Error 401 - Unauthorized")


def complaint(status: int, code: str, subcode: str = "", **more) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "subcode": subcode, "message": "", **more})


class Printed(httpx.AsyncBaseTransport):
    """`METHOD url` → answer. An answer is a response, a function of the request, or an exception to raise.

    A list is used up one by one; its last answer stays.
    """

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.ticket = "cwt=AAEBbuHc"
        self.challenge = (BEARER, RTC)
        self.answers = {
            f"GET {DISCOVER}": httpx.Response(
                200, json=ROOT_DOCUMENT, headers={"X-MS-Server-Fqdn": "W15.contoso.com"}
            ),
            f"GET {USER}": httpx.Response(200, json={"_links": {"applications": {"href": APPS}}}),
            f"POST {TICKET}": lambda request: httpx.Response(
                200, json={"access_token": self.ticket, "expires_in": 28289, "token_type": "Bearer"}
            ),
            f"POST {APPS}": httpx.Response(201, json=APPLICATION),
            f"DELETE {APP}": httpx.Response(204),
            f"GET {APP}/onlineMeetings/eligibleValues": httpx.Response(200, json=ELIGIBLE),
            f"GET {APP}/onlineMeetings/defaultValues": httpx.Response(
                200, json={"accessLevel": "SameEnterprise"}
            ),
            f"GET {APP}/people/search": complaint(403, "Forbidden"),
            f"POST {MEETINGS}": lambda request: httpx.Response(
                201, json={**CREATED, **json.loads(request.content)}, headers={"ETag": '"3109609770"'}
            ),
            f"GET {MEETINGS}": httpx.Response(200, json=self.listing(CREATED)),
            f"GET {MEETINGS}/PYC58WSY": httpx.Response(200, json=CREATED, headers={"ETag": '"3109609770"'}),
            f"PUT {MEETINGS}/PYC58WSY": lambda request: httpx.Response(200, json=json.loads(request.content)),
            f"DELETE {MEETINGS}/PYC58WSY": httpx.Response(204),
        }

    @staticmethod
    def listing(*meetings: dict) -> dict:
        own = {"myAssignedOnlineMeeting": [ASSIGNED], "myOnlineMeeting": list(meetings)}
        return {"rel": "myOnlineMeetings", "_links": {"self": {"href": MEETINGS}}, "_embedded": own}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        url = str(request.url)
        guarded = url.startswith((USER, APPS))
        if guarded and request.headers.get("authorization") != f"Bearer {self.ticket}":
            return challenge(*self.challenge)
        found = self.answers.get(f"{request.method} {url}")
        if found is None:
            found = self.answers.get(f"{request.method} {url.partition('?')[0]}")
        if found is None:
            raise httpx.ConnectError("nobody there", request=request)
        return self._played(found, request)

    def _played(self, found, request: httpx.Request) -> httpx.Response:
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        answer = found if isinstance(found, httpx.Response) else found(request)
        return httpx.Response(
            answer.status_code, headers=answer.headers.multi_items(), content=answer.content
        )

    def lines(self, *methods: str) -> list[str]:
        """What was asked, as `METHOD url`."""
        return [f"{r.method} {r.url}" for r in self.asked if not methods or r.method in methods]

    def sent(self, line: str) -> list[dict]:
        """The JSON bodies sent with `METHOD url`."""
        return [json.loads(r.content) for r in self.asked if f"{r.method} {r.url}" == line]
