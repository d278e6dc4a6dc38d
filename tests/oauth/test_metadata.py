"""What a client library can find out by itself: keys and metadata, each fit for a cache."""

import httpx
from jose import jwk, jws

from app.services.clients import NewClient
from app.wiring import House

WELL_KNOWN = "/.well-known/oauth-authorization-server"


async def test_the_metadata_names_every_address_under_the_public_one(door: httpx.AsyncClient) -> None:
    answer = await door.get(WELL_KNOWN)
    body = answer.json()
    assert body["issuer"] == "https://bridge.example.com"
    for name in ("token_endpoint", "revocation_endpoint", "jwks_uri"):
        assert body[name].startswith("https://bridge.example.com/")
    assert body["grant_types_supported"] == ["client_credentials"]
    assert body["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
    assert "vilt-session:launch" in body["scopes_supported"]
    assert body["response_types_supported"] == []
    assert answer.headers["cache-control"] == "public, max-age=3600"


async def test_anybody_can_verify_a_token_with_the_published_keys(
    door: httpx.AsyncClient, house: House, client: NewClient
) -> None:
    old = await house.access.issue(client.client_id, client.client_secret, "", None)
    await house.keys.rotate()
    new = await house.access.issue(client.client_id, client.client_secret, "", None)
    answer = await door.get("/.well-known/jwks.json")
    keys = {key["kid"]: jwk.construct(key, "ES256") for key in answer.json()["keys"]}
    assert len(keys) == 2
    for token in (old.access_token, new.access_token):
        kid = jws.get_unverified_header(token)["kid"]
        assert b"client_id" in jws.verify(token, keys[kid], ["ES256"])
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert '"d"' not in answer.text


async def test_a_fresh_service_has_a_key_to_show(door: httpx.AsyncClient) -> None:
    assert len((await door.get("/.well-known/jwks.json")).json()["keys"]) == 1
