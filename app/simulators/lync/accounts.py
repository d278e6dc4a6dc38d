"""Who may sign in: passwords, lock-out, tokens."""

from __future__ import annotations

import hmac
import secrets

from app.simulators.lync.state import Person, Pool, Token


def add(pool: Pool, person: Person) -> Person:
    """Put a person into the directory."""
    pool.people[person.address.lower()] = person
    return person


def find(pool: Pool, address: str) -> Person | None:
    """Look a person up by SIP address, with or without `sip:`, in any case, or as DOMAIN\\alias."""
    wanted = bare(address)
    if "\\" in wanted:
        alias = wanted.split("\\", 1)[1]
        return next((p for key, p in pool.people.items() if key.split("@")[0] == alias), None)
    return pool.people.get(wanted)


def bare(uri: str) -> str:
    """A SIP URI as a comparable address: no scheme, no parameters, lower case."""
    return uri.strip().lower().removeprefix("sip:").split(";")[0]


def of_organisation(pool: Pool, uri: str) -> bool:
    """[judge] Membership is told by the SIP domain, or by the directory where that is strict."""
    if pool.options.strict_directory:
        return find(pool, uri) is not None
    return bare(uri).rpartition("@")[2] in pool.sip_domains


def sign_in(pool: Pool, username: str, password: str) -> Person | None:
    """The account, if the password fits and the account is not locked; wrong passwords are counted.

    [judge] A locked account answers exactly as a wrong password does, and asking prolongs nothing.
    """
    person = find(pool, username)
    if person is None or person.password is None or locked(pool, person):
        return None
    if not hmac.compare_digest(person.password.encode(), password.encode()):
        person.failures += 1
        if person.failures >= pool.options.lockout_after:
            person.locked_until = pool.clock.now() + pool.options.lockout_seconds
            person.failures = 0
        return None
    person.failures = 0
    return person


def locked(pool: Pool, person: Person) -> bool:
    """Is the account locked out at this moment?"""
    return pool.clock.now() < person.locked_until


def issue(pool: Pool, owner: Person, seconds: float) -> str:
    """A new token."""
    text = "cwt=AAEB" + secrets.token_urlsafe(48)
    pool.tokens[text] = Token(owner, pool.clock.now() + seconds)
    return text


def bearer(header: str | None) -> str:
    """The token text out of an Authorization header, or nothing."""
    scheme, _, text = (header or "").strip().partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def owner(pool: Pool, header: str | None) -> Person | None:
    """Whose token this is, while it lives."""
    token = pool.tokens.get(bearer(header))
    if token is None or token.expires_at <= pool.clock.now():
        return None
    return token.owner


def revoke(pool: Pool, header: str | None) -> None:
    """End one token."""
    pool.tokens.pop(bearer(header), None)
