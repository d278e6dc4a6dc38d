"""Tokens: RFC 9068 as made, and every forgery that is known refused as read."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from jose import jwk

from app.db.database import Database
from app.db.sealed import Sealer
from app.domain.errors import UnknownCaller
from app.services.keys import Keys, Purpose
from app.services.tokens import LEEWAY, LONGEST_TOKEN, Tokens
from tests.conftest import SECRET, Hands

ISSUER = "https://bridge.example.com"
LIFE = 3600


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: Any) -> str:
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


def unpart(text: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


class Forge:
    """Signs whatever it is told to with the service's own key, or with another."""

    def __init__(self, tokens: Tokens, private: ec.EllipticCurvePrivateKey, kid: str, now: int) -> None:
        self.tokens, self.private = tokens, private
        self.header = {"alg": "ES256", "typ": "at+jwt", "kid": kid}
        self.claims = {
            "iss": ISSUER, "aud": ISSUER, "sub": "lms", "client_id": "lms", "jti": "one",
            "scope": "vilt-session:launch", "iat": now, "exp": now + LIFE,
        }  # fmt: skip

    def sign(self, header: Any, claims: Any, key: ec.EllipticCurvePrivateKey | None = None) -> str:
        signed = f"{part(header)}.{part(claims)}"
        r, s = decode_dss_signature((key or self.private).sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def with_claims(self, **changed: Any) -> str:
        claims = {name: value for name, value in {**self.claims, **changed}.items() if value is not None}
        return self.sign(self.header, claims)

    def with_header(self, **changed: Any) -> str:
        header = {name: value for name, value in {**self.header, **changed}.items() if value is not None}
        return self.sign(header, self.claims)

    async def refused(self, token: str) -> bool:
        try:
            await self.tokens.read(token)
        except UnknownCaller:
            return True
        return False


@pytest.fixture
async def keys(sqlite_url: str, clock: Hands) -> AsyncIterator[Keys]:
    database = Database(sqlite_url)
    yield Keys(database, Sealer(SECRET), clock)
    await database.close()


@pytest.fixture
def tokens(keys: Keys, clock: Hands) -> Tokens:
    return Tokens(keys, clock, ISSUER, LIFE)


@pytest.fixture
async def forge(tokens: Tokens, keys: Keys, clock: Hands) -> Forge:
    key = await keys.newest(Purpose.TOKEN_SIGNING)
    private = load_der_private_key(key.material, password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return Forge(tokens, private, key.id, int(clock().timestamp()))


async def test_a_token_carries_the_claims_of_rfc_9068(tokens: Tokens, clock: Hands) -> None:
    issued = await tokens.issue("lms", ["b:two", "a:one"])
    header, claims = (unpart(text) for text in issued.access_token.split(".")[:2])
    now = int(clock().timestamp())
    assert (header["alg"], header["typ"], set(header)) == ("ES256", "at+jwt", {"alg", "typ", "kid"})
    assert claims.pop("jti")
    assert claims == {
        "iss": ISSUER, "aud": ISSUER, "sub": "lms", "client_id": "lms", "scope": "a:one b:two",
        "iat": now, "exp": now + LIFE,
    }  # fmt: skip
    assert (issued.expires_in, issued.scope) == (LIFE, "a:one b:two")


async def test_what_was_issued_is_read_and_no_two_tokens_are_alike(tokens: Tokens) -> None:
    first = await tokens.read((await tokens.issue("lms", ["a:one"])).access_token)
    second = await tokens.read((await tokens.issue("lms", ["a:one"])).access_token)
    assert (first.client_id, first.scopes) == ("lms", frozenset({"a:one"}))
    assert first.jti != second.jti


async def test_the_forge_itself_makes_good_tokens(forge: Forge) -> None:
    assert not await forge.refused(forge.with_claims())
    assert not await forge.refused(forge.with_header())


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
async def test_alg_none_is_refused_with_and_without_a_signature(forge: Forge, alg: str) -> None:
    signed = forge.with_header(alg=alg)
    assert await forge.refused(signed)
    assert await forge.refused(signed.rpartition(".")[0] + ".")
    assert await forge.refused(signed.rpartition(".")[0] + ".AA")


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["pem", "der", "jwk", "point"])
async def test_hs_made_with_the_public_key_is_refused(forge: Forge, alg: str, form: str) -> None:
    public = forge.private.public_key()
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps((await forge.tokens.jwks())["keys"][0]).encode(),
        "point": public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    }[form]
    signed = f"{part({**forge.header, 'alg': alg})}.{part(forge.claims)}"
    digest = hmac.digest(secret, signed.encode(), getattr(hashlib, f"sha{alg[2:]}"))
    assert await forge.refused(f"{signed}.{b64(digest)}")
    # and with the honest algorithm's name over the MAC
    signed = f"{part(forge.header)}.{part(forge.claims)}"
    assert await forge.refused(f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256) * 2)}")


async def test_a_token_signed_with_rsa_is_refused_whatever_it_calls_itself(forge: Forge) -> None:
    foreign = rsa.generate_private_key(65537, 2048)
    for alg in ("RS256", "ES256"):
        signed = f"{part({**forge.header, 'alg': alg})}.{part(forge.claims)}"
        signature = foreign.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        assert await forge.refused(f"{signed}.{b64(signature)}")


async def test_a_foreign_key_is_refused_under_its_own_id_and_under_ours(forge: Forge) -> None:
    foreign = ec.generate_private_key(ec.SECP256R1())
    assert await forge.refused(forge.sign({**forge.header, "kid": "theirs"}, forge.claims, foreign))
    assert await forge.refused(forge.sign(forge.header, forge.claims, foreign))


@pytest.mark.parametrize(
    "kid", ["", "../../etc/passwd", "' OR 1=1 --", "x\0y", "x" * 2000, 7, None, ["a"], {}]
)
async def test_a_strange_key_id_is_refused(forge: Forge, kid: Any) -> None:
    assert await forge.refused(forge.with_header(kid=kid))


async def test_a_key_that_is_brought_along_is_not_used(forge: Forge) -> None:
    foreign = ec.generate_private_key(ec.SECP256R1())
    brought = jwk.construct(foreign.public_key(), "ES256").to_dict()
    for extra in ({"jwk": brought}, {"jku": "http://127.0.0.1/keys"}, {"x5u": "http://127.0.0.1/"}):
        assert await forge.refused(forge.sign({**forge.header, **extra}, forge.claims, foreign))


@pytest.mark.parametrize(
    "extra", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"zip": "DEF"}, {"cty": "JWT"}]
)
async def test_crit_and_other_headers_are_refused_though_well_signed(
    forge: Forge, extra: dict[str, Any]
) -> None:
    assert await forge.refused(forge.with_header(**extra))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "id_token+jwt", "logout+jwt", "", 1, None])
async def test_another_type_of_token_is_refused(forge: Forge, typ: Any) -> None:
    assert await forge.refused(forge.with_header(typ=typ))


@pytest.mark.parametrize("value", ["https://else.example.com", ISSUER + "/", "", 1, [ISSUER], None])
@pytest.mark.parametrize("claim", ["iss", "aud"])
async def test_a_wrong_or_missing_issuer_or_audience_is_refused(forge: Forge, claim: str, value: Any) -> None:
    assert await forge.refused(forge.with_claims(**{claim: value}))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "client_id", "jti", "scope", "iat", "exp"])
async def test_a_missing_claim_is_refused(forge: Forge, claim: str) -> None:
    assert await forge.refused(forge.with_claims(**{claim: None}))


@pytest.mark.parametrize("value", ["1893456000", 1.5, True, -1, 10**30, [1], {}, "soon"])
@pytest.mark.parametrize("claim", ["iat", "exp", "nbf"])
async def test_a_date_that_is_no_whole_number_is_refused(forge: Forge, claim: str, value: Any) -> None:
    assert await forge.refused(forge.with_claims(**{claim: value}))


async def test_a_subject_other_than_the_client_is_refused(forge: Forge) -> None:
    assert await forge.refused(forge.with_claims(sub="admin"))


async def test_an_expired_token_is_refused_though_it_was_read_before(tokens: Tokens, clock: Hands) -> None:
    token = (await tokens.issue("lms", ["a:one"])).access_token
    clock.move(seconds=LIFE - 1)
    await tokens.read(token)
    clock.move(seconds=1 + LEEWAY.total_seconds())
    with pytest.raises(UnknownCaller):
        await tokens.read(token)


async def test_a_token_of_the_future_is_refused(forge: Forge) -> None:
    now, far = forge.claims["iat"], int(LEEWAY.total_seconds()) + 2
    assert await forge.refused(forge.with_claims(nbf=now + far))
    assert await forge.refused(forge.with_claims(iat=now + far, exp=now + far + LIFE))
    assert not await forge.refused(forge.with_claims(nbf=now + 5))


async def test_a_token_that_lives_too_long_or_backwards_is_refused(forge: Forge) -> None:
    now = forge.claims["iat"]
    assert await forge.refused(forge.with_claims(exp=now + 86_401))
    assert await forge.refused(forge.with_claims(iat=now - 1, exp=now - 1))


async def test_five_parts_two_parts_and_no_parts_are_refused(forge: Forge) -> None:
    good = forge.with_claims()
    header, claims, signature = good.split(".")
    for token in (
        f"{header}.{claims}.{signature}.{claims}.{signature}",
        f"{good}.", f".{good}", f"{header}.{claims}", f"{header}.{claims}.", "..", "", "x", ".",
    ):  # fmt: skip
        assert await forge.refused(token)


async def test_an_encrypted_token_is_refused(forge: Forge) -> None:
    header = part({"alg": "dir", "enc": "A256GCM"})
    assert await forge.refused(f"{header}..{b64(bytes(12))}.{b64(bytes(40))}.{b64(bytes(16))}")


async def test_a_huge_token_is_refused_before_anything_is_decoded(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = forge.with_claims(scope="x" * LONGEST_TOKEN)
    monkeypatch.setattr("app.services.tokens.base64url_decode", lambda _: pytest.fail("decoded"))
    assert await forge.refused(huge)
    assert await forge.refused("A" * 10_000_000)


@pytest.mark.parametrize(
    "header", [b"[" * 1500, b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"alg":"ES256"}']
)
async def test_a_header_that_is_no_object_is_refused(forge: Forge, header: bytes) -> None:
    assert await forge.refused(forge.sign(header, forge.claims))


@pytest.mark.parametrize("claims", [b"[" * 1500, b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"{}"])
async def test_claims_that_are_no_object_are_refused_though_well_signed(forge: Forge, claims: bytes) -> None:
    assert await forge.refused(forge.sign(forge.header, claims))


@pytest.mark.parametrize("junk", ["\0", " ", "\n", "é", "\ud800", "=", "+", "/"])
async def test_characters_that_no_token_has_are_refused(forge: Forge, junk: str) -> None:
    good = forge.with_claims()
    for token in (good + junk, junk + good, good[:30] + junk + good[30:]):
        assert await forge.refused(token)


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
async def test_a_signature_of_another_length_is_refused(forge: Forge, length: int) -> None:
    signed = forge.with_claims().rpartition(".")[0]
    assert await forge.refused(f"{signed}.{b64(bytes(length))}")


async def test_changed_claims_are_refused(forge: Forge) -> None:
    header, _, signature = forge.with_claims().split(".")
    assert await forge.refused(f"{header}.{part({**forge.claims, 'scope': 'users:manage'})}.{signature}")


async def test_tokens_of_the_old_key_go_on_after_a_rotation_and_end_with_their_time(
    tokens: Tokens, keys: Keys, clock: Hands
) -> None:
    old = (await tokens.issue("lms", ["a:one"])).access_token
    await keys.rotate()
    new = (await tokens.issue("lms", ["a:one"])).access_token
    kids = [key["kid"] for key in (await tokens.jwks())["keys"]]
    assert kids == [unpart(token.split(".")[0])["kid"] for token in (new, old)]
    for token in (old, new):
        assert (await tokens.read(token)).client_id == "lms"
    clock.move(days=1, minutes=11)
    assert len((await tokens.jwks())["keys"]) == 1


async def test_the_key_set_shows_public_halves_only(tokens: Tokens) -> None:
    (key,) = (await tokens.jwks())["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "alg", "use", "kid"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")


async def test_the_signing_is_done_by_cryptography_and_not_by_the_slow_leaky_library(
    tokens: Tokens, keys: Keys
) -> None:
    await tokens.jwks()
    (pair,) = tokens._pairs.values()
    assert type(pair.private).__module__ == "jose.backends.cryptography_backend"


async def test_a_flood_of_good_tokens_fills_no_memory(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.tokens.CACHE_SIZE", 3)
    for _ in range(6):
        await tokens.read((await tokens.issue("lms", ["a:one"])).access_token)
    assert len(tokens._read) == 3


@pytest.mark.parametrize("seconds", [0, -1, 86_401])
async def test_a_life_of_no_time_or_more_than_a_day_is_no_life(
    keys: Keys, clock: Hands, seconds: int
) -> None:
    with pytest.raises(ValueError, match="at most a day"):
        Tokens(keys, clock, ISSUER, seconds)
