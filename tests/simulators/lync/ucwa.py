"""A plain-spoken UCWA client for these tests: it follows links and keeps the last answer."""

from __future__ import annotations

import re
import ssl
from typing import Any
from urllib.parse import urljoin

import httpx

from app.simulators.lync import DEFAULT_PASSWORD, LyncSimulator

CHALLENGE = re.compile(r'MsRtcOAuth\s+href="?([^",\s]+)"?\s*,\s*grant_type="([^"]*)"')
APPLICATION = {
    "UserAgent": "Tests/1.0",
    "EndpointId": "a917c6f4-976c-4cf3-847d-cdfffa28ccdf",
    "Culture": "en-US",
}


def http(lync: LyncSimulator, **options: Any) -> httpx.Client:
    return httpx.Client(verify=ssl.create_default_context(cadata=lync.ca_pem), timeout=10, **options)


class Ucwa:
    """Signed in and with an application, unless told otherwise."""

    def __init__(self, lync: LyncSimulator, user: str = "", password: str = DEFAULT_PASSWORD) -> None:
        self.lync, self.user, self.password = lync, user or lync.user, password
        self.http = http(lync)
        self.application: dict[str, Any] = {}
        self.base = lync.base_url

    def close(self) -> None:
        self.http.close()

    def user_href(self) -> str:
        return str(self.http.get(self.lync.base_url + "/").json()["_links"]["user"]["href"])

    def ticket_href(self) -> str:
        request = self.http.build_request("GET", self.user_href())
        request.headers.pop("Authorization", None)
        challenges = self.http.send(request).headers.get_list("www-authenticate")
        match = next(found for each in challenges if (found := CHALLENGE.search(each)))
        return match[1]

    def ask_token(self, **fields: str) -> httpx.Response:
        form = {"grant_type": "password", "username": self.user, "password": self.password, **fields}
        return self.http.post(self.ticket_href(), data=form)

    def sign_in(self) -> Ucwa:
        self.http.headers.pop("Authorization", None)
        self.http.headers["Authorization"] = f"Bearer {self.ask_token().json()['access_token']}"
        return self

    def applications_href(self) -> str:
        return str(self.http.get(self.user_href()).json()["_links"]["applications"]["href"])

    def create(self, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        href = self.applications_href()
        self.base = href
        answer = self.http.post(href, json={**APPLICATION, **fields}, headers=headers)
        if answer.is_success:
            self.application = answer.json()
        return answer

    def start(self) -> Ucwa:
        self.sign_in().create()
        return self

    def link(self, name: str) -> str:
        """A link out of the application, wherever in it."""
        for links in (self.application, *self.application["_embedded"].values()):
            if name in links["_links"]:
                return self.full(links["_links"][name]["href"])
        raise KeyError(name)

    def full(self, href: str) -> str:
        return urljoin(self.base, href)

    def get(self, href: str, **options: Any) -> httpx.Response:
        return self.http.get(self.full(href), **options)

    def post(self, href: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.http.post(self.full(href), json=body if body is not None else {}, **options)

    def put(self, href: str, body: Any, etag: str | None = None) -> httpx.Response:
        headers = {"If-Match": etag} if etag is not None else {}
        return self.http.put(self.full(href), json=body, headers=headers)

    def delete(self, href: str) -> httpx.Response:
        return self.http.delete(self.full(href))

    def schedule(self, **fields: Any) -> dict[str, Any]:
        answer = self.post(self.link("myOnlineMeetings"), {"subject": "Class", **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def listed(self) -> list[dict[str, Any]]:
        content = self.get(self.link("myOnlineMeetings")).json()
        return list(content.get("_embedded", {}).get("myOnlineMeeting", []))

    def join(self, meeting: dict[str, Any], **fields: Any) -> httpx.Response:
        uri = meeting["onlineMeetingUri"]
        return self.post(
            self.link("joinOnlineMeeting"), {"onlineMeetingUri": uri, "operationId": "op1", **fields}
        )


def self_href(thing: dict[str, Any]) -> str:
    return str(thing["_links"]["self"]["href"])


def error(answer: httpx.Response) -> tuple[int, str, str | None]:
    body = answer.json()
    return answer.status_code, body["code"], body.get("subcode")
