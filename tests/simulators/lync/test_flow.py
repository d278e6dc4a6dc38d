"""The way of a foreign client that has nothing but the standard library."""

from __future__ import annotations

import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from email.message import Message
from typing import Any

from app.simulators.lync import DEFAULT_PASSWORD, LyncSimulator

Answer = tuple[int, Message, Any]


def test_a_client_of_the_standard_library_walks_the_whole_way(lync: LyncSimulator) -> None:
    context = ssl.create_default_context(cadata=lync.ca_pem)
    token = ""

    def ask(method: str, url: str, body: Any = None, form: Any = None, etag: str = "") -> Answer:
        headers = {"Accept": "application/json"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if form is not None:
            data = urllib.parse.urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded;charset=UTF-8"
        if token:
            headers["Authorization"] = "Bearer " + token
        if etag:
            headers["If-Match"] = f'"{etag}"'
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=context, timeout=10) as response:
                content = response.read()
                return response.status, response.headers, json.loads(content) if content else None
        except urllib.error.HTTPError as exc:
            return exc.code, exc.headers, exc.read().decode()

    _, _, root = ask("GET", lync.base_url + "/")
    user = root["_links"]["user"]["href"]
    status, headers, _ = ask("GET", user)
    assert status == 401
    challenge = next(
        each for each in headers.get_all("WWW-Authenticate", []) if each.startswith("MsRtcOAuth")
    )
    href = re.search(r'href="([^"]+)"', challenge)
    assert href
    form = {"grant_type": "password", "username": lync.user, "password": DEFAULT_PASSWORD}
    status, _, ticket = ask("POST", href[1], form=form)
    assert status == 200
    token = ticket["access_token"]
    _, _, found = ask("GET", user)
    applications = found["_links"]["applications"]["href"]
    wanted = {
        "UserAgent": "UCWA Samples",
        "EndpointId": "a917c6f4-976c-4cf3-847d-cdfffa28ccdf",
        "Culture": "en-US",
    }
    status, _, application = ask("POST", applications, wanted)
    assert status == 201
    links = application["_embedded"]["onlineMeetings"]["_links"]
    meetings = urllib.parse.urljoin(applications, links["myOnlineMeetings"]["href"])

    status, headers, made = ask(
        "POST", meetings, {"subject": "holiday party", "leaders": [], "attendees": []}
    )
    assert (status, headers["ETag"]) == (201, f'"{made["etag"]}"')
    _, _, listing = ask("GET", meetings)
    assert listing["_embedded"]["myOnlineMeeting"] == [made]
    own = urllib.parse.urljoin(applications, made["_links"]["self"]["href"])
    status, _, changed = ask("PUT", own, {**made, "subject": "Important details"}, etag=made["etag"])
    assert (status, changed["subject"], changed["joinUrl"]) == (200, "Important details", made["joinUrl"])
    assert ask("DELETE", own)[0] == 204
    assert ask("GET", own)[0] == 404
    assert ask("DELETE", urllib.parse.urljoin(applications, application["_links"]["self"]["href"]))[0] == 204
