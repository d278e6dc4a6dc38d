"""The bare address: a page for a browser, the envelope for everybody else."""

import httpx

from tests.conftest import Server


def test_a_browser_is_told_where_to_go(server: Server) -> None:
    answer = httpx.get(f"{server.base_url}/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 200
    assert 'href="admin/"' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_an_lms_is_answered_in_the_envelope(server: Server) -> None:
    answer = httpx.get(f"{server.base_url}/")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 401
