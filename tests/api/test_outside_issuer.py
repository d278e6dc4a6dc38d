"""Access tokens of an outside issuer open the API as our own do: its keys, its audience, its scopes."""

import hmac
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import orjson
import pytest
from jose import jws
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError

from app.main import create_app
from app.settings import Settings
from app.wiring import NotReady
from tests.admin.conftest import BASE, SECRET, Office
from tests.conftest import Hands

AUDIENCE = "urn:company:vilt"
SCOPES = {"vilt.vendors": ("ilt-vendors:view",), "vilt.audit": ("audit:view", "ilt-vendors:view")}
VENDORS = "/api/v1/vendors"


@dataclass
class Company:
    """An issuer on a port of this machine; `asked` counts how often its keys were read."""

    url: str = ""
    keys: list[Any] = field(default_factory=lambda: [RSAKey.generate_key(2048, {"kid": "one"})])
    asked: int = 0
    well: bool = True

    def answer(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self.asked += 1
        return {"keys": [{**key.as_dict(private=False), "kid": key.kid, "use": "sig"} for key in self.keys]}

    def token(self, clock: Hands, *, key: Any = None, header: Any = None, **claims: Any) -> str:
        """A good token, but for what is said otherwise; a claim of None is left out."""
        key, now = key or self.keys[0], int(clock().timestamp())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "robot",
            "client_id": "reports",
            "iat": now,
            "exp": now + 300,
            "scope": "vilt.vendors other",
        }
        whole = {name: value for name, value in {**good, **claims}.items() if value is not None}
        algorithm = {"RSA": "RS256", "EC": "ES256", "oct": "HS256"}[key.key_type]
        top = {"alg": algorithm, "kid": key.kid, **(header or {})}
        return jwt.encode(
            {name: value for name, value in top.items() if value is not None},
            whole,
            key,
            algorithms=["RS256", "ES256", "HS256", "PS256"],
        )


@pytest.fixture
def company() -> Iterator[Company]:
    there = Company()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = orjson.dumps(there.answer(self.path))
            self.send_response(200 if there.well else 500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    there.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


@asynccontextmanager
async def _office(sqlite_url: str, clock: Hands, company: Company, **more: Any) -> AsyncIterator[Office]:
    values = {"issuer_audience": AUDIENCE, "issuer_scopes": SCOPES, "allow_private_endpoints": True, **more}
    settings = Settings(
        database_url=sqlite_url, secret_key=SECRET, public_url=BASE, issuer_url=company.url, **values
    )
    app = create_app(settings, clock)
    async with app.router.lifespan_context(app):
        office = Office(app, clock)
        await office.commanding()
        yield office


@pytest.fixture
async def office(sqlite_url: str, clock: Hands, company: Company) -> AsyncIterator[Office]:
    async with _office(sqlite_url, clock, company) as opened:
        yield opened


async def _ask(office: Office, token: str, path: str = VENDORS) -> httpx.Response:
    return await office.browser().get(path, headers={"Authorization": f"Bearer {token}"})


async def test_a_token_of_the_issuer_opens_what_its_scopes_are_mapped_to(
    office: Office, company: Company
) -> None:
    await office.house.vendors.create(await office.commanding(), "Acme")
    answer = await _ask(office, company.token(office.clock))
    assert answer.status_code == 200
    assert "Acme" in answer.text
    refused = await _ask(office, company.token(office.clock), "/api/v1/audit")
    assert refused.status_code == 403
    assert (await _ask(office, company.token(office.clock, scope="vilt.audit"), "/api/v1/audit")).is_success
    assert (await _ask(office, company.token(office.clock, scope="other"))).status_code == 403


async def test_our_own_tokens_and_secrets_open_the_api_beside_it(office: Office) -> None:
    made = await office.house.clients.add("machine", scopes=["ilt-vendors:view"])
    ours = await office.house.access.issue(made.client_id, made.client_secret, "192.0.2.1", None)
    assert (await _ask(office, ours.access_token)).status_code == 200


async def test_ec_keys_lists_of_scopes_and_of_audiences_are_understood(
    sqlite_url: str, clock: Hands, company: Company
) -> None:
    company.keys = [ECKey.generate_key("P-256", {"kid": "ec"})]
    async with _office(sqlite_url, clock, company, issuer_claim="realm_access.roles") as office:
        token = company.token(
            clock, aud=["else", AUDIENCE], realm_access={"roles": ["vilt.vendors"]}, header={"typ": "at+jwt"}
        )
        assert (await _ask(office, token)).status_code == 200
        assert (await _ask(office, company.token(clock))).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "urn:company:else"},
        {"aud": None},
        {"aud": []},
        {"exp": None},
        {"exp": "2999"},
        {"exp": 1},
        {"nbf": 99_999_999_999},
        {"iat": 99_999_999_999},
        {"iss": "https://evil.example"},
        {"nonce": "of an ID token"},
        {"client_id": None, "sub": None},
        {"header": {"typ": "logout+jwt"}},
        {"header": {"kid": "unknown"}},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_is_an_unknown_caller(
    office: Office, company: Company, claims: dict[str, Any]
) -> None:
    answer = await _ask(office, company.token(office.clock, **claims))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def _part(header: dict[str, Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(header)).decode().rstrip("=")


def _with_shared_secret(body: str, public_key: bytes) -> str:
    """The old trick: the public key as if it were a secret that both sides share."""
    start = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{body}"
    mac = hmac.digest(public_key, start.encode(), "sha256")
    return f"{start}.{urlsafe_b64encode(mac).decode().rstrip('=')}"


async def test_only_the_issuers_keys_and_the_allowed_algorithms_count(
    office: Office, company: Company
) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    good = company.token(office.clock)
    head, body, signature = good.split(".")
    forged = [
        company.token(office.clock, key=stranger),
        company.token(office.clock, header={"alg": "PS256"}),
        _with_shared_secret(body, company.keys[0].as_pem(private=False)),
        f"{_part({'alg': 'none', 'kid': 'one'})}.{body}.",
        f"{_part({'alg': 'none', 'kid': 'one'})}.{body}.{signature}",
        f"{head}.{body}.{signature[::-1]}",
        jws.sign(
            orjson.loads(urlsafe_b64decode(body + "==")),
            company.keys[0].as_pem(private=True),
            headers={"kid": "one", "crit": ["b64"], "b64": True},
            algorithm="RS256",
        ),
    ]
    assert [(await _ask(office, token)).status_code for token in forged] == [401] * len(forged)
    assert (await _ask(office, good)).status_code == 200


async def test_a_token_ends_with_its_time(office: Office, company: Company) -> None:
    token = company.token(office.clock)
    assert (await _ask(office, token)).status_code == 200
    office.clock.move(minutes=6)
    assert (await _ask(office, token)).status_code == 401


async def test_a_new_key_is_found_and_made_up_key_ids_read_at_most_once_a_minute(
    office: Office, company: Company
) -> None:
    assert (await _ask(office, company.token(office.clock))).status_code == 200
    office.clock.move(seconds=61)
    for number in range(20):
        header = {"kid": f"made up {number}"}
        assert (await _ask(office, company.token(office.clock, header=header))).status_code == 401
    assert company.asked == 2
    company.keys.insert(0, RSAKey.generate_key(2048, {"kid": "two"}))
    office.clock.move(seconds=61)
    assert (await _ask(office, company.token(office.clock))).status_code == 200
    assert company.asked == 3


async def test_a_withdrawn_key_ends_within_the_hour(office: Office, company: Company) -> None:
    old = company.keys[0]
    assert (await _ask(office, company.token(office.clock))).status_code == 200
    company.keys = [RSAKey.generate_key(2048, {"kid": "two"})]
    office.clock.move(minutes=61)
    assert (await _ask(office, company.token(office.clock, key=old))).status_code == 401


async def test_an_issuer_that_is_down_is_said_so_and_known_keys_last_a_day(
    office: Office, company: Company
) -> None:
    company.well = False
    unknown = await _ask(office, company.token(office.clock))
    assert unknown.status_code == 503
    assert company.url not in unknown.text
    company.well = True
    office.clock.move(seconds=6)
    assert (await _ask(office, company.token(office.clock))).status_code == 200
    company.well = False
    office.clock.move(hours=20)
    assert (await _ask(office, company.token(office.clock))).status_code == 200
    office.clock.move(hours=5)
    assert (await _ask(office, company.token(office.clock))).status_code == 503


async def test_another_issuers_document_is_not_believed(
    sqlite_url: str, clock: Hands, company: Company
) -> None:
    here, company.url = company.url, "https://else.example"
    token = company.token(clock, iss=here)
    elsewhere = Company(url=here)
    async with _office(sqlite_url, clock, elsewhere) as office:
        assert (await _ask(office, token)).status_code == 503


async def test_it_reaches_the_tenant_of_the_setting_only(
    sqlite_url: str, clock: Hands, company: Company
) -> None:
    async with _office(sqlite_url, clock, company, issuer_tenant="far") as office:
        assert (await _ask(office, company.token(clock))).status_code == 401
        await office.house.vendors.create(await office.commanding(), "Near")
        await office.house.vendors.create(await office.commanding("far"), "Far")
        answer = await _ask(office, company.token(clock))
        assert "Far" in answer.text
        assert "Near" not in answer.text


async def test_it_opens_neither_the_contract_nor_the_pages(office: Office, company: Company) -> None:
    token = company.token(office.clock, scope="vilt.audit")
    assert (await _ask(office, token, "/session")).status_code in (401, 404, 405)
    assert (await _ask(office, token, "/admin/vendors")).status_code == 303


async def test_a_mapping_to_what_there_is_not_stops_the_start(
    sqlite_url: str, clock: Hands, company: Company
) -> None:
    with pytest.raises(NotReady, match="VILT_ISSUER_SCOPES"):
        async with _office(sqlite_url, clock, company, issuer_scopes={"a": ["nothing:here"]}):
            pass
    values = {"oidc_issuer": company.url, "oidc_client_id": "vilt", "oidc_roles": {"a": "emperor"}}
    with pytest.raises(NotReady, match="VILT_OIDC_ROLES"):
        async with _office(sqlite_url, clock, company, **values):
            pass
    with pytest.raises(ValidationError, match="VILT_ISSUER_AUDIENCE"):
        Settings(issuer_url="https://issuer.example", issuer_scopes=SCOPES)
