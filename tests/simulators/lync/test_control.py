"""The levers over HTTP, the request log, and the blocking call of the command line."""

from __future__ import annotations

import io
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

import app.simulators
from app.simulators.lync import DEFAULT_PASSWORD, FAULTS, LyncSimulator, run

from .ucwa import Ucwa, http


class Levers:
    def __init__(self, lync: LyncSimulator) -> None:
        self.http, self.url = http(lync), lync.control_url

    def pull(self, method: str, path: str, **body: Any) -> Any:
        answer = self.http.request(method, f"{self.url}/{path}", json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        answer = self.http.request(method, f"{self.url}/{path}", json=body)
        return answer.status_code, answer.json()["error"]


@pytest.fixture
def levers(lync: LyncSimulator) -> Iterator[Levers]:
    pulled = Levers(lync)
    yield pulled
    pulled.http.close()


def test_faults_go_on_and_off(levers: Levers, lync: LyncSimulator) -> None:
    levers.pull("POST", "faults", name="slow", rate=0.5)
    levers.pull("POST", "faults", name="throttled", count=2, only="POST")
    state = levers.pull("GET", "faults")
    assert state["known"] == FAULTS
    assert [each["name"] for each in state["on"]] == ["slow", "throttled"]
    levers.pull("DELETE", "faults/slow")
    assert [each["name"] for each in lync.faults()] == ["throttled"]
    levers.pull("DELETE", "faults")
    assert lync.faults() == []


def test_people_and_meetings_are_moved(levers: Levers, ucwa: Ucwa) -> None:
    levers.pull("POST", "people", address="ann@contoso.example", name="Ann", password="x")
    assert "sip:ann@contoso.example" in [each["uri"] for each in levers.pull("GET", "people")]
    meeting = ucwa.schedule()["onlineMeetingId"]
    assert meeting in [each["onlineMeetingId"] for each in levers.pull("GET", "meetings")]
    uri = levers.pull("POST", f"meetings/{meeting}/join", uri="sip:ann@contoso.example", lobby=True)
    for lever, place in [
        ("admit", "attendees"),
        ("promote", "leaders"),
        ("demote", "attendees"),
        ("lobby", "lobby"),
    ]:
        levers.pull("POST", f"meetings/{meeting}/{lever}", uri=uri)
        assert [each["place"] for each in levers.pull("GET", f"meetings/{meeting}/participants")] == [place]
    levers.pull("POST", f"meetings/{meeting}/leave", uri=uri)
    assert levers.pull("GET", f"meetings/{meeting}/participants") == []
    levers.pull("POST", f"meetings/{meeting}/touch")
    levers.pull("DELETE", f"meetings/{meeting}")
    assert ucwa.listed() == []


def test_time_tokens_accounts_and_all_of_it(levers: Levers, ucwa: Ucwa) -> None:
    before = ucwa.lync.pool.clock.now()
    levers.pull("POST", "clock", advance=60)
    assert ucwa.lync.pool.clock.now() >= before + 60
    levers.pull("POST", "tokens/expire")
    assert ucwa.get(ucwa.link("self")).status_code == 401
    ucwa.sign_in()
    levers.pull("POST", "applications/drop")
    assert ucwa.get(ucwa.link("self")).status_code == 404
    levers.pull("POST", "accounts/lock", user=ucwa.user)
    assert ucwa.ask_token().status_code == 400
    levers.pull("POST", "reset")
    assert ucwa.ask_token().status_code == 200


def test_a_wrong_lever_is_explained(levers: Levers) -> None:
    assert levers.refusal("GET", "nothing")[0] == 404
    assert "POST clock" in levers.refusal("GET", "nothing")[1]
    assert levers.refusal("POST", "faults", {"name": "nonsense"})[0] == 400
    assert levers.refusal("POST", "faults", {"nonsense": 1})[0] == 400
    assert levers.refusal("POST", "meetings/NOTHERE1/join", {"name": "Joe"})[0] == 404
    assert levers.refusal("POST", "clock", {})[0] == 404
    assert levers.refusal("POST", "clock", [1])[0] == 400


def test_the_log_tells_everything_but_secrets(ucwa: Ucwa, levers: Levers) -> None:
    token = ucwa.http.headers["Authorization"].removeprefix("Bearer ")
    ucwa.schedule(subject="Fire safety")
    ucwa.get(f"{ucwa.link('search')}?query=a&limit=2")
    log = levers.pull("GET", "requests")
    text = json.dumps(log)
    assert DEFAULT_PASSWORD not in text
    assert token not in text
    ticket = next(each for each in log if each["path"] == "/WebTicket/oauthtoken")
    assert ticket["body"] == "grant_type=password&username=svc-lms%40contoso.example&password=***"
    post = next(
        each for each in log if each["method"] == "POST" and each["path"].endswith("/myOnlineMeetings")
    )
    assert post["body"] == {"subject": "Fire safety"}
    assert ["authorization", "Bearer ***"] in post["headers"]
    assert (post["status"], post["lost"], post["faults"]) == (201, False, [])
    assert post["at"] <= ucwa.lync.pool.clock.now()
    assert log[-1]["query"] == "query=a&limit=2"
    assert [each["number"] for each in log] == sorted(each["number"] for each in log)
    levers.pull("DELETE", "requests")
    assert levers.pull("GET", "requests") == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", '{"password":"hush-hush","nested":[{"Password":"hush-hush"}]}'),
        ("application/json", '{"password":"hush-hush"'),
        ("text/plain", "password=hush-hush"),
        ("application/x-www-form-urlencoded", "hush-hush"),
        ("application/x-www-form-urlencoded", "password=hush-hush&ms_rtc_renew=hush-hush"),
    ],
)
def test_secrets_are_masked_in_every_form(lync: LyncSimulator, kind: str, content: str) -> None:
    with http(lync) as client:
        client.post(
            f"{lync.base_url}/WebTicket/oauthtoken?password=hush-hush",
            content=content,
            headers={"Content-Type": kind},
        )
    assert "hush-hush" not in json.dumps(lync.requests())


def test_a_password_is_not_shown_by_accident(lync: LyncSimulator) -> None:
    assert DEFAULT_PASSWORD not in repr(vars(lync.pool))


def test_the_certificate_names_its_hosts_and_the_key_is_private(lync: LyncSimulator) -> None:
    certificate = x509.load_pem_x509_certificate((lync.ca_path.parent / "server.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert os.stat(lync.ca_path.parent / "server.key").st_mode & 0o077 == 0
    assert lync.ca_path.read_text() == lync.ca_pem
    context = ssl.create_default_context(cafile=str(lync.ca_path))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert httpx.get(lync.base_url, verify=context).status_code == 200


class _Lines(io.StringIO):
    """Output that tells when the ready line was written."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = threading.Event()

    def write(self, text: str) -> int:
        if "Ready." in text:
            self.ready.set()
        return super().write(text)


def test_the_blocking_call_says_what_is_needed_and_no_password(tmp_path: Path) -> None:
    out, stop, ca = _Lines(), threading.Event(), tmp_path / "ca.pem"
    arguments = {
        "user": "svc@fabrikam.example",
        "password": "hush-hush",
        "ca_out": ca,
        "faults": ["answer-lost=0.2"],
    }
    thread = threading.Thread(target=run, args=(0,), kwargs={**arguments, "out": out, "until": stop})
    thread.start()
    assert out.ready.wait(10)
    text = out.getvalue()
    url = text.split()[2]
    context = ssl.create_default_context(cafile=str(ca))
    assert "originalDomain=fabrikam.example" in httpx.get(url, verify=context).text
    assert "svc@fabrikam.example" in text
    assert "answer-lost (rate 0.2)" in text
    assert str(ca) in text
    assert "hush-hush" not in text
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, verify=context)


def test_as_a_process_of_its_own_it_ends_on_a_polite_signal() -> None:
    root = Path(app.simulators.__file__).parents[2]
    command = [sys.executable, "-c", "from app.simulators.lync import run; run(0)"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = list(iter(process.stdout.readline, "Ready.\n"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert lines[0].startswith("Lync simulator   https://localhost:")
    assert DEFAULT_PASSWORD not in "".join(lines)


@pytest.mark.parametrize("user", ["svc-lms", "@contoso.example", "svc@"])
def test_a_user_needs_a_domain(user: str) -> None:
    with pytest.raises(ValueError, match="name@domain"):
        LyncSimulator(user=user)


def test_a_taken_port_is_refused_at_once(lync: LyncSimulator) -> None:
    port = int(lync.base_url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        LyncSimulator(port).start()


def _until_it_breaks(client: Ucwa) -> None:
    """The first answer may still say that the application is gone."""
    for _ in range(3):
        client.get(client.link("events"))


def test_it_can_be_stopped_while_somebody_waits_for_events() -> None:
    lync = LyncSimulator().start()
    client = Ucwa(lync).start()
    threading.Timer(0.2, lync.stop).start()
    with pytest.raises(httpx.TransportError):
        _until_it_breaks(client)
