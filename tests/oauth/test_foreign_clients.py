"""OAuth clients that were not written here get a token on a real port, use it, and give it back."""

import asyncio

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt as other_jwt
from joserfc.jwk import KeySet
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, InvalidScopeError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from app.domain.errors import UnknownCaller
from tests.oauth.conftest import Port

SCOPES = ["vilt-session:create", "vilt-session:launch"]


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib refuses plain http otherwise, rightly."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_authlib_gets_a_token_uses_it_and_gives_it_back(port: Port, method: str) -> None:
    client = port.client
    with AuthlibSession(
        client.client_id, client.client_secret, scope=" ".join(SCOPES), token_endpoint_auth_method=method
    ) as session:
        session.revocation_endpoint_auth_method = method
        token = await asyncio.to_thread(
            session.fetch_token, f"{port.url}/oauth2/token", grant_type="client_credentials"
        )
        caller = await port.house.access.bearer(token["access_token"], "")
        assert caller.scopes == set(SCOPES)
        revoked = await asyncio.to_thread(
            session.revoke_token, f"{port.url}/oauth2/revoke", token=token["access_token"]
        )
        assert revoked.status_code == 200
    with pytest.raises(UnknownCaller):
        await port.house.access.bearer(token["access_token"], "")


async def test_a_token_is_verified_by_others_with_what_they_discover(port: Port) -> None:
    def outside() -> dict[str, object]:
        found = requests.get(f"{port.url}/.well-known/oauth-authorization-server", timeout=10).json()
        metadata = AuthorizationServerMetadata(found)
        for name in ("token_endpoint", "jwks_uri", "revocation_endpoint", "grant_types_supported"):
            assert metadata[name]
        with AuthlibSession(port.client.client_id, port.client.client_secret) as session:
            token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
        read = other_jwt.decode(token["access_token"], keys, algorithms=["ES256"])
        assert (read.header["typ"], read.claims["iss"]) == ("at+jwt", metadata["issuer"])
        return dict(read.claims)

    claims = await asyncio.to_thread(outside)
    assert claims["sub"] == claims["client_id"] == port.client.client_id


@pytest.mark.parametrize("way", ["basic", "form"])
async def test_requests_oauthlib_gets_a_token(port: Port, way: str) -> None:
    client = port.client
    sent = (
        {"auth": HTTPBasicAuth(client.client_id, client.client_secret)}
        if way == "basic"
        else {"include_client_id": True, "client_secret": client.client_secret}
    )
    session = OAuth2Session(client=BackendApplicationClient(client.client_id, scope=SCOPES))
    token = await asyncio.to_thread(session.fetch_token, f"{port.url}/oauth2/token", **sent)
    assert sorted(token["scope"]) == SCOPES
    assert (await port.house.access.bearer(token["access_token"], "")).client_id == client.client_id


async def test_requests_oauthlib_understands_the_refusals(port: Port) -> None:
    client, url = port.client, f"{port.url}/oauth2/token"
    wrong = OAuth2Session(client=BackendApplicationClient(client.client_id))
    with pytest.raises(InvalidClientError):
        await asyncio.to_thread(wrong.fetch_token, url, client_secret="wrong", include_client_id=True)
    greedy = OAuth2Session(client=BackendApplicationClient(client.client_id, scope=["users:manage"]))
    with pytest.raises(InvalidScopeError):
        await asyncio.to_thread(greedy.fetch_token, url, auth=(client.client_id, client.client_secret))
