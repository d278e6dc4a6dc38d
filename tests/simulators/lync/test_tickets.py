"""The challenge, the token, its refusals, the lock-out and the expiry."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from app.simulators.lync import LyncSimulator

from .ucwa import CHALLENGE, Ucwa, error, http, self_href


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"
    assert 'reason="' in answer.headers["x-ms-diagnostics"]
    return str(answer.json()["error"])


def test_the_challenge_comes_in_two_headers_with_a_page(lync: LyncSimulator) -> None:
    client = Ucwa(lync)
    answer = client.http.get(client.user_href())
    bearer, rtc = answer.headers.get_list("www-authenticate")
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert bearer.startswith('Bearer trusted_issuers="00000002-0000-0ff1-ce00-000000000000@contoso.example"')
    assert rtc == (
        f'MsRtcOAuth href="{lync.base_url}/WebTicket/oauthtoken",'
        'grant_type="urn:microsoft.rtc:windows,urn:microsoft.rtc:anonmeeting,password"'
    )


def test_the_challenge_can_come_without_quotes(lync: LyncSimulator) -> None:
    lync.fault_on("href-unquoted")
    client = Ucwa(lync)
    rtc = client.http.get(client.user_href()).headers.get_list("www-authenticate")[1]
    assert f"MsRtcOAuth href={lync.base_url}/WebTicket/oauthtoken,grant_type=" in rtc
    assert client.ask_token().status_code == 200


def test_a_right_password_gives_a_token(lync: LyncSimulator) -> None:
    answer = Ucwa(lync).ask_token()
    content = answer.json()
    assert answer.status_code == 200
    assert content.pop("access_token").startswith("cwt=")
    assert content == {"expires_in": 28289, "ms_rtc_identityscope": "local", "token_type": "Bearer"}


def test_a_password_with_odd_signs_arrives_whole(lync: LyncSimulator) -> None:
    lync.add_person("ann@contoso.example", "Ann", password="p&+#%= ü")
    assert Ucwa(lync, "ann@contoso.example", "p&+#%= ü").ask_token().status_code == 200
    assert Ucwa(lync, "CONTOSO\\ann", "p&+#%= ü").ask_token().status_code == 200


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "nobody@contoso.example"}, "invalid_grant"),
        ({"password": ""}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "nonsense"}, "invalid_request"),
        ({"grant_type": "urn:microsoft.rtc:passive"}, "unsupported_grant_type"),
        ({"scope": "some"}, "invalid_scope"),
    ],
)
def test_every_wrong_request_has_its_error(
    lync: LyncSimulator, fields: dict[str, str], expected: str
) -> None:
    assert refused(Ucwa(lync).ask_token(**fields)) == expected


def test_a_token_request_must_be_a_form(lync: LyncSimulator) -> None:
    client = Ucwa(lync)
    assert (
        refused(client.http.post(client.ticket_href(), json={"grant_type": "password"})) == "invalid_request"
    )


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("token-invalid-request", "invalid_request"),
        ("token-invalid-grant", "invalid_grant"),
        ("token-unsupported-grant", "unsupported_grant_type"),
        ("token-invalid-scope", "invalid_scope"),
        ("token-server-error", "server_error"),
        ("account-locked", "invalid_grant"),
        ("password-not-offered", "unsupported_grant_type"),
        ("token-passive", "invalid_grant"),
    ],
)
def test_every_error_can_be_switched_on(lync: LyncSimulator, fault: str, expected: str) -> None:
    client = Ucwa(lync)
    lync.fault_on(fault)
    answer = client.ask_token()
    assert refused(answer) == expected
    assert ("ms_rtc_passiveauthuri" in answer.json()) == (fault == "token-passive")


def test_a_server_may_not_offer_passwords(lync: LyncSimulator) -> None:
    lync.fault_on("password-not-offered")
    client = Ucwa(lync)
    rtc = client.http.get(client.user_href()).headers.get_list("www-authenticate")[1]
    match = CHALLENGE.search(rtc)
    assert match
    assert "password" not in match[2].split(",")


def test_wrong_passwords_lock_the_account_out_for_a_while(lync: LyncSimulator) -> None:
    client = Ucwa(lync)
    for _ in range(5):
        assert refused(client.ask_token(password="wrong")) == "invalid_grant"
    assert refused(client.ask_token()) == "invalid_grant"
    lync.advance(1801)
    assert client.ask_token().status_code == 200


def test_a_right_password_in_between_begins_the_count_anew(lync: LyncSimulator) -> None:
    client = Ucwa(lync)
    for password in ("wrong",) * 4 + (client.password,) + ("wrong",) * 4:
        client.ask_token(password=password)
    assert client.ask_token().status_code == 200


def test_an_account_can_be_locked_and_unlocked_by_hand(lync: LyncSimulator) -> None:
    client = Ucwa(lync)
    lync.lock_account(lync.user)
    assert refused(client.ask_token()) == "invalid_grant"
    lync.lock_account(lync.user, locked=False)
    assert client.ask_token().status_code == 200


def test_an_expired_token_is_answered_with_a_fresh_challenge(ucwa: Ucwa) -> None:
    own = self_href(ucwa.application)
    ucwa.lync.advance(1700)  # the application stays
    assert ucwa.get(own).status_code == 200
    ucwa.lync.expire_tokens()
    answer = ucwa.get(own)
    assert answer.status_code == 401
    assert any(CHALLENGE.search(each) for each in answer.headers.get_list("www-authenticate"))
    ucwa.sign_in()
    assert ucwa.get(own).status_code == 200


def test_a_token_ends_after_the_time_it_named(lync: LyncSimulator) -> None:
    client = Ucwa(lync).sign_in()
    lync.advance(28288)
    assert client.create().status_code == 201
    lync.advance(2)
    assert client.get(self_href(client.application)).status_code == 401


def test_short_tokens_can_be_switched_on(lync: LyncSimulator) -> None:
    lync.fault_on("token-short")
    assert Ucwa(lync).ask_token().json()["expires_in"] == 2


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic eDp5", "cwt=AAEB"])
def test_no_token_no_entry(ucwa: Ucwa, header: str) -> None:
    with http(ucwa.lync, headers={"Authorization": header} if header else {}) as client:
        assert client.get(ucwa.link("myOnlineMeetings")).status_code == 401


def test_a_token_can_expire_at_any_request(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("token-expired", count=1)
    assert ucwa.get(ucwa.link("myOnlineMeetings")).status_code == 401
    assert ucwa.get(ucwa.link("myOnlineMeetings")).status_code == 401
    ucwa.sign_in()
    assert ucwa.get(ucwa.link("myOnlineMeetings")).status_code == 200


def test_a_token_can_be_refused_with_a_403_that_carries_a_challenge(ucwa: Ucwa) -> None:
    ucwa.lync.fault_on("forbidden-challenge", count=1, only="POST applications")
    answer = ucwa.create()
    assert answer.status_code == 403
    assert answer.headers["x-ms-diagnostics"].startswith("28055")
    assert len(answer.headers.get_list("www-authenticate")) == 2
    assert ucwa.sign_in().create().status_code == 201


def test_tokens_of_one_server_mean_nothing_to_another(
    ucwa: Ucwa, simulator: Callable[..., LyncSimulator]
) -> None:
    other = simulator()
    with http(other, headers=dict(ucwa.http.headers)) as client:
        path = self_href(ucwa.application)
        answer = client.get(other.base_url + path)
    assert answer.status_code == 401


def test_somebody_elses_application_is_forbidden(ucwa: Ucwa) -> None:
    ucwa.lync.add_person("ann@contoso.example", "Ann", password="x")
    other = Ucwa(ucwa.lync, "ann@contoso.example", "x").sign_in()
    assert error(other.get(ucwa.full(self_href(ucwa.application)))) == (403, "Forbidden", None)
