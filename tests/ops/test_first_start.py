"""What `make run` prints on the first start works as printed, and the log of the whole run betrays nobody.

The tests of this file share one running service and follow each other; the log comes last.
"""

import json
import re
import shutil
import subprocess
from base64 import b64encode

import httpx
import orjson
import pytest

from .conftest import ROOT, Practice

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="make test installs curl")


def shell(line: str, **environment: str) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env=environment or None,
    )
    return done.stdout


def credentials(practice: Practice) -> tuple[str, str]:
    user, password = re.findall(r"(?:user name|password) +(\S+)", practice.welcome)[:2]
    return user, password


def test_the_first_start_prints_a_client_and_three_lines(practice: Practice) -> None:
    lines = [line for line in practice.welcome.splitlines() if "curl " in line]
    assert len(lines) == 3
    assert all(":".join(credentials(practice)) in line for line in lines)


def test_the_second_start_prints_nothing(practice: Practice) -> None:
    assert practice.vilt("welcome") == ""


def test_the_three_lines_lead_from_a_class_to_its_page(practice: Practice) -> None:
    make, link, browse = [line for line in practice.welcome.splitlines() if "curl " in line]
    assert json.loads(shell(make))["status"] == "Success"
    assert json.loads(shell(link))["data"]["joinUrl"].startswith(f"{practice.base_url}/join/")
    opened = shell(browse, BROWSER="echo %s", PATH="/usr/local/bin:/usr/bin:/bin")
    page = httpx.get(re.findall(r"http\S+", opened)[0], follow_redirects=True)
    assert page.status_code == 200
    assert "A first class" in page.text


def test_strangers_and_junk_are_refused_without_harm(practice: Practice) -> None:
    user, password = credentials(practice)
    with httpx.Client(base_url=practice.base_url, auth=(user, password)) as http:
        assert http.get("/session", auth=(user, "wrong-password-1")).status_code == 401
        assert http.post("/session", content=b'{"Title": "zoe@example.com').status_code == 400
        person = b64encode(b"zoe.hidden@example.com").decode()
        assert http.get(f"/session/unknown/user/{person}/url").status_code == 404
        assert http.get("/join/forged-token-value-1").status_code in (400, 403, 404)
        form = {"grant_type": "client_credentials", "client_id": user, "client_secret": password}
        token = httpx.post(f"{practice.base_url}/oauth2/token", data=form).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}", "Debug": "true"}
        assert (
            httpx.get(f"{practice.base_url}/session/practice-1/attendees", headers=bearer).status_code == 200
        )
        assert httpx.get(f"{practice.base_url}/session/practice-1/attendees?cwt=AAEBHAEF0").status_code == 401


def test_the_log_of_the_whole_run_is_json_and_betrays_nobody(practice: Practice) -> None:
    user, password = credentials(practice)
    basic = b64encode(f"{user}:{password}".encode()).decode()
    assert practice.stop() in (0, -15)
    log = practice.log_file.read_text("utf-8")
    lines = [orjson.loads(line) for line in log.splitlines()]
    launches = [line for line in lines if line.get("route", "").endswith("/url")]
    assert {"method", "route", "status", "ms", "correlation_id", "timestamp", "level"} <= launches[0].keys()
    for secret in (password, basic, "wrong-password-1", "forged-token", "AAEBHAEF0", "eyJ"):
        assert secret not in log
    assert not re.search(r"[\w.]+@[\w.]+\.\w+|ZGFuYS5sZWV|em9lLmhpZGRlb|/join/[\w-]{20}|Traceback", log)


def test_the_makefile_does_what_the_first_start_needs() -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "run", "PORT=8765"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"vilt (migrate|welcome|serve .*)", shown)
    assert commands == ["migrate", "welcome", "serve --host 127.0.0.1 --port 8765"]
